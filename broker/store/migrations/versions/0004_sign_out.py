"""Sign-out that surely arrives: a lease of its own for each delivery, and what its last attempt was like."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: None = None
depends_on: None = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.add_column(sa.Column("leased_until", _TIME))
        deliveries.add_column(sa.Column("last_attempt_at", _TIME))
        deliveries.add_column(sa.Column("duration_ms", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.alter_column("duration_ms", server_default=None)
        deliveries.drop_index("ix_deliveries_due")
    op.create_index("ix_deliveries_due", "deliveries", ["state", "client_id", "next_attempt_at"])
