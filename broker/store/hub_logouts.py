"""Sign-outs that the hub has still to hear of: noted with the end of the session, gone when it has confirmed.

That there is one stands in SQL, in the transaction of the end. The ID token, which says who somebody is, stays where it was before: in
Redis only, sealed, no longer than the hub's own session (A-42).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from broker.core.delivery import HubLogout
from broker.core.errors import StoreUnavailable
from broker.core.ports import Clock
from broker.store.records import Record
from broker.store.redis import Redis
from broker.store.redis import key as redis_key
from broker.store.seal import Seal
from broker.store.sealed_values import SealedValues
from broker.store.session_tables import hub_logouts
from broker.store.sql import Database

HUB_SESSION = timedelta(seconds=44_100)
"""How long the hub's session lives by itself (`realm-config/citizens/realm.yaml`)."""

HEAD_START = timedelta(seconds=5)
"""How long the worker leaves an end to whoever tells the hub at once."""

_KIND = "hub_logout"
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
    .values(next_attempt_at=bindparam("next", type_=hub_logouts.c.next_attempt_at.type), taken=bindparam("so_far"))
)
_REMOVE = delete(hub_logouts).where(_OF_LOGOUT)
_FIND = select(hub_logouts.c.logout_id).where(_OF_LOGOUT)
_PENDING = select(func.count().label("waiting"), func.min(hub_logouts.c.created_at).label("oldest"))
_PURGE = delete(hub_logouts).where(hub_logouts.c.created_at <= bindparam("before", type_=hub_logouts.c.created_at.type))
_LONGEST_PAUSE = 30.0


class HubLogouts:
    """All of it raises StoreUnavailable."""

    def __init__(self, database: Database, redis: Redis, seal: Seal, clock: Clock) -> None:
        self._database, self._redis, self._clock = database, redis, clock
        self._tokens = SealedValues(redis, seal, _KIND, _LOGOUT)
        self._add = (sqlite.insert if database.is_sqlite else postgresql.insert)(hub_logouts).on_conflict_do_nothing()

    def add(self, logouts: Sequence[HubLogout]) -> None:
        """Note some; those that stand there already keep their time."""
        if logouts:
            with self._database.transaction() as connection:
                self.add_within(connection, logouts)

    def add_within(self, connection: Connection, logouts: Sequence[HubLogout]) -> None:
        """The same as a part of the transaction that ends their sessions. The worker's after `HEAD_START`.

        A Redis without room for it keeps nobody signed in (F-08): then the hub is told at once, or never.
        """
        for logout in logouts:
            with suppress(StoreUnavailable):
                self._tokens.set(logout.id, logout, HUB_SESSION)
        if logouts:
            connection.execute(self._add, [self._row(logout) for logout in logouts])

    def take_due(self, most: int) -> Sequence[HubLogout]:
        """Those to try now, the longest waiting first. No other worker gets them before their next time, which grows to half a minute.

        Whose token Redis has lost nobody can tell the hub of any more.
        """
        now = self._clock()
        with self._database.transaction() as connection:
            rows = connection.execute(_DUE, {"now": now, "most": most}).all()
            if rows:
                connection.execute(_PUT_OFF, [{"wanted": row.logout_id, **_next(row.taken + 1, now)} for row in rows])
        found = {row.logout_id: self._tokens.get(row.logout_id) for row in rows}
        for lost in (logout_id for logout_id, logout in found.items() if logout is None):
            self.remove(lost)
        return [logout for logout in found.values() if logout]

    def remove(self, logout_id: str) -> None:
        """The hub has confirmed, or need not be told any more."""
        self._database.run(_REMOVE, {"wanted": logout_id})
        self._redis.delete(redis_key(_KIND, logout_id))

    def is_open(self, logout_id: str) -> bool:
        """Whether the hub has still to confirm."""
        return self._database.one(_FIND, {"wanted": logout_id}) is not None

    def pending(self) -> tuple[int, datetime | None]:
        """How many wait, and since when the oldest does."""
        (row,) = self._database.all(_PENDING)
        return row.waiting, row.oldest

    def purge_expired(self) -> int:
        """Delete those whose session the hub itself has ended by now; how many. Each was never confirmed."""
        return self._database.run(_PURGE, {"before": self._clock() - HUB_SESSION})

    def _row(self, logout: HubLogout) -> dict[str, object]:
        now = self._clock()
        return {"logout_id": logout.id, "taken": 0, "created_at": now, "next_attempt_at": now + HEAD_START}


def _next(taken: int, now: datetime) -> dict[str, object]:
    pause = min(2.0 ** min(taken, 8), _LONGEST_PAUSE)
    return {"next": now + timedelta(seconds=pause), "so_far": taken}
