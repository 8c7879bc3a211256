"""Citizen IDs as the broker sees them: a name, what they can do, and how far they are trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broker.core.trust import TrustLevel


@dataclass(frozen=True, slots=True)
class Means:
    """One way to sign in at a citizen ID, e.g. `eid`, and the level it reaches. `names` are by locale (de, en, de-leicht)."""

    key: str
    names: Mapping[str, str]
    trust: TrustLevel


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """A citizen ID. Connection settings are Keycloak's; here is what the choice page, the judge and the ceiling need.

    `trust_ceiling` is the highest level the broker will ever assert from it (A-29); `descriptions` say in plain words what it can do.
    `sandbox`: its citizens are simulated, so that tools in the sandbox may meet them.
    """

    alias: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]
    means: tuple[Means, ...]
    trust_ceiling: TrustLevel
    position: int
    enabled: bool = True
    sandbox: bool = False
