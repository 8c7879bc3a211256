"""Authorization codes, in Redis under their fingerprints for sixty seconds. The gate against a second use is in SQL (`grants.py`)."""

from __future__ import annotations

from dataclasses import replace

from broker.core.grant import CODE_LIFETIME, IssuedCode
from broker.core.ids import fingerprint
from broker.core.session import BrokerSession
from broker.store.records import Record
from broker.store.redis import Redis
from broker.store.seal import Seal
from broker.store.sealed_values import SealedValues, milliseconds
from broker.store.sessions import add_touch, session_values

_CODE = Record(IssuedCode)


class Codes:
    """Known by the code itself, which is stored nowhere."""

    def __init__(self, redis: Redis, seal: Seal) -> None:
        self._redis = redis
        self._codes = SealedValues(redis, seal, "code", _CODE)
        self._sessions = session_values(redis, seal)

    def add(self, code: str, issued: IssuedCode, touch: BrokerSession | None = None) -> None:
        """Keep a code; in the same round trip note on a session that its citizen is active at this moment."""
        name = fingerprint(code)
        if touch is None:  # a pipeline of one costs twice a command
            self._codes.set(name, issued, CODE_LIFETIME)
            return
        with self._redis.pipeline(atomic=False) as pipeline:
            pipeline.set(self._codes.key(name), self._codes.sealed(name, issued), px=milliseconds(CODE_LIFETIME))
            add_touch(pipeline, self._sessions, replace(touch, last_seen_at=max(touch.last_seen_at, issued.created_at)))

    def take(self, code: str) -> IssuedCode | None:
        """What the code stands for; it is gone with that. None if it is unknown, expired or already taken."""
        return self._codes.take(fingerprint(code))
