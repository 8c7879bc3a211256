"""Accounts, their links to citizen IDs, and what each sector of tools calls them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from broker.core.errors import NotFound
from broker.core.ids import new_id
from broker.core.ports import Clock
from broker.core.subject import LinkedIdentity, Subject, SubjectStatus, ToolSubject
from broker.store.seal import Seal
from broker.store.sql import Database
from broker.store.tables import linked_identities, subjects, tool_subjects
from broker.store.tool_subjects import open_pseudonym, seal_pseudonym

_GET = select(subjects).where(subjects.c.subject_id == bindparam("wanted"))
_BY_LINK = (linked_identities.c.provider_alias == bindparam("alias"), linked_identities.c.upstream_hash == bindparam("hash"))
_SEEN = (
    update(linked_identities)
    .where(*_BY_LINK)
    .values(last_seen_at=bindparam("now", type_=linked_identities.c.last_seen_at.type))
    .returning(linked_identities.c.subject_id)
)
_LINKS = select(linked_identities).where(linked_identities.c.subject_id == bindparam("wanted"))
_TOOL_SUBJECT = select(tool_subjects).where(
    tool_subjects.c.subject_id == bindparam("of_subject"), tool_subjects.c.sector == bindparam("of_sector")
)
_RENAME = (
    update(tool_subjects)
    .where(tool_subjects.c.sub == bindparam("of_sub"))
    .values(sealed_pseudonym=bindparam("sealed", type_=tool_subjects.c.sealed_pseudonym.type))
)


class Subjects:
    """No name, no e-mail, and no identifier of a citizen ID in clear."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database, self._seal, self._clock = database, seal, clock
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def get(self, subject_id: str) -> Subject:
        """The account in whatever status. Raises NotFound."""
        row = self._database.one(_GET, {"wanted": subject_id})
        if row is None:
            raise NotFound("no such account")
        return _subject(row)

    def find_by_link(self, provider_alias: str, upstream_hash: str) -> Subject | None:
        """The account linked to this identity, which has been seen now; or None."""
        with self._database.transaction() as connection:
            return self._owner(connection, provider_alias, upstream_hash)

    def add(self, subject: Subject, link: LinkedIdentity) -> Subject:
        """Make an account with its first link; if another browser just did so for the same identity, the account it made."""
        with self._database.transaction() as connection:
            return self.add_within(connection, subject, link)

    def add_within(self, connection: Connection, subject: Subject, link: LinkedIdentity) -> Subject:
        """The same as a part of a transaction that does more: both happen, or neither."""
        connection.execute(self._insert(subjects).values(_subject_row(subject)))
        insert = self._insert(linked_identities).values(_link_row(link)).on_conflict_do_nothing()
        if connection.execute(insert.returning(linked_identities.c.subject_id)).first():
            return subject
        connection.execute(delete(subjects).where(subjects.c.subject_id == subject.id))
        owner = self._owner(connection, link.provider_alias, link.upstream_hash)
        if owner is None:
            raise NotFound("the link was removed while it was made")
        return owner

    def links(self, subject_id: str) -> tuple[LinkedIdentity, ...]:
        """The citizen IDs linked to an account."""
        return tuple(LinkedIdentity(**row._asdict()) for row in self._database.all(_LINKS, {"wanted": subject_id}))

    def tool_subject(self, subject_id: str, sector: str, pseudonym: str) -> ToolSubject:
        """How a sector knows an account: found, or made with this pseudonym. Two at once get the same (A-38)."""
        sub = new_id()
        made = {"subject_id": subject_id, "sector": sector, "sub": sub, "created_at": self._clock()}
        insert = self._insert(tool_subjects).values(**made, sealed_pseudonym=seal_pseudonym(self._seal, sub, pseudonym))
        with self._database.transaction() as connection:
            connection.execute(insert.on_conflict_do_nothing(index_elements=[tool_subjects.c.subject_id, tool_subjects.c.sector]))
            row = connection.execute(_TOOL_SUBJECT, {"of_subject": subject_id, "of_sector": sector}).one()
        return self._tool_subject(row)

    def replace_pseudonym(self, tool_subject: ToolSubject, pseudonym: str) -> None:
        """Let the citizen be called otherwise in this sector."""
        self._database.run(_RENAME, {"of_sub": tool_subject.sub, "sealed": seal_pseudonym(self._seal, tool_subject.sub, pseudonym)})

    def _owner(self, connection: Connection, provider_alias: str, upstream_hash: str) -> Subject | None:
        seen = connection.execute(_SEEN, {"alias": provider_alias, "hash": upstream_hash, "now": self._clock()}).first()
        return _subject(connection.execute(_GET, {"wanted": seen.subject_id}).one()) if seen else None

    def _tool_subject(self, row: Row[Any]) -> ToolSubject:
        pseudonym = open_pseudonym(self._seal, row.sub, row.sealed_pseudonym)
        return ToolSubject(subject_id=row.subject_id, sector=row.sector, sub=row.sub, pseudonym=pseudonym, created_at=row.created_at)


def _subject(row: Row[Any]) -> Subject:
    return Subject(id=row.subject_id, status=SubjectStatus(row.status), locale=row.locale, created_at=row.created_at)


def _subject_row(subject: Subject) -> dict[str, Any]:
    return {"subject_id": subject.id, "status": subject.status.value, "locale": subject.locale, "created_at": subject.created_at}


def _link_row(link: LinkedIdentity) -> dict[str, Any]:
    return {name: getattr(link, name) for name in LinkedIdentity.__slots__}
