"""Access tokens: which one is good right now, and whose. A grant's first stands in its own row, all others in a table of theirs."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, delete, or_, select, update

from broker.core.grant import AccessToken, Grant, LiveToken
from broker.core.ports import Clock
from broker.store.conditions import ACTIVE_ACCOUNT, NOW, STANDING_CONSENT, takes_part
from broker.store.grants import AGREED, GRANT_COLUMNS, grant_of
from broker.store.prepared import Prepared
from broker.store.sql import Database
from broker.store.tables import access_tokens, clients, consents, grants, subjects

_WANTED: ColumnElement[str] = bindparam("wanted", type_=access_tokens.c.access_hash.type)
_FIELDS = tuple(field.name for field in fields(AccessToken))
_granting = clients.alias("granting")


def _first() -> Select[Any]:
    """The grant whose first token it is. Without further joins than it needs: userinfo asks this at every sign-in."""
    return (
        select(grants, AGREED)
        .select_from(
            grants.join(subjects, and_(subjects.c.subject_id == grants.c.subject_id, ACTIVE_ACCOUNT))
            .join(clients, and_(clients.c.client_id == grants.c.client_id, takes_part()))
            .outerjoin(consents, and_(consents.c.consent_id == grants.c.consent_id, STANDING_CONSENT))
        )
        .where(
            grants.c.access_hash == _WANTED,
            grants.c.revoked_at.is_(None),
            grants.c.access_expires_at > NOW,
            grants.c.expires_at > NOW,
            or_(grants.c.consent_id.is_(None), consents.c.consent_id.is_not(None)),
        )
    )


def _further() -> Select[Any]:
    """A token of the table, with its grant where it has one; the grant and all behind it have to stand as well."""
    granted = and_(
        grants.c.revoked_at.is_(None),
        grants.c.expires_at > NOW,
        subjects.c.subject_id.is_not(None),
        _granting.c.client_id.is_not(None),
        or_(grants.c.consent_id.is_(None), consents.c.consent_id.is_not(None)),
    )
    return (
        select(*(access_tokens.c[name].label(f"token_{name}") for name in _FIELDS), *grants.c, AGREED)
        .select_from(
            access_tokens.join(clients, and_(clients.c.client_id == access_tokens.c.client_id, takes_part()))
            .outerjoin(grants, grants.c.grant_id == access_tokens.c.grant_id)
            .outerjoin(subjects, and_(subjects.c.subject_id == grants.c.subject_id, ACTIVE_ACCOUNT))
            .outerjoin(_granting, and_(_granting.c.client_id == grants.c.client_id, takes_part(_granting)))
            .outerjoin(consents, and_(consents.c.consent_id == grants.c.consent_id, STANDING_CONSENT))
        )
        .where(
            access_tokens.c.access_hash == _WANTED,
            access_tokens.c.revoked_at.is_(None),
            access_tokens.c.expires_at > NOW,
            or_(access_tokens.c.grant_id.is_(None), granted),
        )
    )


_FIRST, _FURTHER = _first(), _further()
_END_FIRST = (
    update(grants)
    .where(grants.c.access_hash == _WANTED, grants.c.access_expires_at > NOW)
    .values(access_expires_at=NOW)
    .returning(grants.c.grant_id)
)
_END_FURTHER = (
    update(access_tokens)
    .where(access_tokens.c.access_hash == _WANTED, access_tokens.c.revoked_at.is_(None))
    .values(revoked_at=NOW)
    .returning(access_tokens.c.access_hash)
)
_PURGE = delete(access_tokens).where(access_tokens.c.expires_at <= NOW)


class AccessTokens:
    """Known by hash only (`core.grant.access_hash`). No personal claims in here."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._first, self._further = Prepared(database, _FIRST), Prepared(database, _FURTHER)

    def add(self, token: AccessToken) -> None:
        """Keep a token beside the first one of a grant, or a service client's own. The grant was looked at by whoever calls."""
        self._database.run(access_tokens.insert(), row_of(token))

    def find(self, access_hash: str) -> LiveToken | None:
        """The token if it is good right now, and everything behind it: account, tool, consent, grant. None if anything is not."""
        values = {"wanted": access_hash, "now": self._clock()}
        row = self._first.first(values)
        if row:
            grant = grant_of(row)
            return LiveToken(grant.first_token, grant, row.agreed)
        row = self._further.first(values)
        return _live(row) if row else None

    def revoke(self, access_hash: str) -> bool:
        """End this one token, whichever of its grant it is; the grant stays (RFC 7009 2.1). Whether there was anything to end."""
        values = {"wanted": access_hash, "now": self._clock()}
        ended = self._database.one(_END_FIRST, values) or self._database.one(_END_FURTHER, values)
        return ended is not None

    def purge_expired(self, now: datetime) -> int:
        """Delete tokens that are of no use any more; how many."""
        return self._database.run(_PURGE, {"now": now})


def row_of(token: AccessToken) -> dict[str, Any]:
    """The token as the values of the table's columns."""
    return {name: getattr(token, name) for name in _FIELDS}


def _live(row: Row[Any]) -> LiveToken:
    token = AccessToken(**{name: getattr(row, f"token_{name}") for name in _FIELDS})
    grant: Grant | None = grant_of(row) if row.grant_id is not None else None
    return LiveToken(token, grant, row.agreed)


assert set(GRANT_COLUMNS.values()) == set(grants.c.keys())  # what `grant_of` reads is what both statements select
