"""From an identity to an account: found by a keyed hash of (citizen ID, its key for the person), or created. Never by e-mail."""

from __future__ import annotations

from dataclasses import dataclass

from broker.core.errors import AccountBlocked
from broker.core.ids import keyed_hash, new_id
from broker.core.ports import Clock
from broker.core.subject import LinkedIdentity, ProposedLink, Subject, SubjectStatus, UpstreamIdentity
from broker.store.subjects import Subjects


@dataclass(frozen=True, slots=True)
class Linking:
    """Accounts and their links. `link_key` is outside the database, so a stolen table cannot be matched to people (A-38)."""

    subjects: Subjects
    link_key: bytes
    clock: Clock

    def account_of(self, identity: UpstreamIdentity, locale: str) -> Subject:
        """The account of this person; the first sign-in makes it. Raises AccountBlocked when it may not sign in."""
        return self.known(identity) or self._active(self.subjects.add(*self.new_account(identity, locale)))

    def known(self, identity: UpstreamIdentity) -> Subject | None:
        """The account of this person, seen now, if there is one. Raises AccountBlocked when it may not sign in."""
        subject = self.subjects.find_by_link(identity.provider_alias, self.hash_of(identity))
        return self._active(subject) if subject else None

    def new_account(self, identity: UpstreamIdentity, locale: str) -> tuple[Subject, LinkedIdentity]:
        """What a first sign-in makes; not kept yet."""
        now = self.clock()
        subject = Subject(new_id(), SubjectStatus.ACTIVE, locale, now)
        hashed = self.hash_of(identity)
        return subject, LinkedIdentity(subject.id, identity.provider_alias, hashed, identity.trust, now, now, announced_at=now)

    def hash_of(self, identity: UpstreamIdentity) -> str:
        """What stands in the database for the citizen ID's key of this person."""
        return keyed_hash(self.link_key, identity.provider_alias, identity.upstream_sub)

    def proposed(self, identity: UpstreamIdentity) -> ProposedLink:
        """What is kept of an identity that proved itself to be linked."""
        return ProposedLink(identity.provider_alias, self.hash_of(identity), identity.trust, identity.authenticated_at)

    def _active(self, subject: Subject) -> Subject:
        if subject.status is not SubjectStatus.ACTIVE:
            raise AccountBlocked
        return subject
