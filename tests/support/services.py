"""Real stores for tests: PostgreSQL and Redis on free ports, one of each per test process, started when first asked for.

Fixtures: `database` (SQLite, then PostgreSQL), `redis` (fakeredis, then Redis), `quick_database` and `quick_redis` (without any server).
Each test gets them empty and migrated. A missing program skips the test; in CI it fails it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_py

from broker.store.migrations import migrate
from broker.store.redis import Redis
from broker.store.sql import Database
from broker.store.tables import metadata
from tests.support.servers import PostgresqlServer, RedisServer, free_port, running

__all__ = ["PostgresqlServer", "RedisServer", "empty", "free_port", "migrate_at"]  # what other tests take from here


def migrate_at(url: str) -> None:
    """Make the tables in an empty database; no connection stays open (and no SQLite write-ahead log)."""
    database = Database(url)
    try:
        migrate(database)
    finally:
        database.dispose()


def empty(database: Database) -> None:
    """Delete every row."""
    with database.transaction() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


def _folder(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"broker-{name}-"))  # not pytest's: user postgres must be able to enter


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The Redis of this test process. Who freezes or kills it uses one of their own."""
    with running(RedisServer(_folder("redis"))) as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """The PostgreSQL of this test process, its tables migrated."""
    with running(PostgresqlServer(_folder("postgresql"))) as server:
        migrate_at(server.url)
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    migrate_at(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(request: pytest.FixtureRequest, database_url: str) -> Iterator[Database]:
    """An empty, migrated database; the test runs once on each kind."""
    opened = Database(database_url)
    if not opened.is_sqlite:
        empty(opened)
    yield opened
    opened.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of `database`, for tests that open it from several processes."""
    if request.param == "postgresql":
        server: PostgresqlServer = request.getfixturevalue("postgresql_server")
        return server.url
    return str(request.getfixturevalue("sqlite_url"))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty, migrated SQLite file of this test."""
    copy = shutil.copy(sqlite_template, tmp_path / "broker.sqlite")
    return f"sqlite:///{copy}"


@pytest.fixture
def quick_database(sqlite_url: str) -> Iterator[Database]:
    """An empty, migrated SQLite database."""
    opened = Database(sqlite_url)
    yield opened
    opened.dispose()


@pytest.fixture(params=["fakeredis", "redis"])
def redis(request: pytest.FixtureRequest) -> Iterator[Redis]:
    """An empty Redis; the test runs once on each kind."""
    if request.param == "fakeredis":
        opened = Redis.connect("fake://")
    else:
        server: RedisServer = request.getfixturevalue("redis_server")
        with redis_py.Redis.from_url(server.url) as client:
            client.flushall()
        opened = Redis.connect(server.url)
    yield opened
    opened.close()


@pytest.fixture
def quick_redis() -> Iterator[Redis]:
    """An empty fakeredis."""
    opened = Redis.connect("fake://")
    yield opened
    opened.close()
