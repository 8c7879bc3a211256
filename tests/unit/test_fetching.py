"""Fetching from addresses that tools registered: https only, public only, small, quick, and silent about why not (A-46; OP-01 to OP-04)."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from broker.flows import outbound
from broker.flows.fetching import FetchFailed, Fetching
from tests.support.certificates import certified, named, trusted_tls
from tests.support.talking import Talk, document, flood, listening, says, silence, trickle

QUICK = Fetching(("localhost", "127.0.0.1"), connect_seconds=0.5, total_seconds=0.5)
TRUSTING_NOBODY = Fetching((), connect_seconds=0.5, total_seconds=0.5)


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server needs whose authority the broker's machine trusts, as an operator's own authority would be."""
    return trusted_tls(tmp_path, monkeypatch)


def fails(url: str, by: Fetching = QUICK, largest_bytes: int = 1000) -> str:
    """Why, for the log; what others are told is always the same."""
    with pytest.raises(FetchFailed) as caught:
        by.get(url, largest_bytes)
    assert str(caught.value) == "the address could not be fetched"
    return caught.value.reason


def test_a_document_is_fetched(tls: ssl.SSLContext) -> None:
    with listening(says(document(b'{"keys": []}')), tls) as (port, heard):
        assert QUICK.get(f"https://localhost:{port}/keys?x=1", 1000) == b'{"keys": []}'
    request = heard[0].decode()
    assert request.startswith("GET /keys?x=1 HTTP/1.1\r\n")
    assert f"Host: localhost:{port}\r\n" in request
    assert "Cookie" not in request


def test_a_certificate_of_nobody_we_trust_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified(named(COMMON_NAME="localhost")).saved(tmp_path))
    with listening(says(document(b"{}")), context) as (port, heard):
        assert fails(f"https://localhost:{port}/") == "tls"
        assert heard == []


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/keys",
        "http://tool.example/keys",
        "https://user@localhost/keys",
        "gopher://localhost/",
        "file:///etc/passwd",
        "ftp://localhost/",
        "data:application/json,{}",
        "//localhost/keys",
        "https://",
        "https:///keys",
        "https://[::1",
        "https://localhost:99999/",
        "https://locälhost\x00/",
    ],
)
def test_op_01_only_https_is_fetched(url: str) -> None:
    assert fails(url) in ("address", "connection")


INTERNAL = [
    "127.0.0.1",
    "localhost",
    "10.0.0.7",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "0",
    "2130706433",
    "0x7f000001",
    "127.1",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fd00::1]",
    "[::ffff:10.0.0.7]",
    "[2002:0a00:0007::]",
    "[64:ff9b::10.0.0.7]",
]


@pytest.mark.parametrize("host", INTERNAL)
def test_op_01_an_internal_address_is_refused_in_every_spelling(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[object] = []
    monkeypatch.setattr(outbound.socket, "create_connection", lambda *a, **k: reached.append(a))
    assert fails(f"https://{host}/keys", TRUSTING_NOBODY) in ("address", "connection")
    with pytest.raises(FetchFailed):
        TRUSTING_NOBODY.check(f"https://{host}/keys")
    assert reached == []


def test_op_02_a_name_that_changes_from_public_to_loopback_is_refused(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(says(document(b"{}")), tls) as (port, heard):
        answers = iter(["93.184.215.14", "127.0.0.1"])
        monkeypatch.setattr(
            outbound.socket, "getaddrinfo", lambda *a, **k: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]
        )
        TRUSTING_NOBODY.check(f"https://tool.example:{port}/keys")
        assert fails(f"https://tool.example:{port}/keys", TRUSTING_NOBODY) == "address"
        assert heard == []


def test_op_03_a_redirect_is_not_followed(tls: ssl.SSLContext) -> None:
    with listening(says(document(b"{}")), tls) as (inner, reached):
        away = document(b"", "302 Found", Location=f"https://127.0.0.1:{inner}/")
        with listening(says(away), tls) as (port, heard):
            assert fails(f"https://localhost:{port}/") == "status 302"
            assert (len(heard), reached) == (1, [])


@pytest.mark.parametrize("talk", [silence, trickle])
def test_op_04_a_slow_server_is_cut_off_at_the_deadline_also_inside_tls(tls: ssl.SSLContext, talk: Talk) -> None:
    with listening(talk, tls) as (port, _):
        began = time.monotonic()
        assert fails(f"https://localhost:{port}/") == "timeout"
        assert time.monotonic() - began < 3


def test_op_04_a_server_that_never_shakes_hands_is_cut_off(tls: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        began = time.monotonic()
        assert fails(f"https://localhost:{server.getsockname()[1]}/") == "timeout"
        assert time.monotonic() - began < 3


def test_op_04_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()

    def hang(*asked: object, **how: object) -> list[object]:
        given_up.wait(10)
        return []

    monkeypatch.setattr(outbound.socket, "getaddrinfo", hang)
    began = time.monotonic()
    assert fails("https://tool.example/") == "timeout"
    assert time.monotonic() - began < 3
    given_up.set()


def test_op_04_what_is_too_large_is_not_read(tls: ssl.SSLContext) -> None:
    with listening(says(document(b"x" * 1001)), tls) as (port, _):
        assert fails(f"https://localhost:{port}/") == "size"
    with listening(says(document(b"x" * 1000)), tls) as (port, _):
        assert len(QUICK.get(f"https://localhost:{port}/", 1000)) == 1000
    with listening(flood, tls) as (port, _):
        assert fails(f"https://localhost:{port}/") == "size"


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"])
def test_half_an_answer_is_none(tls: ssl.SSLContext, answer: bytes) -> None:
    with listening(says(answer), tls) as (port, _):
        assert fails(f"https://localhost:{port}/") == "connection"


@pytest.mark.parametrize("status", ["404 Not Found", "204 No Content", "500 Broken", "206 Partial Content"])
def test_only_200_is_an_answer(tls: ssl.SSLContext, status: str) -> None:
    with listening(says(document(b"{}" if "204" not in status else b"", status)), tls) as (port, _):
        assert fails(f"https://localhost:{port}/").startswith("status")


def test_op_04_closed_and_open_ports_are_told_apart_by_nobody(tls: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    with listening(says(b"SSH-2.0\r\n\r\n"), tls) as (open_port, heard):
        for port in (closed, open_port):
            assert fails(f"https://127.0.0.1:{port}/", TRUSTING_NOBODY) == "address"
    assert heard == [], "an internal port is not even knocked at"
