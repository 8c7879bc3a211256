"""A store that goes away and comes back, at its driver: open connections are gone and new ones refused, whichever way a command takes.

What the drivers say is theirs, so the translation into an outage is under test as well. Real servers die in `tests/faults`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from errno import ECONNREFUSED
from types import MappingProxyType
from typing import Any

import pytest

from broker.store.postgresql import PunctualConnection
from tests.support.app import Broker


@contextmanager
def sql_away(broker: Broker) -> Iterator[None]:
    """SQLite or PostgreSQL cannot be reached in this block: neither by SQLAlchemy nor by the statements handed to the driver."""
    database = broker.parts.stores.database
    dialect: Any = database.engine.dialect
    opens_connections = dialect if database.is_sqlite else PunctualConnection

    def refuse(*_: object, **__: object) -> None:
        raise dialect.loaded_dbapi.OperationalError("the database is away")

    database.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opens_connections, "connect", refuse)
        yield


@contextmanager
def redis_away(broker: Broker) -> Iterator[None]:
    """Redis or fakeredis cannot be reached in this block: neither by the connections threads keep nor by those of pipelines."""

    def refuse(_: object) -> None:
        raise ConnectionRefusedError(ECONNREFUSED, "Redis is away")

    broker.parts.stores.redis.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(broker.parts.stores.redis._pool.connection_class, "_connect", refuse)
        yield


Away = Callable[[Broker], AbstractContextManager[None]]

AWAY: MappingProxyType[str, Away] = MappingProxyType({"redis": redis_away, "sql": sql_away})
"""Both, by name."""
