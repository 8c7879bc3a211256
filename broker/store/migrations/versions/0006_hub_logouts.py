"""Sign-outs that the hub has still to hear of, so that none is forgotten while it is away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: None = None
depends_on: None = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hub_logouts",
        sa.Column("logout_id", sa.String(length=64), nullable=False),
        sa.Column("taken", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("next_attempt_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("logout_id", name=op.f("pk_hub_logouts")),
    )
    op.create_index(op.f("ix_hub_logouts_next_attempt_at"), "hub_logouts", ["next_attempt_at"])
