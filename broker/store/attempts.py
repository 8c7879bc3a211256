"""Attempts that went wrong, counted per source for as long as they matter."""

from __future__ import annotations

from datetime import timedelta

from broker.core.ids import fingerprint
from broker.store.redis import Redis, key


class Attempts:
    """In Redis, under hashes: a source may be an address."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def add(self, kind: str, source: str, remembered: timedelta) -> int:
        """Count one more; how many of this kind came from this source since the first that is remembered."""
        return self._redis.count(key("attempts", fingerprint(f"{kind}:{source}")), int(remembered.total_seconds() * 1000))

    def revoke(self, kind: str, source: str, remembered: timedelta) -> None:
        """Count one less: it did not go wrong."""
        self._redis.count(key("attempts", fingerprint(f"{kind}:{source}")), int(remembered.total_seconds() * 1000), by=-1)
