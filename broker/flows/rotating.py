"""Rotating: the signing keys' life. Next is published and does not sign yet, active signs, retired only verifies what it once signed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta

from joserfc.jwk import ECKey, RSAKey

from broker.core.ports import Clock
from broker.core.signing_key import KeyState, SigningKey
from broker.store.signing_keys import SigningKeys

ALGORITHMS = ("RS256", "ES256")
PUBLISHED_BEFORE_USE = timedelta(hours=25)
"""How long a next key is shown before it signs: tools keep the key set for up to a day."""


@dataclass(frozen=True, slots=True)
class Rotating:
    """Makes keys and moves them on. `retire_at` is the moment a key stopped signing."""

    signing_keys: SigningKeys
    clock: Clock

    def list(self) -> tuple[SigningKey, ...]:
        """All keys, oldest first."""
        return tuple(self.signing_keys.list())

    def ensure(self) -> tuple[SigningKey, ...]:
        """Make a first key, signing at once, for each algorithm that has none; the keys made."""
        active = {key.algorithm for key in self.list() if key.state is KeyState.ACTIVE}
        return tuple(self._made(algorithm, KeyState.ACTIVE) for algorithm in ALGORITHMS if algorithm not in active)

    def rotate(self) -> tuple[SigningKey, ...]:
        """Make the next key of each algorithm, unless one waits already; without any active key the new one signs at once."""
        first = self.ensure()
        busy = {key.algorithm for key in self.list() if key.state is KeyState.NEXT} | {key.algorithm for key in first}
        return (*first, *(self._made(algorithm, KeyState.NEXT) for algorithm in ALGORITHMS if algorithm not in busy))

    def advance(self) -> tuple[SigningKey, ...]:
        """Let every next key whose time has come sign, and retire the one before it; the keys that sign now. For the worker."""
        now = self.clock()
        due = [key for key in self.list() if key.state is KeyState.NEXT and key.activate_at <= now]
        return tuple(self._activated(key) for key in due)

    def _activated(self, key: SigningKey) -> SigningKey:
        """The new key first: for a moment two are active and the newest signs, never none."""
        now = self.clock()
        before = [one for one in self.list() if one.state is KeyState.ACTIVE and one.algorithm == key.algorithm]
        active = replace(key, state=KeyState.ACTIVE, activate_at=now)
        self.signing_keys.replace(active)
        for one in before:
            self.signing_keys.replace(replace(one, state=KeyState.RETIRED, retire_at=now))
        return active

    def _made(self, algorithm: str, state: KeyState) -> SigningKey:
        now = self.clock()
        pair = RSAKey.generate_key(2048) if algorithm == "RS256" else ECKey.generate_key("P-256")
        activate_at = now if state is KeyState.ACTIVE else now + PUBLISHED_BEFORE_USE
        key = SigningKey(pair.thumbprint(), algorithm, json.dumps(pair.as_dict(private=True)), state, now, activate_at)
        self.signing_keys.add(key)
        return key
