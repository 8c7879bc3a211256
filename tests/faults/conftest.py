"""Servers of this folder's own, to be frozen, killed and brought back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from broker.core.errors import StoreUnavailable
from broker.store.redis import Redis
from broker.store.sql import Database
from tests.support.servers import PostgresqlServer, RedisServer, running, until
from tests.support.services import migrate_at

OUTAGE_SECONDS = 5.0
"""The deadlines of the stores add up to two seconds (`store/postgresql.py`, `store/redis.py`); the rest is for a machine that has other
things to do. Without them each of these calls would wait for as long as the store is away."""

AT_ONCE_SECONDS = 0.5
"""Less than any of those deadlines: nobody waited for the store."""

RECOVERY_SECONDS = 10.0


@pytest.fixture(scope="module")
def own_redis_server() -> Iterator[RedisServer]:
    with running(RedisServer(Path(mkdtemp(prefix="broker-redis-")))) as server:
        yield server


@pytest.fixture(scope="module")
def own_postgresql_server() -> Iterator[PostgresqlServer]:
    with running(PostgresqlServer(Path(mkdtemp(prefix="broker-postgresql-")))) as server:
        migrate_at(server.url)
        yield server


@pytest.fixture
def fragile_redis(own_redis_server: RedisServer) -> Iterator[Redis]:
    """A connected client of a Redis that something is about to happen to."""
    client = Redis.connect(own_redis_server.url)
    client.ping()
    yield client
    client.close()


@pytest.fixture
def fragile_database(own_postgresql_server: PostgresqlServer) -> Iterator[Database]:
    """A connected client of a PostgreSQL that something is about to happen to."""
    client = Database(own_postgresql_server.url)
    client.ping()
    yield client
    client.dispose()


def is_an_outage(call: Callable[[], object], within: float = OUTAGE_SECONDS) -> None:
    """The call says that a store is away, and does not wait for it to come back (A-47)."""
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        call()
    assert time.monotonic() - began < within


def recovers(call: Callable[[], object]) -> None:
    """The call works again by itself, soon after the server came back (F-01)."""

    def works() -> bool:
        try:
            call()
        except StoreUnavailable:
            return False
        return True

    until(works, RECOVERY_SECONDS, "the store to work again")
