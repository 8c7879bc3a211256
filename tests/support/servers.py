"""Programs that tests start for themselves, on free ports: PostgreSQL and Redis. They can be frozen, killed and brought back."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn, TypeVar

import pytest

from broker.core.errors import StoreUnavailable
from broker.store.redis import Redis
from broker.store.sql import Database

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

    settings: tuple[str, ...] = ("--save", "", "--appendonly", "no")

    @property
    def url(self) -> str:
        """redis://..."""
        return f"redis://127.0.0.1:{self.port}/0"

    def _launch(self) -> subprocess.Popen[bytes]:
        binary = shutil.which("redis-server") or missing("redis-server is not installed")
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), *self.settings]
        return subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _answers(self) -> bool:
        try:
            Redis.connect(self.url).ping()
        except StoreUnavailable:
            return False
        return True


class PostgresqlServer(Server):
    """A PostgreSQL cluster of its own; as root it runs as user postgres, because it refuses root."""

    settings: Mapping[str, str] = MappingProxyType({"fsync": "off"})

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

    def limit_files(self, size: int | None) -> None:
        """No file of it grows beyond so many bytes; None: as they like. PostgreSQL takes this for a full disk (its postmaster ignores
        SIGXFSZ for that purpose), and unlike a small disk it needs no right to mount one. Below 16 MiB it could not write its log."""
        for pid in self._family():
            limit = "unlimited" if size is None else size
            subprocess.run(["prlimit", "--pid", str(pid), f"--fsize={limit}:"], check=True, capture_output=True, user=self._user)

    def program(self, name: str) -> Path:
        """Another program of the same PostgreSQL, for example pg_dump."""
        return (self._binaries / "initdb").resolve().parent / name

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
            "max_connections": 60,
            **self.settings,
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


def missing(what: str) -> NoReturn:
    """Skip this test for want of a program; in CI nothing is skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI skips nothing")
    pytest.skip(what)


def _postgresql_binaries() -> Path:
    if on_path := shutil.which("initdb"):
        return Path(on_path).parent
    found = sorted(path for pattern in _POSTGRESQL_FOLDERS for path in Path("/").glob(pattern[1:]) if (path / "initdb").exists())
    return found[-1] if found else missing("PostgreSQL is not installed")
