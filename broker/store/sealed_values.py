"""One kind of thing in Redis: dumped, sealed for its key, with a time to live."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Generic, TypeVar

import structlog

from broker.core.errors import SealBroken
from broker.store.records import Record
from broker.store.redis import Redis, key
from broker.store.seal import Seal

T = TypeVar("T")
_PLAIN, _DEFLATED = b"\x00", b"\x01"
_LONG = 3400  # such a session would not stay under 4 KiB in Redis; shorter ones are not worth the time
_log = structlog.get_logger(__name__)


class SealedValues(Generic[T]):
    """Values of one kind, e.g. `session`. The key is the context of the seal, so a value cannot be moved to another key."""

    def __init__(self, redis: Redis, seal: Seal, kind: str, record: Record[T]) -> None:
        self._redis, self._seal, self._kind, self._record = redis, seal, kind, record

    def key(self, name: str) -> str:
        """The Redis key of one value."""
        return key(self._kind, name)

    def sealed(self, name: str, value: T) -> bytes:
        """What stands under the key."""
        text = self._record.dump(value)
        packed = _DEFLATED + zlib.compress(text, 1) if len(text) > _LONG else _PLAIN + text
        return self._seal.seal(packed, self.key(name))

    def opened(self, name: str, sealed: bytes | None) -> T | None:
        """The value, or None where there is none or none that this broker sealed for this key (its secret changed, or someone meddled)."""
        if sealed is None:
            return None
        try:
            packed = self._seal.open(sealed, self.key(name))
        except SealBroken:
            _log.warning("unreadable_value", kind=self._kind)
            return None
        return self._record.load(zlib.decompress(packed[1:]) if packed[:1] == _DEFLATED else packed[1:])

    def set(self, name: str, value: T, lifetime: timedelta) -> None:
        """Store a value for a time."""
        self._redis.set(self.key(name), self.sealed(name, value), milliseconds(lifetime))

    def add(self, name: str, value: T, lifetime: timedelta) -> bool:
        """Store a value for a time where there is none; False if there is one."""
        return self._redis.add(self.key(name), self.sealed(name, value), milliseconds(lifetime))

    def get(self, name: str) -> T | None:
        """The value, or None."""
        return self.opened(name, self._redis.get(self.key(name)))

    def take(self, name: str) -> T | None:
        """The value, read and deleted in one step, or None."""
        return self.opened(name, self._redis.take(self.key(name)))

    def replace(self, name: str, value: T) -> bool:
        """Store a value in place of one that is still there, for the rest of its time; False if it is gone."""
        return self._redis.replace(self.key(name), self.sealed(name, value))


def milliseconds(lifetime: timedelta) -> int:
    """At least one: Redis refuses less."""
    return max(1, round(lifetime.total_seconds() * 1000))
