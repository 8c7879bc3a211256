"""Examining the broker's surroundings: one finding per part, each a sentence that says what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from broker.core.errors import BrokerError

GOOD, WARNING, BROKEN = "+", "!", "x"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found: `mark` is good, warning or broken; the sentence names no secret."""

    mark: str
    sentence: str


Look = Callable[[], Finding]
"""Examines one part. A BrokerError it raises becomes a broken finding with the error's own sentence."""


@dataclass(frozen=True, slots=True)
class Examining:
    """`looks` in the order they are told, each with the name of its part."""

    looks: tuple[tuple[str, Look], ...]

    def findings(self) -> list[Finding]:
        """Look at every part, also after one was found broken."""
        return [_look(part, look) for part, look in self.looks]


def _look(part: str, look: Look) -> Finding:
    try:
        return look()
    except BrokerError as error:
        return Finding(BROKEN, f"{part}: {error.detail}")


def clock_finding(offset_seconds: float) -> Finding:
    """Judge the difference between this clock and the hub's: tokens are refused from 10 seconds on (A-24)."""
    if abs(offset_seconds) <= 3:
        return Finding(GOOD, "Clock: agrees with Keycloak's within 3 seconds.")
    ahead = "ahead of" if offset_seconds > 0 else "behind"
    mark = WARNING if abs(offset_seconds) <= 8 else BROKEN
    return Finding(mark, f"Clock: {abs(offset_seconds):.0f} seconds {ahead} Keycloak's; set both by NTP, or sign-ins will be refused.")


_RECOMMENDED_KEYCLOAK = (26, 8, 1)
_ADVISORIES = (
    "26.8.1 and later fix more advisories. CVE-2026-18963 (password reset) is fixed since 26.7.2 and does not reach realm citizens, "
    "which has no passwords and no 'forgot password'; CVE-2026-18967 (OneTimeUse replay) is lessened because each answer must fit a "
    "request just made. Update when you can"
)


def keycloak_finding(version: str) -> Finding:
    """Judge Keycloak's version against the one recommended in production."""
    if not version:
        return Finding(WARNING, "Keycloak: does not tell this administrator its version; use an account of realm master.")
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    if numbers >= _RECOMMENDED_KEYCLOAK:
        return Finding(GOOD, f"Keycloak {version}.")
    return Finding(WARNING, f"Keycloak {version}: {_ADVISORIES}.")
