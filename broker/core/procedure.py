"""Procedures (a vote, a survey) and the key by which a tool counts one person once in one of them (citizen IDs 6).

A vote key is a keyed hash under the procedure's own random key: the same person has the same key in one procedure and unrelated keys in
two, and nobody can tell any more whose it was once the procedure's key is destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from broker.core.ids import keyed_hash
from broker.core.session import BrokerSession
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel

VOTING = "voting"
"""The scope; a request that knows its procedure says `voting:<procedure>`."""
VOTE_KEY, VOTE_KEY_STRENGTH = "bp_vote_key", "bp_vote_key_strength"
VOTE_CLAIMS = frozenset({VOTE_KEY, VOTE_KEY_STRENGTH})
PERSON = "person"
"""`bp_subject_type` of those who have a voice; an organisation has none."""

_PREFIX = f"{VOTING}:"


class VoteStrength(StrEnum):
    """How far a key is one human's: `person` joins all accounts of somebody whose name and birth date were proven, `account` does not."""

    ACCOUNT = "account"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Procedure:
    """A vote or survey of one tool. It is over at `closes_at`, or when somebody closes it (`closed_at`: its key is gone)."""

    id: str
    client_id: str
    title: str
    created_at: datetime
    closes_at: datetime | None = None
    closed_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether keys are given out."""
        return self.closed_at is None and (self.closes_at is None or now < self.closes_at)


@dataclass(frozen=True, slots=True)
class VoteKey:
    """An account's one key in one procedure: made at its first sign-in for it, whichever of its citizen IDs that was."""

    key: str
    strength: VoteStrength


@dataclass(frozen=True, slots=True)
class SharedVoice:
    """A key that several accounts have: one human with several accounts, or two of the same name and birthday. People decide."""

    key: str
    accounts: int
    first_at: datetime
    last_at: datetime


def scope_of(procedure_id: str) -> str:
    """The scope that names a procedure."""
    return f"{_PREFIX}{procedure_id}"


def named_procedures(scopes: Iterable[str]) -> tuple[str, ...]:
    """The procedures that scopes name."""
    return tuple(scope.removeprefix(_PREFIX) for scope in scopes if scope.startswith(_PREFIX))


def procedure_of(scopes: Iterable[str]) -> str | None:
    """The one procedure that granted scopes name: no request is for two."""
    return next(iter(named_procedures(scopes)), None)


def table_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Scopes as the claim table knows them."""
    return tuple(VOTING if scope.startswith(_PREFIX) else scope for scope in scopes)


def person_key(key: bytes, identity: UpstreamIdentity) -> str | None:
    """Who a person is, as a keyed hash; None where the citizen ID did not prove it at least substantially, and for organisations."""
    if identity.person is None or identity.subject_type != PERSON or identity.trust < TrustLevel.SUBSTANTIAL:
        return None
    return keyed_hash(key, "person", identity.person)


def vote_key(procedure_key: bytes, session: BrokerSession) -> VoteKey | None:
    """The key this sign-in makes in a procedure; None for an organisation and for a session that does not say whose it is.

    It is made of the person where that is proven, else of the link to the citizen ID, which outlives the account: erasing an account and
    coming back with the same citizen ID gives the same key.
    """
    if session.subject_type != PERSON:
        return None
    if session.person_key:
        return VoteKey(keyed_hash(procedure_key, VoteStrength.PERSON, session.person_key), VoteStrength.PERSON)
    if session.upstream_hash:
        return VoteKey(keyed_hash(procedure_key, VoteStrength.ACCOUNT, session.upstream_hash), VoteStrength.ACCOUNT)
    return None


def shown_strength(kept: VoteStrength, session: BrokerSession) -> VoteStrength:
    """The strength a tool is told: `person` only where the key is made of the person and this sign-in proved who that is."""
    proven = session.person_key is not None and session.trust >= TrustLevel.SUBSTANTIAL
    return VoteStrength.PERSON if kept is VoteStrength.PERSON and proven else VoteStrength.ACCOUNT
