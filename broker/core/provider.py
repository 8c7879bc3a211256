"""Citizen IDs as the broker sees them: a name, what they can do, and how far they are trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from broker.core.trust import TrustLevel


@dataclass(frozen=True, slots=True)
class Means:
    """One way to sign in at a citizen ID, e.g. `eid`, and the level it reaches. `names` are by locale (de, en, de-leicht)."""

    key: str
    names: Mapping[str, str]
    trust: TrustLevel


class ProviderLogout(StrEnum):
    """What becomes of a citizen ID's own session when the citizen signs out here.

    `none`: it has no logout and goes on, until the browser is closed. `single`: the hub tells it. `needless`: it keeps no session.
    """

    NONE = "none"
    SINGLE = "single"
    NEEDLESS = "needless"


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """A citizen ID. Connection settings are Keycloak's; here is what the choice page, the judge and the ceiling need.

    `trust_ceiling` is the highest level the broker will ever assert from it (A-29); `descriptions` say in plain words what it can do.
    `sandbox`: its citizens are simulated, so that tools in the sandbox may meet them. `probe_url` is an address of its own that answers as
    long as it works; empty where none is known. `enabled` is the file's word, `switched_off` an administrator's, which no file undoes.
    `ending_on`: its announced last day (ISO 8601), so that citizens link another one before; on that day nothing happens by itself.
    """

    alias: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]
    means: tuple[Means, ...]
    trust_ceiling: TrustLevel
    position: int
    enabled: bool = True
    sandbox: bool = False
    probe_url: str = ""
    switched_off: bool = False
    ending_on: str = ""
    logout: ProviderLogout = ProviderLogout.NONE

    @property
    def usable(self) -> bool:
        """Whether anybody may sign in by it."""
        return self.enabled and not self.switched_off

    @property
    def ends(self) -> date | None:
        """Its announced last day, or None."""
        return date.fromisoformat(self.ending_on) if self.ending_on else None


class TroubleSource(StrEnum):
    """How it is known that a citizen ID is out of order."""

    SIGN_INS = "sign_ins"
    LOOK = "look"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A citizen ID is out of order: since when it is known and, where an administrator says so, until when and in which words by locale."""

    source: TroubleSource
    since: datetime
    until: datetime | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
