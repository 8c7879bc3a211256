"""The standing of accounts: blocked, let in again, erased. Whatever is open ends in the same transaction, so that no tool is forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, select, update

from broker.core.delivery import HubLogout
from broker.core.ids import new_id
from broker.core.ports import Clock
from broker.core.session import EndedBy
from broker.core.subject import SubjectStatus
from broker.store.eligibility_tables import vote_keys
from broker.store.outbox import Outbox
from broker.store.sql import Database
from broker.store.tables import consents, linked_identities, subjects, tool_subjects

_BY_SUB = select(tool_subjects.c.subject_id).where(tool_subjects.c.sub == bindparam("wanted"))
_SET_STATUS = (
    update(subjects)
    .where(subjects.c.subject_id == bindparam("of_subject"), subjects.c.status == bindparam("from_status"))
    .values(status=bindparam("to_status"))
)


class Accounts:
    """What administrators and the law do to accounts. `at_hub`: what the hub has to be told. The ids returned are of sessions that
    `SigningOut.finish` still has to finish."""

    def __init__(self, database: Database, outbox: Outbox, clock: Clock) -> None:
        self._database, self._outbox, self._clock = database, outbox, clock

    def find_by_sub(self, sub: str) -> str | None:
        """The account that some tool knows by this `sub`: all that an operator who reports somebody can name."""
        row = self._database.one(_BY_SUB, {"wanted": sub})
        return row.subject_id if row else None

    def block(self, subject_id: str, at_hub: Sequence[HubLogout] = ()) -> tuple[str, ...] | None:
        """Let nobody in by this account any more. None unless it was active."""
        change = {"of_subject": subject_id, "from_status": SubjectStatus.ACTIVE.value, "to_status": SubjectStatus.BLOCKED.value}
        with self._database.transaction() as connection:
            if connection.execute(_SET_STATUS, change).rowcount == 0:
                return None
            return self._outbox.end_account_within(connection, subject_id, new_id(), EndedBy.ADMINISTRATOR, at_hub)

    def unblock(self, subject_id: str) -> bool:
        """Let a blocked account in again; whether it was blocked. Sessions and grants do not come back."""
        change = {"of_subject": subject_id, "from_status": SubjectStatus.BLOCKED.value, "to_status": SubjectStatus.ACTIVE.value}
        return self._database.run(_SET_STATUS, change) > 0

    def erase(self, subject_id: str, at_hub: Sequence[HubLogout] = ()) -> tuple[str, ...]:
        """Erase an account: links, vote keys and pseudonyms go, grants and consents end; its subjects stay as tombstones, never given
        again (A-42). Doing it again does no harm."""
        now, this = self._clock(), subject_id
        with self._database.transaction() as connection:
            connection.execute(delete(linked_identities).where(linked_identities.c.subject_id == this))
            connection.execute(delete(vote_keys).where(vote_keys.c.subject_id == this))
            connection.execute(update(tool_subjects).where(tool_subjects.c.subject_id == this).values(sealed_pseudonym=None))
            connection.execute(
                update(consents).where(consents.c.subject_id == this, consents.c.withdrawn_at.is_(None)).values(withdrawn_at=now)
            )
            erased = {"status": SubjectStatus.ERASED.value, "erased_at": now}
            connection.execute(update(subjects).where(subjects.c.subject_id == this, subjects.c.erased_at.is_(None)).values(erased))
            return self._outbox.end_account_within(connection, this, new_id(), EndedBy.ERASURE, at_hub)
