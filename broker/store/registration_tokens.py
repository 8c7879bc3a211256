"""Initial access tokens: found by their hash, used up one client at a time (RFC 7591 3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from broker.core.client import ClientStatus
from broker.core.invitation import Invitation
from broker.store.sql import Database
from broker.store.tables import registration_tokens

_TABLE = registration_tokens.c
_NOW = bindparam("now", type_=_TABLE.expires_at.type)
_GOOD = (_TABLE.token_hash == bindparam("wanted"), _TABLE.uses_left > 0, _TABLE.expires_at > _NOW)
_FIND = select(registration_tokens).where(*_GOOD)
_TAKE = update(registration_tokens).where(*_GOOD).values(uses_left=_TABLE.uses_left - 1).returning(registration_tokens)
_ADD = insert(registration_tokens)
_REVOKE = update(registration_tokens).where(_TABLE.label == bindparam("named"), _TABLE.uses_left > 0).values(uses_left=0)
_LIST = select(registration_tokens).order_by(_TABLE.created_at)
_PURGE = delete(registration_tokens).where(_TABLE.expires_at <= _NOW)


class RegistrationTokens:
    """Only hashes in here: a token is shown once, to whom it was made for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, invitation: Invitation) -> None:
        """Keep a new invitation."""
        values = {column.key: getattr(invitation, column.key) for column in _TABLE}
        self._database.run(_ADD, {**values, "status": invitation.status.value})

    def find(self, token_hash: str, now: datetime) -> Invitation | None:
        """The invitation, if it is still good for one more client; None if not."""
        row = self._database.one(_FIND, {"wanted": token_hash, "now": now})
        return _made(row) if row else None

    def list(self) -> list[Invitation]:
        """All of them, used up ones as well, oldest first."""
        return [_made(row) for row in self._database.all(_LIST)]

    def take(self, token_hash: str, now: datetime) -> Invitation | None:
        """Use it for one client: of many callers only as many succeed as it has uses; decided by the returned row (A-48)."""
        row = self._database.one(_TAKE, {"wanted": token_hash, "now": now})
        return _made(row) if row else None

    def revoke(self, label: str) -> int:
        """Let nobody come with these invitations any more; how many there were."""
        return self._database.run(_REVOKE, {"named": label})

    def purge_expired(self, now: datetime) -> int:
        """Delete what nobody can use any more; how many."""
        return self._database.run(_PURGE, {"now": now})


def _made(row: Row[Any]) -> Invitation:
    return Invitation(**{**row._asdict(), "status": ClientStatus(row.status)})
