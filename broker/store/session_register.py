"""The register of sessions: which an account has, on what device, until when. Written at each real sign-in, never on the silent path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, insert, select, update

from broker.core.delivery import ToolSession
from broker.core.session import RegisteredSession
from broker.store.session_tables import sessions
from broker.store.sql import Database
from broker.store.tables import grants, tool_subjects

_NOW: ColumnElement[datetime] = bindparam("now", type_=sessions.c.expires_at.type)
_NOT_ENDED = sessions.c.ended_at.is_(None)
_FIND = select(sessions).where(sessions.c.session_id == bindparam("wanted"))
_LIVE = (
    select(sessions)
    .where(sessions.c.subject_id == bindparam("of_subject"), _NOT_ENDED, sessions.c.expires_at > _NOW)
    .order_by(sessions.c.created_at.desc(), sessions.c.session_id)
)
_OVER = select(sessions.c.session_id).where(_NOT_ENDED, sessions.c.expires_at <= _NOW).limit(bindparam("most"))
_EVERYBODY = (
    select(sessions.c.session_id).where(_NOT_ENDED, sessions.c.created_at <= _NOW).order_by(sessions.c.created_at).limit(bindparam("most"))
)
_UNFINISHED = (
    select(sessions.c.session_id)
    .join(grants, grants.c.session_id == sessions.c.session_id)
    .where(
        sessions.c.ended_at > bindparam("since", type_=sessions.c.ended_at.type),
        grants.c.revoked_at.is_(None),
        grants.c.offline.is_(False),
    )
    .distinct()
)
_NAMED = (
    select(grants.c.session_id)
    .join(tool_subjects, tool_subjects.c.subject_id == grants.c.subject_id)  # the way to few rows: no index knows a `sid`
    .where(
        tool_subjects.c.sub == bindparam("of_sub"),
        grants.c.sub == bindparam("of_sub"),
        grants.c.client_id == bindparam("of_tool"),
        grants.c.sid == bindparam("named"),
    )
    .order_by(grants.c.created_at.desc())
    .limit(1)
)
_NOTE_DEVICE = (
    update(sessions)
    .where(sessions.c.session_id == bindparam("wanted"), _NOT_ENDED, sessions.c.other_device == "")
    .values(other_device=bindparam("of_device"))
)
_NOTE_PUBLIC = (
    update(sessions)
    .where(sessions.c.session_id == bindparam("wanted"), _NOT_ENDED)
    .values(public_computer=True, expires_at=bindparam("ends", type_=sessions.c.expires_at.type))
)
_WITHOUT_CITIZEN = (
    select(grants.c.client_id)
    .where(
        grants.c.session_id == bindparam("wanted"),
        grants.c.offline.is_(True),
        grants.c.revoked_at.is_(None),
        grants.c.expires_at > _NOW,
    )
    .distinct()
    .order_by(grants.c.client_id)
)
_PURGE = delete(sessions).where(sessions.c.ended_at <= bindparam("before", type_=sessions.c.ended_at.type))


class SessionRegister:
    """A session's end is noted by the outbox, in the transaction that notes who must be told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session: RegisteredSession) -> None:
        """Note a session that is about to begin."""
        self._database.run(insert(sessions), {name: getattr(session, name) for name in RegisteredSession.__slots__})

    def find(self, session_id: str) -> RegisteredSession | None:
        """What is on record of a session, also of one that has ended not long ago."""
        row = self._database.one(_FIND, {"wanted": session_id})
        return _session(row) if row else None

    def live(self, subject_id: str, now: datetime) -> Sequence[RegisteredSession]:
        """An account's sessions that have not ended, the newest first."""
        return [_session(row) for row in self._database.all(_LIVE, {"of_subject": subject_id, "now": now})]

    def find_id(self, named: ToolSession) -> str | None:
        """Id of the session that a tool calls so, also after its end; None if it was never let in with such a one."""
        row = self._database.one(_NAMED, {"of_sub": named.sub, "of_tool": named.client_id, "named": named.sid})
        return row.session_id if row else None

    def over(self, now: datetime, most: int) -> Sequence[str]:
        """Ids of sessions whose time is over and whose end nobody has pronounced."""
        return [row.session_id for row in self._database.all(_OVER, {"now": now, "most": most})]

    def everybody(self, now: datetime, most: int) -> Sequence[str]:
        """Ids of sessions of whatever account that had begun by now and have not ended, the oldest first."""
        return [row.session_id for row in self._database.all(_EVERYBODY, {"now": now, "most": most})]

    def unfinished(self, since: datetime) -> Sequence[str]:
        """Ids of sessions that ended since then and still have a grant: of a code that was redeemed at that very moment."""
        return [row.session_id for row in self._database.all(_UNFINISHED, {"since": since})]

    def note_other_device(self, session_id: str, device: str) -> bool:
        """Note, once, on what other device the session's cookie turned up; whether that was news."""
        return self._database.run(_NOTE_DEVICE, {"wanted": session_id, "of_device": device}) > 0

    def note_public_computer(self, session_id: str, ends: datetime) -> bool:
        """Note that a session is one at a public computer by now, and when it ends; whether it had not ended before."""
        return self._database.run(_NOTE_PUBLIC, {"wanted": session_id, "ends": ends}) > 0

    def without_citizen(self, session_id: str, now: datetime) -> Sequence[str]:
        """Client ids of tools with access that this session gave them and that goes on without it (`offline_access`)."""
        return [row.client_id for row in self._database.all(_WITHOUT_CITIZEN, {"wanted": session_id, "now": now})]

    def purge_ended(self, before: datetime) -> int:
        """Forget sessions that ended before then; how many."""
        return self._database.run(_PURGE, {"before": before})


def _session(row: Row[Any]) -> RegisteredSession:
    return RegisteredSession(**row._asdict())
