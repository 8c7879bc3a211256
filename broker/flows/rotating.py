"""Rotating: the signing keys' life. Next is published and does not sign yet, active signs, retired only verifies what it once signed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from joserfc.jwk import ECKey, OKPKey, RSAKey

from broker.core.ports import Clock
from broker.core.signing_key import ALGORITHMS, NOTICE, PUBLISHED_BEFORE_USE, KeyState, SigningKey, signing_at
from broker.store.signing_keys import SigningKeys

_IN_USE = (KeyState.NEXT, KeyState.ACTIVE)
_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class Rotating:
    """Makes keys and moves them on; any number of processes may do so at once. A key older than `renew_after` gets a successor by itself
    (None: only by command)."""

    signing_keys: SigningKeys
    clock: Clock
    renew_after: timedelta | None = None

    def list(self) -> tuple[SigningKey, ...]:
        """All keys, oldest first."""
        return tuple(self.signing_keys.list())

    def ensure(self, algorithms: Sequence[str] = ALGORITHMS) -> tuple[SigningKey, ...]:
        """Make a key for each algorithm that has none; the keys made.

        The very first ones sign at once: no process can have remembered a list without them. Later ones wait until all know them.
        """
        known, now = self.list(), self.clock()
        served = {key.algorithm for key in known if key.state in _IN_USE}
        state, start = (KeyState.NEXT, now + NOTICE) if known else (KeyState.ACTIVE, now)
        return self._added([new_key(algorithm, state, now, start) for algorithm in algorithms if algorithm not in served])

    def rotate(self, algorithms: Sequence[str] = ALGORITHMS) -> tuple[SigningKey, ...]:
        """Make the next key of each algorithm, unless one waits already; the keys made. They sign when tools have had time to see them."""
        first = self.ensure(algorithms)
        busy = {key.algorithm for key in self.list() if key.state is KeyState.NEXT} | {key.algorithm for key in first}
        now = self.clock()
        start = now + PUBLISHED_BEFORE_USE
        return (*first, *self._added([new_key(name, KeyState.NEXT, now, start) for name in algorithms if name not in busy]))

    def replace_leaked(self, algorithms: Sequence[str] = ALGORITHMS) -> tuple[SigningKey, ...]:
        """Withdraw every key of these algorithms; the keys that sign instead, as soon as every process knows them.

        Until then the old ones go on: a minute more in hands that have them already hurts less than sign-ins that nobody can check.
        """
        now = self.clock()
        made = [new_key(algorithm, KeyState.NEXT, now, now + NOTICE) for algorithm in algorithms]
        for successor in made:
            self.signing_keys.revoke(successor)
        return tuple(made)

    def run_once(self) -> None:
        """What the worker does: let keys whose time has come take over, and make successors of old ones."""
        self.advance()
        if self.renew_after is not None:
            self.rotate([name for name in ALGORITHMS if self._is_old(name, self.clock() - self.renew_after)])

    def advance(self) -> tuple[SigningKey, ...]:
        """Write down which next keys have begun to sign, and retire the ones before them; the keys that took over."""
        now = self.clock()
        due = [key for key in self.list() if key.state is KeyState.NEXT and key.activate_at <= now]
        return tuple(key for key in due if self._took_over(key))

    def _took_over(self, key: SigningKey) -> bool:
        before = [one for one in self.list() if one.state is KeyState.ACTIVE and one.algorithm == key.algorithm]
        retired = [replace(one, state=KeyState.RETIRED, retire_at=key.activate_at) for one in before]
        return self.signing_keys.replace(*retired, replace(key, state=KeyState.ACTIVE))

    def _is_old(self, algorithm: str, before: datetime) -> bool:
        key = signing_at(self.list(), algorithm, self.clock())
        return key is not None and key.activate_at <= before

    def _added(self, made: Sequence[SigningKey]) -> tuple[SigningKey, ...]:
        """Without those for which another process was quicker."""
        return tuple(key for key in made if self.signing_keys.add(key))


def new_key(algorithm: str, state: KeyState, now: datetime, activate_at: datetime) -> SigningKey:
    """A key pair just made. Never in a request: RSA takes a while."""
    pair = _pair(algorithm)
    return SigningKey(pair.thumbprint(), algorithm, json.dumps(pair.as_dict(private=True)), state, now, activate_at)


def _pair(algorithm: str) -> RSAKey | ECKey | OKPKey:
    if algorithm == "ES256":
        return ECKey.generate_key("P-256")
    return OKPKey.generate_key("Ed25519") if algorithm == "Ed25519" else RSAKey.generate_key(_RSA_BITS)
