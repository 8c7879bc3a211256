"""Pushed authorization requests, in Redis for ninety seconds under the fingerprint of client and reference (RFC 9126)."""

from __future__ import annotations

from broker.core.ids import fingerprint
from broker.core.request import PUSHED_LIFETIME, PushedRequest
from broker.store.records import Record
from broker.store.redis import Redis
from broker.store.seal import Seal
from broker.store.sealed_values import SealedValues

_PUSHED = Record(PushedRequest)


class PushedRequests:
    """Losing one loses nothing but a click (A-49, class 1)."""

    def __init__(self, redis: Redis, seal: Seal) -> None:
        self._values = SealedValues(redis, seal, "pushed", _PUSHED)

    def add(self, reference: str, pushed: PushedRequest) -> None:
        """Keep what a client pushed under a new reference."""
        self._values.set(_name(pushed.client_id, reference), pushed, PUSHED_LIFETIME)

    def take(self, reference: str, client_id: str) -> PushedRequest | None:
        """What this client pushed; gone with that. None if it is unknown, over, taken, or another client's, which stays untouched."""
        return self._values.take(_name(client_id, reference))


def _name(client_id: str, reference: str) -> str:
    return fingerprint(f"{client_id} {reference}")
