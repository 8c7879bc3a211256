"""A register of sessions, so that they can be listed, ended and told of from anywhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: None = None
depends_on: None = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("provider_alias", sa.String(length=255), nullable=False),
        sa.Column("trust", sa.SmallInteger(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("network_hash", sa.String(length=64), nullable=False),
        sa.Column("public_computer", sa.Boolean(), nullable=False),
        sa.Column("only_for", sa.String(length=255), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("ended_by", sa.String(length=16), nullable=False),
        sa.Column("other_device", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions")),
    )
    for column in ("subject_id", "expires_at", "ended_at"):
        op.create_index(op.f(f"ix_sessions_{column}"), "sessions", [column])
    op.create_index("ix_deliveries_of_tool", "deliveries", ["client_id", "created_at"])
    _providers()


def _providers() -> None:
    """What becomes of a citizen ID's own session is known once its file has been applied again."""
    with op.batch_alter_table("providers") as providers:
        providers.add_column(sa.Column("logout", sa.String(length=16), nullable=False, server_default="none"))
    with op.batch_alter_table("providers") as providers:
        providers.alter_column("logout", server_default=None)
