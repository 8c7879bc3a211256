"""The connection to Redis: deadlines, key names, sealed JSON values; whatever goes wrong there is an outage, not a missing value."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, cast
from weakref import WeakSet

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from broker.core.errors import ConfigurationError, StoreUnavailable
from broker.store.breaker import Breaker

_FAKE = "fake://"  # an in-process stand-in, empty and unshared, for tests and a broker of one process
_PREFIX = "bp"
_CONNECT_SECONDS = 0.3
_ANSWER_SECONDS = 0.6
_MAX_CONNECTIONS = 128


class Redis:
    """One connection per thread for commands, a pool for pipelines.

    No command waits longer than a second in all, and none is sent twice (F-02: redis-py retries by default).
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._pool, self._breaker = client, client.connection_pool, Breaker("Redis")
        self._kept, self._opened = threading.local(), WeakSet[Any]()

    @classmethod
    def connect(cls, url: str) -> Redis:
        """A pool for `redis://`, `rediss://`, `unix://` or `fake://` addresses; connects when first used."""
        return cls(_fake() if url.startswith(_FAKE) else redis.Redis(connection_pool=_pool(url)))

    def get(self, key: str) -> bytes | None:
        """The value, or None."""
        return cast("bytes | None", self._ask("GET", key))

    def take(self, key: str) -> bytes | None:
        """The value, read and deleted in one step: of several takers exactly one gets it."""
        return cast("bytes | None", self._ask("GETDEL", key))

    def set(self, key: str, value: bytes, milliseconds: int) -> None:
        """Store a value for a time."""
        self._ask("SET", key, value, "PX", max(1, milliseconds))

    def add(self, key: str, value: bytes, milliseconds: int) -> bool:
        """Store a value for a time where there is none; False if there is one: of several callers exactly one succeeds."""
        return bool(self._ask("SET", key, value, "PX", max(1, milliseconds), "NX"))

    def count(self, key: str, milliseconds: int, by: int = 1) -> int:
        """Count something up or down; how many there are now since the first one, which is forgotten after this time."""
        with self._outages(), self._client.pipeline(transaction=True) as pipeline:
            pipeline.set(key, 0, px=milliseconds, nx=True)
            pipeline.incrby(key, by)
            return int(pipeline.execute()[1])

    def replace(self, key: str, value: bytes) -> bool:
        """Store a value in place of one that is still there, for the rest of its time; False if it is gone."""
        return bool(self._ask("SET", key, value, "XX", "KEEPTTL"))

    def members(self, key: str) -> frozenset[bytes]:
        """What is in a set; nothing where there is none."""
        return frozenset(cast("list[bytes]", self._ask("SMEMBERS", key)))

    def take_out(self, key: str, members: Collection[bytes]) -> None:
        """Remove some from a set."""
        if members:
            self._ask("SREM", key, *members)

    def delete(self, key: str) -> bool:
        """Delete a value; whether there was one."""
        return bool(self._ask("DEL", key))

    def _ask(self, *command: str | bytes | int) -> object:
        """The answer to one command. redis-py's own way to its pool and back takes twice as much time as the command."""
        with self._outages():
            connection = self._connection()
            connection.send_command(*command)
            return connection.read_response()

    def _connection(self) -> Any:
        """The connection this thread keeps. One that can be read before it was asked has been hung up or holds a stale answer (F-05)."""
        connection = getattr(self._kept, "connection", None)
        if connection is None:
            connection = self._kept.connection = self._pool.connection_class(**self._pool.connection_kwargs)
            self._opened.add(connection)
        if connection.is_connected and _has_something_to_say(connection):
            connection.disconnect()
        if not connection.is_connected:
            connection.connect()
        return connection

    @contextmanager
    def pipeline(self, *, atomic: bool) -> Iterator[redis.client.Pipeline]:
        """Commands sent together when the block ends; `atomic` wraps them in MULTI/EXEC."""
        with self._outages(), self._client.pipeline(transaction=atomic) as pipeline:
            yield pipeline
            pipeline.execute()

    def ping(self) -> None:
        """Raises StoreUnavailable if Redis does not answer."""
        with self._outages():
            self._client.ping()

    def check_policy(self) -> None:
        """Refuse a Redis that may throw away sessions and codes when its memory is full (A-50, F-09). Raises ConfigurationError."""
        with self._outages():
            policy = self._policy()
        if policy != "noeviction":
            raise ConfigurationError(f"Redis has maxmemory-policy {policy}: set it to noeviction, or sign-ins get lost when memory is full")

    def _policy(self) -> str:
        try:
            return cast("dict[str, str]", self._client.config_get("maxmemory-policy")).get("maxmemory-policy", "noeviction")
        except ResponseError:  # CONFIG is often forbidden to applications; INFO says the same
            return cast("dict[str, str]", self._client.info("memory")).get("maxmemory_policy", "noeviction")

    @contextmanager
    def _outages(self) -> Iterator[None]:
        """Turn every failure of Redis into StoreUnavailable. The text names no key and no value."""
        self._breaker.check()
        try:
            yield
        except (RedisError, OSError) as error:
            if isinstance(error, (redis.TimeoutError, TimeoutError)):
                self._breaker.trip()
            raise StoreUnavailable(f"Redis: {type(error).__name__}") from error

    def close(self) -> None:
        """Drop all connections."""
        self._client.close()
        self._pool.disconnect()
        for connection in list(self._opened):
            connection.disconnect()


def _has_something_to_say(connection: Any) -> bool:
    try:
        return bool(connection.can_read())
    except (RedisError, OSError):
        return True


def key(kind: str, name: str) -> str:
    """The Redis key of one thing; also the context its value is sealed with."""
    return f"{_PREFIX}:{kind}:{name}"


def _pool(url: str) -> redis.ConnectionPool:
    # RESP2 on purpose: with RESP3 redis-py 8 turns on maintenance notifications, and then no longer notices on checkout that an idle
    # connection was closed or holds a stale answer (F-05).
    return redis.ConnectionPool.from_url(
        url,
        protocol=2,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=_ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
        max_connections=_MAX_CONNECTIONS,
        decode_responses=False,
    )


def _fake() -> redis.Redis:
    import fakeredis  # heavy, and needed only where there is no server

    return cast("redis.Redis", fakeredis.FakeRedis(server=fakeredis.FakeServer()))
