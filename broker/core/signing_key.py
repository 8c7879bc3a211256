"""Keys that sign what the broker issues, and their life: next, active, retired; or withdrawn, when one has leaked.

What a key may be used for is decided by its times alone. So processes need not learn of a change in the same moment: whoever knows the
key at all changes over when the clock says so, also with a list that is a minute old, and whether or not a worker is running (F-31).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ALGORITHMS = ("RS256", "ES256", "PS256", "Ed25519")
"""What we sign with, one key for each; RS256 first, which OIDC Core 15.1 wants of everybody. `Ed25519` as RFC 9864 calls it."""

PUBLISHED_BEFORE_USE = timedelta(hours=25)
"""How long a next key is shown before it signs: tools keep the key set for up to a day."""

PUBLISHED_AFTER_USE = timedelta(hours=25)
"""How long a key is shown after its last signature: longer than any token lives."""

READ_FOR = timedelta(days=396)
"""13 months: for so long an ID token may come back as a hint."""

NOTICE = timedelta(seconds=90)
"""How long before its first signature a key has to be kept at the very least: every process looks again after a minute."""


class KeyState(StrEnum):
    """How far the worker has brought a key. `withdrawn`: it leaked, and from `retire_at` on nothing that it signed is believed."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key pair for one algorithm. `private_jwk` is JSON text, sealed wherever it is stored; `kid` is the RFC 7638 thumbprint.

    It signs from `activate_at` to `retire_at`.
    """

    kid: str
    algorithm: str
    private_jwk: str
    state: KeyState
    created_at: datetime
    activate_at: datetime
    retire_at: datetime | None = None

    def signs_at(self, now: datetime) -> bool:
        """Whether it may sign; of several the newest does."""
        return self.activate_at <= now and (self.retire_at is None or now < self.retire_at)

    def published_at(self, now: datetime) -> bool:
        """Whether tools are shown it."""
        return self._believed(now, PUBLISHED_AFTER_USE)

    def read_at(self, now: datetime) -> bool:
        """Whether a token that it signed is still believed to be ours."""
        return self._believed(now, READ_FOR)

    def _believed(self, now: datetime, after_use: timedelta) -> bool:
        if self.retire_at is None:
            return True
        return now < (self.retire_at if self.state is KeyState.WITHDRAWN else self.retire_at + after_use)


def signing_at(keys: Iterable[SigningKey], algorithm: str, now: datetime) -> SigningKey | None:
    """The key that signs with this algorithm now: the newest, the same for every process that knows it."""
    able = (key for key in keys if key.algorithm == algorithm and key.signs_at(now))
    return max(able, key=lambda key: (key.activate_at, key.kid), default=None)
