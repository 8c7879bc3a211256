"""Pushed authorization requests, in Redis for ninety seconds under the fingerprint of client and reference (RFC 9126)."""

from __future__ import annotations

from broker.core.ids import fingerprint
from broker.core.request import PUSHED_LIFETIME, REQUEST_LIFETIME, PushedRequest
from broker.store.records import Record
from broker.store.redis import Redis, key
from broker.store.seal import Seal
from broker.store.sealed_values import SealedValues, milliseconds

_PUSHED = Record(PushedRequest)


class PushedRequests:
    """Losing one loses nothing but a click (A-49, class 1)."""

    def __init__(self, redis: Redis, seal: Seal) -> None:
        self._redis = redis
        self._values = SealedValues(redis, seal, "pushed", _PUSHED)

    def add(self, reference: str, pushed: PushedRequest) -> None:
        """Keep what a client pushed under a new reference."""
        self._values.set(_name(pushed.client_id, reference), pushed, PUSHED_LIFETIME)

    def find(self, reference: str, client_id: str) -> PushedRequest | None:
        """What this client pushed. None if it is unknown, over, answered, or another client's."""
        return self._values.get(_name(client_id, reference))

    def revoke(self, reference: str, client_id: str) -> bool:
        """The request was answered: True for exactly one caller, who may send the answer. Remembered for as long as others may be on
        their way with it."""
        name = _name(client_id, reference)
        first = self._redis.add(key("answered", name), b"1", milliseconds(PUSHED_LIFETIME + REQUEST_LIFETIME))
        self._redis.delete(self._values.key(name))
        return first


def _name(client_id: str, reference: str) -> str:
    return fingerprint(f"{client_id} {reference}")
