"""Procedures with their sealed keys, and the vote keys of each. Closing one destroys both in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from broker.core.errors import ConfigurationError
from broker.core.ports import Clock
from broker.core.procedure import Procedure, SharedVoice, VoteKey, VoteStrength
from broker.store.cache import Cache
from broker.store.eligibility_tables import procedures, vote_keys
from broker.store.seal import Seal
from broker.store.sql import Database

_TABLE = procedures.c
_KEY_BYTES = 32
_SECONDS = 5.0
_NOW = bindparam("now", type_=_TABLE.created_at.type)
_OPEN = and_(_TABLE.closed_at.is_(None), or_(_TABLE.closes_at.is_(None), _TABLE.closes_at > _NOW))
_LIST = select(procedures).order_by(_TABLE.created_at, _TABLE.procedure_id)
_OF_CLIENT = _LIST.where(_TABLE.client_id == bindparam("of_client"), _TABLE.closed_at.is_(None))
_SEALED = select(_TABLE.sealed_key).where(_TABLE.procedure_id == bindparam("wanted"), _OPEN)
_CLOSE = (
    update(procedures)
    .where(_TABLE.procedure_id == bindparam("wanted"), _TABLE.closed_at.is_(None))
    .values(sealed_key=None, closed_at=_NOW)
    .returning(_TABLE.procedure_id)
)
_FORGET = delete(vote_keys).where(vote_keys.c.procedure_id == bindparam("wanted"))
_DUE = select(_TABLE.procedure_id).where(_TABLE.closed_at.is_(None), _TABLE.closes_at <= _NOW)
_FIND = (
    select(vote_keys.c.vote_key, vote_keys.c.strength)
    .join(procedures, _TABLE.procedure_id == vote_keys.c.procedure_id)
    .where(vote_keys.c.procedure_id == bindparam("wanted"), vote_keys.c.subject_id == bindparam("of_subject"), _OPEN)
)
_SHARED = (
    select(
        vote_keys.c.vote_key,
        func.count().label("accounts"),
        func.min(vote_keys.c.created_at, type_=vote_keys.c.created_at.type).label("first_at"),
        func.max(vote_keys.c.created_at, type_=vote_keys.c.created_at.type).label("last_at"),
    )
    .where(vote_keys.c.procedure_id == bindparam("wanted"))
    .group_by(vote_keys.c.vote_key)
    .having(func.count() > 1)
    .order_by(vote_keys.c.vote_key)
)

Compute = Callable[[bytes], VoteKey | None]
"""Makes a vote key of the procedure's key."""


class Procedures:
    """Which are open is remembered for seconds; whether one still is when a key is made, the statement decides."""

    def __init__(self, database: Database, seal: Seal, clock: Clock, seconds: float = _SECONDS) -> None:
        self._database, self._seal, self._clock = database, seal, clock
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert
        self._of_client = Cache(self._load, seconds)

    def add(self, procedure: Procedure) -> None:
        """Open one, with a new random key. Raises ConfigurationError for an id that was ever used."""
        sealed = self._seal.seal(secrets.token_bytes(_KEY_BYTES), _place(procedure.id))
        values = {name: getattr(procedure, name) for name in Procedure.__slots__ if name != "id"}
        try:
            self._database.run(insert(procedures), {"procedure_id": procedure.id, "sealed_key": sealed, **values})
        except IntegrityError:
            raise ConfigurationError(f"procedure {procedure.id} exists already; ids are never used again") from None
        self._of_client.forget()

    def list(self) -> tuple[Procedure, ...]:
        """All of them, closed ones as well, oldest first."""
        return tuple(map(_procedure, self._database.all(_LIST)))

    def open_of(self, client_id: str) -> tuple[Procedure, ...]:
        """A tool's procedures that are open now."""
        return tuple(one for one in self._of_client[client_id] if one.is_open(self._clock()))

    def revoke(self, procedure_id: str) -> bool:
        """Close one: its key and all vote keys of it are destroyed. False if it is unknown or was closed before."""
        with self._database.transaction() as connection:
            closed = self._close(connection, procedure_id)
        self._of_client.forget()
        return closed

    def revoke_due(self) -> int:
        """Close those whose time is over; how many."""
        due = self._database.all(_DUE, {"now": self._clock()})
        return [self.revoke(row.procedure_id) for row in due].count(True)

    def find_vote_key(self, procedure_id: str, subject_id: str) -> VoteKey | None:
        """The account's key, while the procedure is open."""
        row = self._database.one(_FIND, {"wanted": procedure_id, "of_subject": subject_id, "now": self._clock()})
        return VoteKey(row.vote_key, VoteStrength(row.strength)) if row else None

    def vote_key(self, procedure_id: str, subject_id: str, compute: Compute) -> VoteKey | None:
        """The account's key: found, or made now. Of two at once the first counts. None when the procedure is not open, or nothing can be
        made."""
        kept = self.find_vote_key(procedure_id, subject_id)
        if kept is not None:
            return kept
        row = self._database.one(_SEALED, {"wanted": procedure_id, "now": self._clock()})
        made = compute(self._seal.open(row.sealed_key, _place(procedure_id))) if row else None
        if made is None:
            return None
        self._keep(procedure_id, subject_id, made)
        return self.find_vote_key(procedure_id, subject_id)

    def shared(self, procedure_id: str) -> tuple[SharedVoice, ...]:
        """Keys that more than one account has."""
        rows = self._database.all(_SHARED, {"wanted": procedure_id})
        return tuple(SharedVoice(row.vote_key, row.accounts, row.first_at, row.last_at) for row in rows)

    def _keep(self, procedure_id: str, subject_id: str, made: VoteKey) -> None:
        """Only while the procedure is open: whoever closes it at this moment waits for this row, or this one for the closing."""
        columns = ("procedure_id", "subject_id", "vote_key", "strength", "created_at")
        values = (procedure_id, subject_id, made.key, made.strength.value, self._clock())
        given = [literal(value, vote_keys.c[name].type) for name, value in zip(columns, values, strict=True)]
        still_open = select(*given).select_from(procedures).where(_TABLE.procedure_id == procedure_id, _OPEN).with_for_update(read=True)
        keep = self._insert(vote_keys).from_select(columns, still_open).on_conflict_do_nothing()
        self._database.run(keep, {"now": self._clock()})

    def _close(self, connection: Connection, procedure_id: str) -> bool:
        closed = connection.execute(_CLOSE, {"wanted": procedure_id, "now": self._clock()}).first()
        if closed is not None:
            connection.execute(_FORGET, {"wanted": procedure_id})
        return closed is not None

    def _load(self, client_id: str) -> tuple[Procedure, ...]:
        return tuple(map(_procedure, self._database.all(_OF_CLIENT, {"of_client": client_id})))


def _procedure(row: Row[Any]) -> Procedure:
    created_at: datetime = row.created_at
    return Procedure(row.procedure_id, row.client_id, row.title, created_at, row.closes_at, row.closed_at)


def _place(procedure_id: str) -> str:
    return f"procedures.sealed_key:{procedure_id}"
