"""Links between accounts and citizen IDs: made, moved and removed, each in one transaction that decides."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from broker.core.account_errors import IdentityTaken, LastLink
from broker.core.errors import AccountBlocked
from broker.core.linking import LinkOutlook
from broker.core.ports import Clock
from broker.core.subject import LinkedIdentity, SubjectStatus
from broker.store.outbox import Outbox
from broker.store.sql import Database
from broker.store.tables import linked_identities, subjects, tool_subjects

_LINK = linked_identities.c
_other = linked_identities.alias("other")
_THIS = and_(_LINK.provider_alias == bindparam("alias"), _LINK.upstream_hash == bindparam("hash"))
_OF_SUBJECT = _LINK.subject_id == bindparam("of_subject")
_OWNER = (
    select(subjects.c.subject_id, subjects.c.status, exists().where(tool_subjects.c.subject_id == subjects.c.subject_id).label("used"))
    .select_from(subjects.join(linked_identities, _LINK.subject_id == subjects.c.subject_id))
    .where(_THIS)
)
_LOCK = select(subjects.c.status).where(subjects.c.subject_id == bindparam("wanted")).with_for_update()
_MOVE = update(linked_identities).where(_LINK.subject_id == bindparam("absorbed"))
_ABSORBED = update(subjects).where(subjects.c.subject_id == bindparam("absorbed"))
_OTHERS = select(_LINK.upstream_hash).where(_OF_SUBJECT, ~_THIS).limit(1)
_REMOVE = delete(linked_identities).where(_OF_SUBJECT, _THIS)
_NEWS = select(_LINK.subject_id).where(
    _THIS,
    or_(
        _LINK.announced_at.is_(None),
        exists().where(
            _other.c.subject_id == _LINK.subject_id,
            _other.c.linked_at > _LINK.announced_at,
            or_(_other.c.provider_alias != _LINK.provider_alias, _other.c.upstream_hash != _LINK.upstream_hash),
        ),
    ),
)
_TELL = update(linked_identities).where(_THIS)


class Links:
    """Whose link it is, only the row says; two at once meet there."""

    def __init__(self, database: Database, outbox: Outbox, clock: Clock) -> None:
        self._database, self._outbox, self._clock = database, outbox, clock

    def outlook(self, provider_alias: str, upstream_hash: str, subject_id: str) -> LinkOutlook:
        """What would come of linking this identity to this account. Raises AccountBlocked when it belongs to a blocked one."""
        row = self._database.one(_OWNER, {"alias": provider_alias, "hash": upstream_hash})
        return _outlook(row, subject_id)

    def add(self, link: LinkedIdentity) -> None:
        """Link an identity to an active account. One that has an account which was never used at a tool takes it along: that account goes.

        Raises IdentityTaken if it was used, AccountBlocked if either account is not active.
        """
        try:
            with self._database.transaction() as connection:
                self._add(connection, link)
        except IntegrityError:  # another browser made the link at this moment
            raise IdentityTaken from None

    def revoke(self, subject_id: str, provider_alias: str, upstream_hash: str, logout_id: str) -> tuple[str, ...]:
        """Remove a link, end all grants that came by it and note which tools are told. The sessions that got these grants.

        Raises LastLink for the only one.
        """
        this = {"of_subject": subject_id, "alias": provider_alias, "hash": upstream_hash}
        with self._database.transaction() as connection:
            connection.execute(_LOCK, {"wanted": subject_id})  # of two links removed at once one stays
            if connection.execute(_OTHERS, this).first() is None:
                raise LastLink
            connection.execute(_REMOVE, this)
            return self._outbox.end_link_within(connection, this, logout_id)

    def has_news(self, provider_alias: str, upstream_hash: str) -> bool:
        """Whether the account's links have changed since whoever signs in by this one was told last (AL-10)."""
        return self._database.one(_NEWS, {"alias": provider_alias, "hash": upstream_hash}) is not None

    def tell(self, provider_alias: str, upstream_hash: str) -> None:
        """Whoever signs in by this link has been told of all links now."""
        self._database.run(_TELL.values(announced_at=self._clock()), {"alias": provider_alias, "hash": upstream_hash})

    def _add(self, connection: Connection, link: LinkedIdentity) -> None:
        now, this = self._clock(), {"alias": link.provider_alias, "hash": link.upstream_hash}
        self._check_active(connection, link.subject_id)
        owner = connection.execute(_OWNER, this).first()
        if owner is not None and owner.subject_id != link.subject_id:
            connection.execute(_LOCK, {"wanted": owner.subject_id})  # nobody enters a tool with it meanwhile
            owner = connection.execute(_OWNER, this).first()
        outlook = _outlook(owner, link.subject_id)
        if outlook is LinkOutlook.TAKEN:
            raise IdentityTaken
        if outlook is LinkOutlook.NEW:
            connection.execute(insert(linked_identities), {name: getattr(link, name) for name in LinkedIdentity.__slots__})
        elif outlook is LinkOutlook.ABSORBED and owner is not None:
            moved = {"subject_id": link.subject_id, "linked_at": now, "announced_at": None}
            connection.execute(_MOVE.values(moved), {"absorbed": owner.subject_id})
            erased = {"status": SubjectStatus.ERASED.value, "erased_at": now}
            connection.execute(_ABSORBED.values(erased), {"absorbed": owner.subject_id})

    def _check_active(self, connection: Connection, subject_id: str) -> None:
        row = connection.execute(_LOCK, {"wanted": subject_id}).first()
        if row is None or row.status != SubjectStatus.ACTIVE:
            raise AccountBlocked


def _outlook(owner: Row[Any] | None, subject_id: str) -> LinkOutlook:
    if owner is None:
        return LinkOutlook.NEW
    if owner.subject_id == subject_id:
        return LinkOutlook.HERE
    if owner.status != SubjectStatus.ACTIVE:
        raise AccountBlocked
    return LinkOutlook.TAKEN if owner.used else LinkOutlook.ABSORBED
