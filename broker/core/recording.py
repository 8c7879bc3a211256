"""A sign-in that was recorded at a citizen ID, and what became of each claim: what the mapping laboratory looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel


class Outcome(StrEnum):
    """What came of one row of the claim table for one recorded sign-in."""

    MADE = "made"
    NO_SOURCE = "no_source"  # the table names nothing at this citizen ID
    ABSENT = "absent"  # the citizen ID did not give any of the sources
    DOUBLED = "doubled"  # a source came with several values, which contradict each other
    UNREADABLE = "unreadable"  # the transform made nothing of what came


@dataclass(frozen=True, slots=True)
class Trace:
    """One claim: which attributes it is made of by which transform, which of them came, and how far the result is vouched for."""

    claim: str
    outcome: Outcome
    sources: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    transform: str = ""
    trust: TrustLevel = TrustLevel.NONE


@dataclass(frozen=True, slots=True)
class RecordedSignIn:
    """The identity the broker would have made of it, and one trace for each claim of the table that citizen IDs give."""

    identity: UpstreamIdentity
    traces: Mapping[str, Trace]
