"""Cookies that others heaped up or planted: a page that says what helps, no dead process, nobody else's session (SE-08, A-33)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path

import pytest

from broker.config import ROOT
from tests.support.app import SECRET
from tests.support.servers import free_port, missing
from tests.support.serving import process_at

NGINX = Path("/usr/sbin/nginx")
BOMB = "; ".join(f"junk{number}={'x' * 4000}" for number in range(60))
WEIGHTY = "; ".join(f"junk{number}={'x' * 4000}" for number in range(3))


@pytest.fixture(scope="module")
def ports(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The broker as `broker serve` starts it, and nginx with our configuration in front of it."""
    if not NGINX.exists():
        missing("nginx is not installed (Debian: apt install nginx)")
    found, folder = {"gunicorn": free_port(), "nginx": free_port()}, tmp_path_factory.mktemp("nginx")
    database = tmp_path_factory.mktemp("broker") / "broker.sqlite"
    database.write_bytes(sqlite_template.read_bytes())
    with ExitStack() as stack:
        serve = [sys.executable, "-m", "broker", "serve"]
        stack.enter_context(process_at(serve, found["gunicorn"], **_settings(database, found)))
        stack.enter_context(process_at([str(NGINX), "-p", str(folder), "-c", str(_configuration(folder, found))], found["nginx"]))
        yield found


def _settings(database: Path, ports: dict[str, int]) -> dict[str, str]:
    return {
        "BROKER_ISSUER": f"http://localhost:{ports['nginx']}",
        "BROKER_SECRET": SECRET,
        "BROKER_DATABASE_URL": f"sqlite:///{database}",
        "BROKER_REDIS_URL": "fake://",
        "BROKER_HUB_ISSUER": "http://localhost:9/realms/citizens",
        "BROKER_HUB_CLIENT_SECRET": "hub-client-secret",
        "BROKER_PORT": str(ports["gunicorn"]),
        "BROKER_METRICS_PORT": "0",
        "BROKER_WEB_WORKERS": "1",
    }


def _configuration(folder: Path, ports: dict[str, int]) -> Path:
    """Ours, at free ports and without any folder of the system's."""
    headers, proxy = (ROOT / "deploy" / "proxy-headers.conf"), (ROOT / "deploy" / "proxy.conf").read_text(encoding="utf-8")
    proxy = proxy.replace("listen 8000", f"listen 127.0.0.1:{ports['nginx']}").replace("127.0.0.1:8001", f"127.0.0.1:{ports['gunicorn']}")
    proxy = proxy.replace("/etc/nginx/broker-headers.conf", str(headers))
    kinds = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n"
        f"events {{}}\nhttp {{ access_log off;\n{kinds}\n{proxy}\n}}\n",
        encoding="utf-8",
    )
    return path


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    text: str


def _asks(port: int, issuer_port: int, cookie: str = "") -> Answer:
    headers = {"Host": f"localhost:{issuer_port}", **({"Cookie": cookie} if cookie else {})}
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", "/logout", headers=headers)
        with connection.getresponse() as response:
            return Answer(response.status, response.headers, response.read().decode())


def test_se08_behind_nginx_a_bomb_gets_a_page_that_says_what_helps(ports: dict[str, int]) -> None:
    answer = _asks(ports["nginx"], ports["nginx"], BOMB)

    assert answer.status == 431
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "löschen Sie die Cookies" in answer.text
    assert "delete the cookies" in answer.text
    assert answer.headers["Set-Cookie"] is None, "nothing is taken from whoever is signed in (SE-06)"


def test_se08_a_bomb_that_reaches_the_broker_is_refused_and_leaves_it_well(ports: dict[str, int]) -> None:
    assert _asks(ports["gunicorn"], ports["nginx"], BOMB).status in (400, 431)
    assert _asks(ports["gunicorn"], ports["nginx"]).status == 200


@pytest.mark.parametrize("door", ["nginx", "gunicorn"])
def test_se08_what_other_sites_usually_set_does_not_keep_anybody_out(ports: dict[str, int], door: str) -> None:
    assert _asks(ports[door], ports["nginx"], WEIGHTY).status == 200
