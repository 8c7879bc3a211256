"""Nonces that show a DPoP proof was made lately, after asking us (RFC 9449 8, 9).

Nothing is stored: a nonce is a keyed hash of the number of the time window it was given out in, so that every process knows every other's.
Each lives for one to two windows. It protects against proofs made in advance; a single use is what `jti` is for.
"""

from __future__ import annotations

from dataclasses import dataclass

from broker.core.ids import keyed_hash, same
from broker.core.ports import Clock

WINDOW_SECONDS = 180


@dataclass(frozen=True, slots=True, repr=False)
class DpopNonces:
    """`key` is used for nothing else."""

    key: bytes
    clock: Clock

    def fresh(self) -> str:
        """The nonce of this window, 43 URL-safe characters."""
        return self._of(self._window())

    def knows(self, nonce: str) -> bool:
        """Whether we gave it out in this window or the one before."""
        window = self._window()
        return any([same(nonce, self._of(window)), same(nonce, self._of(window - 1))])

    def _window(self) -> int:
        return int(self.clock().timestamp()) // WINDOW_SECONDS

    def _of(self, window: int) -> str:
        return keyed_hash(self.key, "dpop-nonce", str(window))
