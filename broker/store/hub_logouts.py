"""Sign-outs that the hub has still to hear of: noted with the end of the session, gone when it has confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from broker.core.delivery import HubLogout
from broker.core.errors import SealBroken
from broker.core.ports import Clock
from broker.store.records import Record
from broker.store.seal import Seal
from broker.store.session_tables import hub_logouts
from broker.store.sql import Database

_LOGOUT = Record(HubLogout)
_OF_LOGOUT = hub_logouts.c.logout_id == bindparam("wanted")
_DUE = (
    select(hub_logouts)
    .where(hub_logouts.c.next_attempt_at <= bindparam("now", type_=hub_logouts.c.next_attempt_at.type))
    .order_by(hub_logouts.c.next_attempt_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # SQLite has no such clause and needs none: it has one writer
)
_PUT_OFF = (
    update(hub_logouts)
    .where(_OF_LOGOUT)
    .values(next_attempt_at=bindparam("next", type_=hub_logouts.c.next_attempt_at.type), attempts=bindparam("so_far"))
)
_REMOVE = delete(hub_logouts).where(_OF_LOGOUT)
_FIND = select(hub_logouts.c.logout_id).where(_OF_LOGOUT)
_PENDING = select(func.count().label("waiting"), func.min(hub_logouts.c.created_at).label("oldest"))
_PURGE = delete(hub_logouts).where(hub_logouts.c.created_at <= bindparam("before", type_=hub_logouts.c.created_at.type))
_LONGEST_PAUSE = 30.0
_log = structlog.get_logger(__name__)


class HubLogouts:
    """An ID token says who somebody is, so all of it is sealed. All of it raises StoreUnavailable."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database, self._seal, self._clock = database, seal, clock
        self._add = (sqlite.insert if database.is_sqlite else postgresql.insert)(hub_logouts).on_conflict_do_nothing()

    def add(self, logouts: Sequence[HubLogout]) -> None:
        """Note some that are due now; those that stand there already keep their time."""
        with self._database.transaction() as connection:
            self.add_within(connection, logouts)

    def add_within(self, connection: Connection, logouts: Sequence[HubLogout], wait_seconds: float = 0.0) -> None:
        """The same as a part of the transaction that ends their sessions; due after so many seconds, in which whoever ends them tells
        the hub at once."""
        if logouts:
            connection.execute(self._add, [self._row(logout, wait_seconds) for logout in logouts])

    def take_due(self, most: int) -> Sequence[HubLogout]:
        """Those to try now, the longest waiting first. No other worker gets them before their next time, which grows to half a minute."""
        now = self._clock()
        with self._database.transaction() as connection:
            rows = connection.execute(_DUE, {"now": now, "most": most}).all()
            if rows:
                connection.execute(_PUT_OFF, [{"wanted": row.logout_id, **_next(row.attempts + 1, now)} for row in rows])
        return list(self._opened((row.logout_id, row.sealed) for row in rows))

    def remove(self, logout_id: str) -> None:
        """The hub has confirmed."""
        self._database.run(_REMOVE, {"wanted": logout_id})

    def is_open(self, logout_id: str) -> bool:
        """Whether the hub has still to confirm."""
        return self._database.one(_FIND, {"wanted": logout_id}) is not None

    def pending(self) -> tuple[int, datetime | None]:
        """How many wait, and since when the oldest does."""
        (row,) = self._database.all(_PENDING)
        return row.waiting, row.oldest

    def purge_expired(self, before: datetime) -> int:
        """Delete those noted before then; how many. Each was never confirmed."""
        return self._database.run(_PURGE, {"before": before})

    def _row(self, logout: HubLogout, wait_seconds: float) -> dict[str, object]:
        now = self._clock()
        return {
            "logout_id": logout.id,
            "sealed": self._seal.seal(_LOGOUT.dump(logout), _place(logout.id)),
            "attempts": 0,
            "created_at": now,
            "next_attempt_at": now + timedelta(seconds=wait_seconds),
        }

    def _opened(self, rows: Iterator[tuple[str, bytes]]) -> Iterator[HubLogout]:
        """What was sealed with a secret of before nobody can read: the hub ends that session by its own time."""
        for logout_id, sealed in rows:
            try:
                yield _LOGOUT.load(self._seal.open(sealed, _place(logout_id)))
            except SealBroken:
                _log.warning("unreadable_value", kind="hub_logout")
                self.remove(logout_id)


def _next(attempts: int, now: datetime) -> dict[str, object]:
    pause = min(2.0 ** min(attempts, 8), _LONGEST_PAUSE)
    return {"next": now + timedelta(seconds=pause), "so_far": attempts}


def _place(logout_id: str) -> str:
    return f"hub_logouts.sealed:{logout_id}"
