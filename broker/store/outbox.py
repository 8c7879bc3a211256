"""The outbox: that a session ended and who must be told are one fact, written in one transaction (design: "Sign-out")."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from broker.core.delivery import Delivery, DeliveryState, HubLogout, ToolSession
from broker.core.ids import new_id
from broker.core.ports import Clock
from broker.core.session import EndedBy
from broker.store.delivery_rows import as_delivery, to_row, to_settled
from broker.store.hub_logouts import HubLogouts
from broker.store.session_tables import deliveries, sessions
from broker.store.sql import Database
from broker.store.tables import clients, grants

_REVOKE = (
    update(grants)
    .where(grants.c.session_id == bindparam("ended"), grants.c.revoked_at.is_(None), grants.c.offline.is_(False))
    .values(revoked_at=bindparam("now", type_=grants.c.revoked_at.type))
    .returning(grants.c.client_id, grants.c.sid)
)
_END = (
    update(sessions)
    .where(sessions.c.session_id == bindparam("ended"), sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("now", type_=sessions.c.ended_at.type), ended_by=bindparam("by"))
)
_HAND_OVER = (
    update(grants)
    .where(grants.c.session_id == bindparam("old_session"), grants.c.revoked_at.is_(None))
    .values(session_id=bindparam("new_session"))
)
_TOOL_SESSIONS = (
    select(grants.c.client_id, grants.c.sub, grants.c.sid)
    .where(grants.c.session_id == bindparam("ended"))
    .distinct()
    .order_by(grants.c.client_id, grants.c.sid)
)
_TOLD = (
    select(grants.c.client_id, grants.c.sub, grants.c.sid, func.max(grants.c.created_at).label("entered_at"))
    .join(clients, clients.c.client_id == grants.c.client_id)
    .where(clients.c.backchannel_logout_uri != "")
    .group_by(grants.c.client_id, grants.c.sub, grants.c.sid)
    .order_by(grants.c.client_id, grants.c.sid)
)
_TOLD_SESSION = _TOLD.where(grants.c.session_id == bindparam("ended"))
_LEFT = grants.c.client_id == bindparam("left")
_MOVE_OUT = update(grants).where(grants.c.session_id == bindparam("ended"), _LEFT).values(session_id=bindparam("elsewhere"))
_NOW = bindparam("now", type_=deliveries.c.next_attempt_at.type)
_IS_DUE = (
    deliveries.c.state == DeliveryState.PENDING.value,
    deliveries.c.next_attempt_at <= _NOW,
    or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= _NOW),
)
_DUE_TOOLS = (
    select(deliveries.c.client_id).where(*_IS_DUE).group_by(deliveries.c.client_id).order_by(func.min(deliveries.c.next_attempt_at))
)
_BY_LINK = (
    grants.c.subject_id == bindparam("of_subject"),
    grants.c.provider_alias == bindparam("alias"),
    grants.c.upstream_hash == bindparam("hash"),
)
_REVOKE_LINK = (
    update(grants).where(*_BY_LINK, grants.c.revoked_at.is_(None)).values(revoked_at=bindparam("now", type_=grants.c.revoked_at.type))
)
_TOLD_LINK = _TOLD.where(*_BY_LINK)
_OF_ACCOUNT = grants.c.subject_id == bindparam("of_subject")
_REVOKE_ACCOUNT = (
    update(grants).where(_OF_ACCOUNT, grants.c.revoked_at.is_(None)).values(revoked_at=bindparam("now", type_=grants.c.revoked_at.type))
)
_TOLD_ACCOUNT = _TOLD.where(_OF_ACCOUNT)
_END_ACCOUNT = (
    update(sessions)
    .where(sessions.c.subject_id == bindparam("of_subject"), sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("now", type_=sessions.c.ended_at.type), ended_by=bindparam("by"))
    .returning(sessions.c.session_id)
)
_SESSIONS_OF_LINK = select(grants.c.session_id).where(*_BY_LINK).distinct()
_DUE = (
    select(deliveries.c.delivery_id)
    .where(deliveries.c.client_id == bindparam("of_tool"), *_IS_DUE)
    .order_by(deliveries.c.next_attempt_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # SQLite has no such clause and needs none: it has one writer
)
_LEASE = (
    update(deliveries)
    .where(deliveries.c.delivery_id.in_(_DUE))
    .values(leased_until=bindparam("lease", type_=deliveries.c.leased_until.type))
    .returning(deliveries)
)
_IS_LEASED = (
    deliveries.c.delivery_id == bindparam("of_delivery"),
    deliveries.c.state == DeliveryState.PENDING.value,
    deliveries.c.leased_until == bindparam("under_lease", type_=deliveries.c.leased_until.type),
)
_SETTLE = (
    update(deliveries)
    .where(*_IS_LEASED)
    .values(
        leased_until=None,
        state=bindparam("to_state"),
        attempts=bindparam("to_attempts"),
        outcome=bindparam("to_outcome"),
        next_attempt_at=bindparam("to_next", type_=deliveries.c.next_attempt_at.type),
        last_attempt_at=bindparam("to_last", type_=deliveries.c.last_attempt_at.type),
        duration_ms=bindparam("to_duration"),
    )
)
_LIST_TOLD = select(deliveries).where(
    deliveries.c.client_id.in_(bindparam("tools", expanding=True)), deliveries.c.sid.in_(bindparam("sids", expanding=True))
)
_WAKE = (
    update(deliveries)
    .where(
        deliveries.c.client_id == bindparam("of_tool"),
        deliveries.c.state == DeliveryState.PENDING.value,
        deliveries.c.next_attempt_at > _NOW,
        deliveries.c.leased_until.is_(None),
    )
    .values(next_attempt_at=_NOW)
)
_PENDING = select(func.count().label("waiting"), func.min(deliveries.c.created_at).label("oldest")).where(
    deliveries.c.state == DeliveryState.PENDING.value
)
_PURGE = delete(deliveries).where(
    deliveries.c.state != DeliveryState.PENDING.value,
    deliveries.c.created_at <= bindparam("before", type_=deliveries.c.created_at.type),
)


class Outbox:
    """Each session of a tool is told of its end once, however often the end is pronounced; once more if the citizen came back into it."""

    def __init__(self, database: Database, hub_logouts: HubLogouts, clock: Clock) -> None:
        self._database, self._hub_logouts, self._clock = database, hub_logouts, clock
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def end_session(
        self,
        session_id: str,
        logout_id: str,
        but: str | None = None,
        by: EndedBy = EndedBy.CITIZEN,
        at_hub: Sequence[HubLogout] = (),
    ) -> int:
        """Revoke all grants of a session, note its end and who must be told; how many tools will be told now. The client `but` knows
        already. `at_hub`: what the hub has to be told.

        Offline grants stay: the citizen agreed that they outlive the session (OIDC Back-Channel Logout 2.7).

        May be called again for the same session: it finds only what came in between.
        """
        with self._database.transaction() as connection:
            connection.execute(_END, {"ended": session_id, "now": self._clock(), "by": by.value})
            self._hub_logouts.add_within(connection, at_hub)
            open_ones = _pairs(connection.execute(_REVOKE, {"ended": session_id, "now": self._clock()}).all())
            told = [row for row in connection.execute(_TOLD_SESSION, {"ended": session_id}).all() if row.client_id != but]
            return [self._add(connection, logout_id, row, open_ones) for row in told].count(True)

    def leave_session(self, session_id: str, client_id: str, logout_id: str, *, told: bool) -> Sequence[str]:
        """Take one tool out of a session that goes on: revoke its grants there (offline ones stay good) and, if it has to be `told`, note
        that. What the tool called the session.

        From now on the session knows nothing of the tool, until the citizen enters it anew.
        """
        found = {"ended": session_id, "left": client_id}
        with self._database.transaction() as connection:
            open_ones = _pairs(connection.execute(_REVOKE.where(_LEFT), {**found, "now": self._clock()}).all())
            for row in connection.execute(_TOLD_SESSION.where(_LEFT), found).all() if told else ():
                self._add(connection, logout_id, row, open_ones)
            sids = [row.sid for row in connection.execute(_TOOL_SESSIONS.where(_LEFT), found).all()]
            connection.execute(_MOVE_OUT, {**found, "elsewhere": logout_id})
        return sids

    def end_link_within(self, connection: Connection, link: Mapping[str, str], logout_id: str) -> tuple[str, ...]:
        """The same for all that came by a link (`of_subject`, `alias`, `hash`), offline grants included, as a part of the transaction that
        removes it. The sessions that got these grants."""
        connection.execute(_REVOKE_LINK, {**link, "now": self._clock()})
        for row in connection.execute(_TOLD_LINK, link).all():
            self._add(connection, logout_id, row)
        return tuple(row.session_id for row in connection.execute(_SESSIONS_OF_LINK, link).all())

    def end_account_within(
        self, connection: Connection, subject_id: str, logout_id: str, by: EndedBy, at_hub: Sequence[HubLogout]
    ) -> tuple[str, ...]:
        """End every session of an account, here and `at_hub`, and all it was granted, also what outlives a session, as a part of the
        transaction that erases or blocks it; the ids of the sessions, which the caller still has to finish."""
        self._hub_logouts.add_within(connection, at_hub)
        this = {"of_subject": subject_id, "now": self._clock()}
        connection.execute(_REVOKE_ACCOUNT, this)
        for row in connection.execute(_TOLD_ACCOUNT, this).all():
            self._add(connection, logout_id, row)
        return tuple(row.session_id for row in connection.execute(_END_ACCOUNT, {**this, "by": by.value}).all())

    def list_tool_sessions(self, session_id: str) -> Sequence[ToolSession]:
        """Every tool that was let in with this session, also after its end; a tool entered before and after a step-up is there twice."""
        return [ToolSession(row.client_id, row.sub, row.sid) for row in self._database.all(_TOOL_SESSIONS, {"ended": session_id})]

    def hand_over_session(self, old_session_id: str, new_session_id: str) -> int:
        """Put the grants of a session that the same citizen replaced by a new one under the new one, so that its end reaches those tools
        too (step-up, SE-01); how many."""
        with self._database.transaction() as connection:
            connection.execute(_END, {"ended": old_session_id, "now": self._clock(), "by": EndedBy.REPLACED.value})
            return connection.execute(_HAND_OVER, {"old_session": old_session_id, "new_session": new_session_id}).rowcount

    def due_tools(self) -> Sequence[str]:
        """Client ids of tools for which something is due, whoever has waited longest first."""
        return [row.client_id for row in self._database.all(_DUE_TOOLS, {"now": self._clock()})]

    def take_due(self, client_id: str, limit: int, lease_seconds: float) -> Sequence[Delivery]:
        """Deliveries to try now at this tool. No other worker gets them until the lease is over; then they are due again, should this one
        have died."""
        now = self._clock()
        values = {"now": now, "of_tool": client_id, "most": limit, "lease": now + timedelta(seconds=lease_seconds)}
        return [as_delivery(row) for row in self._database.all(_LEASE, values)]

    def settle(self, tried: Sequence[Delivery]) -> None:
        """Note what came of deliveries that were taken (each still names its lease), all or none, and end their leases.

        Whose lease another worker holds by now, or who is settled already, stays as it is: nothing succeeds twice.
        """
        if tried:
            with self._database.transaction() as connection:
                connection.execute(_SETTLE, [to_settled(one) for one in tried])

    def wake(self, client_id: str) -> int:
        """The tool answers again: what waits for it is due now; how many that are."""
        return self._database.run(_WAKE, {"of_tool": client_id, "now": self._clock()})

    def pending(self) -> tuple[int, datetime | None]:
        """How many deliveries wait, and since when the oldest does."""
        (row,) = self._database.all(_PENDING)
        return row.waiting, row.oldest

    def list_told(self, tool_sessions: Iterable[tuple[str, str]]) -> Sequence[Delivery]:
        """Deliveries about these tool sessions (client id and `sid`), whichever sign-out they came of."""
        wanted = set(tool_sessions)
        names = {"tools": sorted({client_id for client_id, _ in wanted}), "sids": sorted({sid for _, sid in wanted})}
        found = [as_delivery(row) for row in self._database.all(_LIST_TOLD, names)] if wanted else []
        return [delivery for delivery in found if (delivery.client_id, delivery.sid) in wanted]

    def purge_expired(self, before: datetime) -> int:
        """Delete finished deliveries of sessions that ended before then; how many."""
        return self._database.run(_PURGE, {"before": before})

    def _add(self, connection: Connection, logout_id: str, told: Any, open_ones: Collection[tuple[str, str]] = ()) -> bool:
        """Whether the tool has to be told; not if it was already, unless the citizen entered it again after that, under the same `sid`.

        Those with a grant that was still good (`open_ones`) were entered after that, whatever the clocks of two hosts say.
        """
        settled = deliveries.c.state != DeliveryState.PENDING.value
        entered = (told.client_id, told.sid) in open_ones
        insert = self._insert(deliveries).values(to_row(self._delivery(logout_id, told)))
        once = insert.on_conflict_do_update(
            index_elements=[deliveries.c.client_id, deliveries.c.sid],
            set_={column.name: column for column in insert.excluded},
            where=settled if entered else and_(settled, deliveries.c.created_at < told.entered_at),
        )
        return connection.execute(once.returning(deliveries.c.delivery_id)).first() is not None

    def _delivery(self, logout_id: str, told: Any) -> Delivery:
        now = self._clock()
        return Delivery(
            id=new_id(),
            logout_id=logout_id,
            client_id=told.client_id,
            sub=told.sub,
            sid=told.sid,
            state=DeliveryState.PENDING,
            attempts=0,
            created_at=now,
            next_attempt_at=now,
        )


def _pairs(rows: Iterable[Any]) -> set[tuple[str, str]]:
    return {(row.client_id, row.sid) for row in rows}
