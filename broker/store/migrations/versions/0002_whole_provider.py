"""What the complete provider face keeps: policies of clients, refresh and further access tokens, one-time ids, registration tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: None = None
depends_on: None = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")
_POLICIES = ("keys", "login_start", "requests", "tokens", "logout", "appearance", "registration")


def upgrade() -> None:
    _clients()
    _providers_and_grants()
    _signing_keys()
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(op.f("ix_refresh_tokens_grant_id"), "refresh_tokens", ["grant_id"])
    op.create_table(
        "access_tokens",
        sa.Column("access_hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.String(length=64)),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("confirmation", sa.String(length=64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME),
        sa.PrimaryKeyConstraint("access_hash", name=op.f("pk_access_tokens")),
    )
    op.create_index(op.f("ix_access_tokens_grant_id"), "access_tokens", ["grant_id"])
    op.create_index(op.f("ix_access_tokens_expires_at"), "access_tokens", ["expires_at"])
    op.create_table(
        "one_time_ids",
        sa.Column("id_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_one_time_ids")),
    )
    op.create_index(op.f("ix_one_time_ids_expires_at"), "one_time_ids", ["expires_at"])
    op.create_table(
        "registration_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("basic_profile", sa.Boolean(), nullable=False),
        sa.Column("public_subject", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_registration_tokens")),
    )
    op.create_table(
        "logos",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_logos")),
    )


def _clients() -> None:
    with op.batch_alter_table("clients") as clients:
        clients.alter_column("secret_method", new_column_name="auth_method")
        clients.add_column(sa.Column("subject_type", sa.String(length=16), nullable=False, server_default="pairwise"))
        clients.add_column(sa.Column("fapi", sa.Boolean(), nullable=False, server_default=sa.false()))
        clients.add_column(sa.Column("keycloak_paths", sa.Boolean(), nullable=False, server_default=sa.false()))
        for name in _POLICIES:
            clients.add_column(sa.Column(name, sa.JSON(), nullable=False, server_default="{}"))
    old = sa.table("clients", sa.column("client_id"), sa.column("login_start_url"), sa.column("login_start", sa.JSON()))
    connection = op.get_bind()
    for client_id, url in connection.execute(sa.select(old.c.client_id, old.c.login_start_url).where(old.c.login_start_url != "")).all():
        connection.execute(old.update().where(old.c.client_id == client_id).values(login_start={"url": url}))
    with op.batch_alter_table("clients") as clients:
        clients.drop_column("login_start_url")
        for name in ("subject_type", "fapi", "keycloak_paths", *_POLICIES):
            clients.alter_column(name, server_default=None)


def _providers_and_grants() -> None:
    with op.batch_alter_table("providers") as providers:
        providers.add_column(sa.Column("sandbox", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("grants") as grants:
        grants.add_column(sa.Column("audience", sa.Text(), nullable=False, server_default=""))
        grants.add_column(sa.Column("confirmation", sa.String(length=64), nullable=False, server_default=""))
        grants.add_column(sa.Column("offline", sa.Boolean(), nullable=False, server_default=sa.false()))
        grants.add_column(sa.Column("provider_alias", sa.String(length=255), nullable=False, server_default=""))
    with op.batch_alter_table("providers") as providers:
        providers.alter_column("sandbox", server_default=None)
    with op.batch_alter_table("grants") as grants:
        for name in ("audience", "confirmation", "offline", "provider_alias"):
            grants.alter_column(name, server_default=None)


def _signing_keys() -> None:
    """One next and one active key of each algorithm; had two processes made one at once, the newer one was used since."""
    keys = sa.table("signing_keys", *(sa.column(name) for name in ("kid", "algorithm", "state", "created_at", "activate_at", "retire_at")))
    newer = keys.alias("newer")
    outdone = sa.exists().where(
        newer.c.algorithm == keys.c.algorithm,
        newer.c.state == keys.c.state,
        sa.or_(newer.c.created_at > keys.c.created_at, sa.and_(newer.c.created_at == keys.c.created_at, newer.c.kid > keys.c.kid)),
    )
    retired = {"state": "retired", "retire_at": keys.c.activate_at}
    op.get_bind().execute(sa.update(keys).where(keys.c.state.in_(("next", "active")), outdone).values(retired))
    in_use = sa.text("state IN ('next', 'active')")
    op.create_index(
        "uq_signing_keys_in_use", "signing_keys", ["algorithm", "state"], unique=True, sqlite_where=in_use, postgresql_where=in_use
    )
