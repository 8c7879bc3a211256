"""Refresh tokens: handles of a grant. Each is exchanged once; the gate is the row that the exchange returns (A-08, A-48, RT-04)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, exists, or_, select, update

from broker.core.grant import AccessToken, Grant, RefreshToken
from broker.core.ports import Clock
from broker.store.access_tokens import row_of
from broker.store.conditions import ACTIVE_ACCOUNT, NOW, STANDING_CONSENT, takes_part
from broker.store.grants import AGREED, grant_of
from broker.store.sql import Database
from broker.store.tables import access_tokens, clients, consents, grants, refresh_tokens, subjects

_WANTED: ColumnElement[str] = bindparam("wanted", type_=refresh_tokens.c.token_hash.type)
_FIELDS = tuple(field.name for field in fields(RefreshToken))
_held = grants.alias("held")
_GOOD = (
    exists()
    .where(
        _held.c.grant_id == refresh_tokens.c.grant_id,
        _held.c.revoked_at.is_(None),
        _held.c.expires_at > NOW,
        or_(_held.c.consent_id.is_(None), consents.c.consent_id.is_not(None)),
    )
    .select_from(
        _held.join(subjects, and_(subjects.c.subject_id == _held.c.subject_id, ACTIVE_ACCOUNT))
        .join(clients, and_(clients.c.client_id == _held.c.client_id, takes_part()))
        .outerjoin(consents, and_(consents.c.consent_id == _held.c.consent_id, STANDING_CONSENT))
    )
    .correlate(refresh_tokens)
)
"""Whether grant, account, tool and consent stand at this moment."""

_FIND = (
    select(*(refresh_tokens.c[name].label(f"token_{name}") for name in _FIELDS), *grants.c, AGREED, _GOOD.label("good"))
    .select_from(refresh_tokens.join(grants, grants.c.grant_id == refresh_tokens.c.grant_id))
    .where(refresh_tokens.c.token_hash == _WANTED)
)
_USE = (
    update(refresh_tokens)
    .where(refresh_tokens.c.token_hash == _WANTED, refresh_tokens.c.used_at.is_(None), _GOOD)
    .values(used_at=NOW)
    .returning(refresh_tokens.c.token_hash)
)
_PURGE = delete(refresh_tokens).where(
    ~exists().where(grants.c.grant_id == refresh_tokens.c.grant_id, grants.c.expires_at > NOW).correlate(refresh_tokens)
)


@dataclass(frozen=True, slots=True)
class KeptRefreshToken:
    """A refresh token with its grant, used and dead ones too. `good`: grant, account, tool, consent stand; `agreed` as in `LiveToken`."""

    token: RefreshToken
    grant: Grant
    good: bool
    agreed: tuple[str, ...] | None


class RefreshTokens:
    """Known by hash only. Used ones stay until their grant is over: that is how a copy is noticed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def add(self, token: RefreshToken) -> None:
        """Keep the first token of a grant."""
        self._database.run(refresh_tokens.insert(), _row(token))

    def find(self, token_hash: str) -> KeptRefreshToken | None:
        """The token and what stands behind it; None if it never was one, or its grant is long over."""
        row = self._database.one(_FIND, {"wanted": token_hash, "now": self._clock()})
        return _kept(row) if row else None

    def replace(self, token_hash: str, successor: RefreshToken, access: AccessToken) -> bool:
        """The gate: mark a token used and keep what comes of it, all or nothing. True for exactly one caller per token, and only while
        everything behind it stands."""
        with self._database.transaction() as connection:
            used = connection.execute(_USE, {"wanted": token_hash, "now": self._clock()}).first()
            if used is None:
                return False
            connection.execute(refresh_tokens.insert(), _row(successor))
            connection.execute(access_tokens.insert(), row_of(access))
        return True

    def purge_expired(self, now: datetime) -> int:
        """Delete tokens of grants that are over; how many."""
        return self._database.run(_PURGE, {"now": now})


def _row(token: RefreshToken) -> dict[str, Any]:
    return {name: getattr(token, name) for name in _FIELDS}


def _kept(row: Row[Any]) -> KeptRefreshToken:
    token = RefreshToken(**{name: getattr(row, f"token_{name}") for name in _FIELDS})
    return KeptRefreshToken(token, grant_of(row), bool(row.good), row.agreed)
