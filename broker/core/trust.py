"""Levels of assurance: how sure a citizen ID was of a person."""

from __future__ import annotations

from datetime import timedelta
from enum import IntEnum

LOA_NAMESPACE = "urn:bp:loa"
_EIDAS = "http://eidas.europa.eu/LoA"


class TrustLevel(IntEnum):
    """none < basic < low < substantial < high (BundID SB 6.2.9, TR-03160-1, eIDAS). Comparing levels compares assurance."""

    NONE = 0
    BASIC = 1
    LOW = 2
    SUBSTANTIAL = 3
    HIGH = 4

    @property
    def acr(self) -> str:
        """The `acr` value tools see; a level of none has the broker's own name and is never put into a token."""
        return _ACR[self]

    @property
    def word(self) -> str:
        """The level as the word files and settings use, e.g. `substantial`."""
        return self.name.lower()

    @classmethod
    def from_acr(cls, acr: str | None) -> TrustLevel:
        """The level an `acr` value names; an unknown or missing value means none (A-29)."""
        return _BY_ACR.get(acr or "", cls.NONE)

    @classmethod
    def from_word(cls, word: str) -> TrustLevel:
        """The level a word in a file names. Raises ValueError for an unknown word."""
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"unknown level {word!r}: use one of {', '.join(level.word for level in cls)}") from None


_ACR = {
    TrustLevel.NONE: f"{LOA_NAMESPACE}:none",
    TrustLevel.BASIC: f"{LOA_NAMESPACE}:basic",
    TrustLevel.LOW: f"{_EIDAS}/low",
    TrustLevel.SUBSTANTIAL: f"{_EIDAS}/substantial",
    TrustLevel.HIGH: f"{_EIDAS}/high",
}
_BY_ACR = {acr: level for level, acr in _ACR.items()}

# TR-03160-1 (BundID FAQ 7.5.3): longest life of a sign-in of each level, and longest idle time. Basic follows low.
LIFETIME = {
    TrustLevel.BASIC: timedelta(hours=12),
    TrustLevel.LOW: timedelta(hours=12),
    TrustLevel.SUBSTANTIAL: timedelta(hours=2),
    TrustLevel.HIGH: timedelta(minutes=30),
}
IDLE = {
    TrustLevel.BASIC: timedelta(hours=12),
    TrustLevel.LOW: timedelta(minutes=60),
    TrustLevel.SUBSTANTIAL: timedelta(minutes=30),
    TrustLevel.HIGH: timedelta(minutes=5),
}


def decayed(level: TrustLevel, age: timedelta, idle: timedelta) -> TrustLevel:
    """The level still worth asserting for a sign-in of this age and idle time: falls step by step, never below none."""
    while level > TrustLevel.NONE and (age > LIFETIME[level] or idle > IDLE[level]):
        level = TrustLevel(level - 1)
    return level
