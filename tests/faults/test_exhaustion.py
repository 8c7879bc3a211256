"""A machine that is out of file descriptors or memory: an outage that passes, for nobody a refusal, and no process dies of it (F-35)."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from errno import EMFILE, ENFILE
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.app import SECRET, Broker
from tests.support.browser import Browser
from tests.support.servers import free_port, until
from tests.support.serving import process_at
from tests.support.tool import Tool

FILES = 64
IDLE = 150


@dataclass(frozen=True)
class Served:
    """`broker serve` with one process for requests, and very few file descriptors."""

    port: int
    process: subprocess.Popen[bytes]

    def answers(self, seconds: float = 30) -> int:
        """The status of a page."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=seconds)) as connection:
            connection.request("GET", "/logout", headers={"Host": f"localhost:{self.port}"})
            with connection.getresponse() as response:
                return response.status

    def workers(self) -> list[str]:
        """Ids of the processes that answer."""
        listed = ["ps", "-o", "pid=", "--ppid", str(self.process.pid)]
        return subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()


@pytest.fixture
def served(sqlite_url: str) -> Iterator[Served]:
    port = free_port()
    environment = {
        "BROKER_ISSUER": f"http://localhost:{port}",
        "BROKER_SECRET": SECRET,
        "BROKER_DATABASE_URL": sqlite_url,
        "BROKER_REDIS_URL": "fake://",
        "BROKER_HUB_ISSUER": "http://localhost:9/realms/citizens",
        "BROKER_HUB_CLIENT_SECRET": "hub-client-secret",
        "BROKER_PORT": str(port),
        "BROKER_METRICS_PORT": "0",
        "BROKER_WEB_WORKERS": "1",
    }
    with process_at([sys.executable, "-m", "broker", "serve"], port, _few_files, **environment) as process:
        yield Served(port, process)


def _few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


def test_f35_more_connections_than_files_wait_and_the_process_goes_on(served: Served) -> None:
    assert served.answers() == 200
    before = served.workers()
    open_at_rest = _open_files(before[0])
    with ExitStack() as idle:
        for _ in range(IDLE):
            idle.enter_context(socket.create_connection(("127.0.0.1", served.port), 5)).sendall(b"GET /logout HTTP/1.1\r\n")
        until(lambda: _open_files(before[0]) > open_at_rest + 5, 10, "connections to be taken")
    assert served.answers() == 200
    assert served.workers() == before
    assert len(before) == 1


def _open_files(pid: str) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


WANTS = {
    "memory": MemoryError(),
    "files": OSError(EMFILE, "Too many open files"),
    "files_of_all": OSError(ENFILE, "Too many open files in system"),
    "threads": RuntimeError("can't start new thread"),
}


@pytest.mark.parametrize("want", WANTS.values(), ids=WANTS)
def test_f35_what_the_machine_lacks_for_the_moment_is_an_outage_and_no_mistake(
    broker: Broker, browser: Browser, tool: Tool, monkeypatch: pytest.MonkeyPatch, want: Exception
) -> None:
    token = tool.redeems(browser.arrives(tool).code).get_json()["access_token"]

    def fails(*_: object) -> None:
        raise want

    with monkeypatch.context() as patch:
        patch.setattr(type(broker.parts.stores.access_tokens), "find", fails)
        patch.setattr(type(broker.parts.stores.session_register), "live", fails)
        told, page = tool.asks_userinfo(token), browser.opens("/account/sessions")

    assert (told.status_code, told.get_json()["error"]) == (503, "temporarily_unavailable")
    assert (page.response.status_code, page.error_code) == (503, "BP-503")
    assert told.headers["Retry-After"]
    assert tool.asks_userinfo(token).status_code == 200
