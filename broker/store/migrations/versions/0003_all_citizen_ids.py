"""What all citizen IDs need: links that can be removed, vouchers, procedures with their vote keys, and the claim table that was applied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: None = None
depends_on: None = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    _providers()
    _vouchers()
    _procedures()
    _claim_table()
    _clients()
    _links()


def _providers() -> None:
    with op.batch_alter_table("providers") as providers:
        providers.add_column(sa.Column("probe_url", sa.Text(), nullable=False, server_default=""))
        providers.add_column(sa.Column("switched_off", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("providers") as providers:
        providers.alter_column("probe_url", server_default=None)
        providers.alter_column("switched_off", server_default=None)


def _vouchers() -> None:
    op.create_table(
        "voucher_batches",
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("municipality", sa.String(length=8), nullable=False),
        sa.Column("age_over", sa.JSON(), nullable=False),
        sa.Column("age_band", sa.String(length=16), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("valid_until", _TIME, nullable=False),
        sa.Column("withdrawn_at", _TIME),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_voucher_batches")),
    )
    op.create_table(
        "vouchers",
        sa.Column("voucher_hash", sa.String(length=64), nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("redeemed_at", _TIME),
        sa.Column("redeemed_for", sa.String(length=64)),
        sa.ForeignKeyConstraint(["batch_id"], ["voucher_batches.batch_id"], name=op.f("fk_vouchers_batch_id")),
        sa.PrimaryKeyConstraint("voucher_hash", name=op.f("pk_vouchers")),
    )
    op.create_index(op.f("ix_vouchers_batch_id"), "vouchers", ["batch_id"])


def _procedures() -> None:
    op.create_table(
        "procedures",
        sa.Column("procedure_id", sa.String(length=255), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary()),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("closes_at", _TIME),
        sa.Column("closed_at", _TIME),
        sa.PrimaryKeyConstraint("procedure_id", name=op.f("pk_procedures")),
    )
    op.create_index(op.f("ix_procedures_client_id"), "procedures", ["client_id"])
    op.create_table(
        "vote_keys",
        sa.Column("procedure_id", sa.String(length=255), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("vote_key", sa.String(length=64), nullable=False),
        sa.Column("strength", sa.String(length=16), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["procedure_id"], ["procedures.procedure_id"], name=op.f("fk_vote_keys_procedure_id")),
        sa.PrimaryKeyConstraint("procedure_id", "subject_id", name=op.f("pk_vote_keys")),
    )
    op.create_index("ix_vote_keys_same_voice", "vote_keys", ["procedure_id", "vote_key"])


def _claim_table() -> None:
    op.create_table(
        "applied_claim_table",
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("applied_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_applied_claim_table")),
    )


def _clients() -> None:
    with op.batch_alter_table("clients") as clients:
        clients.add_column(sa.Column("claim_policy", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("clients") as clients:
        clients.alter_column("claim_policy", server_default=None)


def _links() -> None:
    """Who linked before has nothing to be told; grants of before end by their citizen ID only. A citizen ID may announce its last day."""
    op.add_column("linked_identities", sa.Column("announced_at", _TIME))
    links = sa.table("linked_identities", sa.column("linked_at"), sa.column("announced_at"))
    op.get_bind().execute(sa.update(links).values(announced_at=links.c.linked_at))
    with op.batch_alter_table("grants") as grants:
        grants.add_column(sa.Column("upstream_hash", sa.String(length=64), nullable=False, server_default=""))
    with op.batch_alter_table("providers") as providers:
        providers.add_column(sa.Column("ending_on", sa.String(length=10), nullable=False, server_default=""))
    with op.batch_alter_table("grants") as grants:
        grants.alter_column("upstream_hash", server_default=None)
    with op.batch_alter_table("providers") as providers:
        providers.alter_column("ending_on", server_default=None)
