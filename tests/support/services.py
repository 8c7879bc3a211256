"""Real stores for tests: PostgreSQL and Redis on free ports, one of each per test process, started when first asked for.

Fixtures: `database` (SQLite, then PostgreSQL), `redis` (fakeredis, then Redis), `quick_database` and `quick_redis` (without any server).
Each test gets them empty and migrated. A missing program skips the test; in CI it fails it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest
import redis as redis_py

from broker.core.errors import StoreUnavailable
from broker.store.migrations import migrate
from broker.store.redis import Redis
from broker.store.sql import Database
from broker.store.tables import metadata

_POSTGRESQL_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


_S = TypeVar("_S", bound="Server")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until a condition holds; fails the test after a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s for: {what}")
        time.sleep(0.02)


class Server:
    """A program of ours that can be killed, frozen and brought back, at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        raise NotImplementedError

    @property
    def pid(self) -> int | None:
        """Of the main process, while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = self._launch()
        until(self._answers, 20, f"{type(self).__name__} to answer")

    def kill(self) -> None:
        """kill -9, children included."""
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait(10)
        self._process = None

    def freeze(self) -> None:
        """kill -STOP: it keeps its sockets and says nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """kill -CONT."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Stop it for good, from whatever state."""
        if self._process:
            self.thaw()
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._family():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def _family(self) -> list[int]:
        if not self._process:
            return []
        pid = self._process.pid
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
        return [pid, *map(int, listed.split())]

    def _launch(self) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError


class RedisServer(Server):
    """A redis-server that keeps nothing on disk."""

    @property
    def url(self) -> str:
        """redis://..."""
        return f"redis://127.0.0.1:{self.port}/0"

    def _launch(self) -> subprocess.Popen[bytes]:
        binary = shutil.which("redis-server") or missing("redis-server is not installed")
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        return subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _answers(self) -> bool:
        try:
            Redis.connect(self.url).ping()
        except StoreUnavailable:
            return False
        return True


class PostgresqlServer(Server):
    """A PostgreSQL cluster of its own; as root it runs as user postgres, because it refuses root."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._binaries = _postgresql_binaries()
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user, self._user)
        self._run_to_end("initdb", "--pgdata", self._data, "--auth", "trust", "--username", "broker", "--encoding", "UTF8", "--no-sync")

    @property
    def url(self) -> str:
        """The address of the database that always exists."""
        return f"postgresql://broker@127.0.0.1:{self.port}/postgres"

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run_to_end(self, program: str, *arguments: str) -> None:
        subprocess.run([str(self._binaries / program), *arguments], check=True, capture_output=True, user=self._user, cwd=self.folder)

    def _launch(self) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": 60,
        }
        options = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        command = [str(self._binaries / "postgres"), "-D", self._data, *options]
        Path(self._data, "postmaster.pid").unlink(missing_ok=True)  # left behind by kill -9
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=self._user, cwd=self.folder)

    def _answers(self) -> bool:
        database = Database(self.url)
        try:
            database.ping()
        except StoreUnavailable:
            return False
        finally:
            database.dispose()
        return True


@contextmanager
def running(server: _S) -> Iterator[_S]:
    """A server that is started for a block and gone after it, whatever happened."""
    try:
        server.start()
        yield server
    finally:
        server.stop()


def migrate_at(url: str) -> None:
    """Make the tables in an empty database; no connection stays open (and no SQLite write-ahead log)."""
    database = Database(url)
    try:
        migrate(database)
    finally:
        database.dispose()


def missing(what: str) -> NoReturn:
    """Skip this test for want of a program; in CI nothing is skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI skips nothing")
    pytest.skip(what)


def empty(database: Database) -> None:
    """Delete every row."""
    with database.transaction() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


def _postgresql_binaries() -> Path:
    if on_path := shutil.which("initdb"):
        return Path(on_path).parent
    found = sorted(path for pattern in _POSTGRESQL_FOLDERS for path in Path("/").glob(pattern[1:]) if (path / "initdb").exists())
    return found[-1] if found else missing("PostgreSQL is not installed")


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
