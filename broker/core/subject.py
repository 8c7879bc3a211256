"""Who a citizen is to the broker: an account without a name, its links to citizen IDs, and one subject per tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from broker.core.claim import HeldClaim
from broker.core.ids import fingerprint
from broker.core.trust import TrustLevel


class SubjectStatus(StrEnum):
    """Only an active account may sign in."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Subject:
    """An account: no name, no e-mail."""

    id: str
    status: SubjectStatus
    locale: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    """A citizen ID linked to an account, known only by a keyed hash of the upstream's identifier (A-27, A-38).

    `announced_at`: until when whoever signs in by it has been told of changes of the account's links; None: not at all yet.
    """

    subject_id: str
    provider_alias: str
    upstream_hash: str
    trust: TrustLevel
    linked_at: datetime
    last_seen_at: datetime
    announced_at: datetime | None = None

    @property
    def handle(self) -> str:
        """What pages call it: says nothing, and is found among an account's own links only."""
        return fingerprint(f"{self.provider_alias} {self.upstream_hash}")


@dataclass(frozen=True, slots=True)
class ProposedLink:
    """An identity that proved itself in order to be linked, and waits for the citizen's yes."""

    provider_alias: str
    upstream_hash: str
    trust: TrustLevel
    proven_at: datetime


@dataclass(frozen=True, slots=True)
class ToolSubject:
    """The `sub` a sector of tools knows an account by: random, stored once (A-38). `pseudonym` is what the citizen is called there."""

    subject_id: str
    sector: str
    sub: str
    pseudonym: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UpstreamIdentity:
    """All that an upstream may hand over about one sign-in (dex: connector.Identity). `claims` are canonical, already transformed.

    `subject_type` is what tools see as `bp_subject_type`. `person` is the normalised name and birth date where the citizen ID proved both;
    it lives only for the moment in which a keyed hash is made of it. `vouched_by` names the batches of vouchers whose word is
    among the claims.
    """

    provider_alias: str
    upstream_sub: str
    trust: TrustLevel
    amr: tuple[str, ...]
    claims: Mapping[str, HeldClaim]
    authenticated_at: datetime
    upstream_sid: str | None = None
    id_token: str | None = None
    vouched_by: tuple[str, ...] = ()
    subject_type: str = "person"
    person: str | None = field(default=None, repr=False)
    is_test_account: bool = False
    """The citizen ID marks the account as one for trying out, behind which there is nobody."""
