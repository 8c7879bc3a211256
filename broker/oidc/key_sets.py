"""JWK Sets that lie at clients' addresses, fetched and kept (RFC 7517 5, OIDC Core 10.1.1).

A set is believed for ten minutes. An unknown key may ask for it earlier, yet not more often than every ten seconds, whoever sends unknown
keys (JT-15). While the address does not answer, the last copy serves for a day.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import structlog

from broker.core.errors import TemporarilyUnavailable
from broker.core.ports import Clock
from broker.flows.fetching import FetchFailed
from broker.flows.reading_keys import PublicKey, public_keys

Fetch = Callable[[str, int], bytes]
"""Gets a document of at most so many bytes; raises FetchFailed."""

FRESH, KEPT, PAUSE = timedelta(minutes=10), timedelta(days=1), timedelta(seconds=10)
LARGEST_SET = 64 * 1024
_MOST_SETS = 1024
_MOST_AT_ONCE, _PATIENCE_SECONDS = 2, 1.0  # a slow address may hold so many threads of a process, and others so long
_log = structlog.get_logger("broker.key_sets")


class _KeySet:
    """What is known of one address."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.keys: tuple[PublicKey, ...] = ()
        self.fetched_at: datetime | None = None
        self.failed_at: datetime | None = None
        self.renewed_at: datetime | None = None
        self.attempts = 0


class FetchedKeySets:
    """The sets of all clients with a `jwks_uri`, one copy per process."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._sets: dict[str, _KeySet] = {}
        self._busy = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def current(self, url: str) -> tuple[PublicKey, ...]:
        """The keys at this address, at most ten minutes old if it answers. Raises TemporarilyUnavailable when there is no copy."""
        kept = self._kept(url)
        if _since(kept.fetched_at, self._clock()) >= FRESH and _since(kept.failed_at, self._clock()) >= PAUSE:
            self._load(url, kept)
        if _since(kept.fetched_at, self._clock()) >= KEPT:
            raise TemporarilyUnavailable("the key set of the client cannot be fetched")
        return kept.keys

    def renewed(self, url: str) -> tuple[PublicKey, ...]:
        """The keys as they are now, because one was not known; as they were, if that was asked a moment ago.

        Raises TemporarilyUnavailable when the address does not answer: nobody can tell then whether the key is good.
        """
        kept, now = self._kept(url), self._clock()
        if (_since(kept.renewed_at, now) >= PAUSE and not self._load(url, kept, renewing=True)) or kept.failed_at is not None:
            raise TemporarilyUnavailable("the key set of the client cannot be fetched")
        return kept.keys

    def _load(self, url: str, kept: _KeySet, *, renewing: bool = False) -> bool:
        """Ask the address, unless another thread did so while this one waited; False if too many are waiting for slow addresses."""
        seen = kept.attempts
        if not self._busy.acquire(timeout=_PATIENCE_SECONDS):
            return False
        try:
            with kept.lock:
                if kept.attempts == seen:
                    kept.renewed_at = self._clock() if renewing else kept.renewed_at
                    self._ask(url, kept)
                    kept.attempts += 1
            return True
        finally:
            self._busy.release()

    def _ask(self, url: str, kept: _KeySet) -> None:
        try:
            kept.keys = public_keys(_document(self._fetch(url, LARGEST_SET)))
        except FetchFailed as failure:
            kept.failed_at = self._clock()
            _log.warning("key set not fetched", url=url.partition("?")[0], reason=failure.reason)
        else:
            kept.fetched_at, kept.failed_at = self._clock(), None

    def _kept(self, url: str) -> _KeySet:
        kept = self._sets.get(url)
        if kept is None:
            for oldest in _more_than(self._sets, _MOST_SETS):
                self._sets.pop(oldest, None)
            kept = self._sets.setdefault(url, _KeySet())
        return kept


def _document(raw: bytes) -> Mapping[str, object]:
    try:
        document: object = json.loads(raw)
    except (ValueError, RecursionError):
        raise FetchFailed("no JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise FetchFailed("no key set")
    return document


def _since(at: datetime | None, now: datetime) -> timedelta:
    return timedelta.max if at is None else now - at


def _more_than(sets: Mapping[str, _KeySet], most: int) -> Iterable[str]:
    names = list(sets)
    return names[: max(0, len(names) - most + 1)]
