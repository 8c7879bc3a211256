"""A circuit breaker: when a server has kept somebody waiting in vain, nobody else waits for a moment (A-45, F-12)."""

from __future__ import annotations

from time import monotonic

from broker.core.errors import StoreUnavailable

_REST_SECONDS = 1.0


class Breaker:
    """Keeps threads free while a store is frozen. A store that refuses at once needs none, and one slow statement does not trip it."""

    def __init__(self, store: str) -> None:
        self._store, self._closed_again_at = store, 0.0

    def check(self) -> None:
        """Raises StoreUnavailable within a second after `trip`; then the next caller tries."""
        if monotonic() < self._closed_again_at:
            raise StoreUnavailable(f"{self._store} did not answer a moment ago")

    def trip(self) -> None:
        """The server did not answer in time."""
        self._closed_again_at = monotonic() + _REST_SECONDS
