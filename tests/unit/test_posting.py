"""Posting to registered addresses: never into our own network, never for long (A-45, A-46; OP-01 to OP-04, LO-06)."""

from __future__ import annotations

import socket
import time

import pytest

from broker.flows import outbound
from broker.flows.outbound import OutboundFailed
from broker.flows.posting import Posting
from tests.support.talking import Talk, listening, says, silence, trickle


def quick() -> Posting:
    """A new one: it remembers what names mean."""
    return Posting(connect_seconds=0.5, total_seconds=0.5)


def fails(url: str, by: Posting | None = None) -> str:
    with pytest.raises(OutboundFailed) as caught:
        (by or quick()).post(url, {"logout_token": "secret"})
    assert "secret" not in str(caught.value)
    return str(caught.value)


def test_the_status_is_what_counts() -> None:
    with listening(says(b"HTTP/1.1 204 No Content\r\n\r\n")) as (port, heard):
        assert quick().post(f"http://localhost:{port}/logout?x=1", {"logout_token": "a b+c"}) == 204
    request = heard[0].decode()
    assert request.startswith("POST /logout?x=1 HTTP/1.1\r\n")
    assert f"Host: localhost:{port}\r\n" in request
    assert request.endswith("logout_token=a+b%2Bc")


def test_redirects_are_not_followed_op_03() -> None:
    with listening(says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")) as (port, heard):
        assert quick().post(f"http://127.0.0.1:{port}/", {}) == 302
        assert len(heard) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://tool.example/logout",
        "https://user@tool.example/logout",
        "ftp://localhost/x",
        "javascript:alert(1)",
        "https:///x",
        "http://localhost.evil.test/",
    ],
)
def test_other_kinds_of_addresses_are_not_posted_to(url: str) -> None:
    assert fails(url) in ("address", "connection")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.7",
        "172.16.5.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:10.0.0.7",
        "2002:0a00:0007::",
        "64:ff9b::10.0.0.7",
    ],
)
def test_a_name_that_leads_into_a_private_network_is_refused_op_02(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    reached: list[object] = []
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", (address, 443))])
    monkeypatch.setattr(outbound.socket, "create_connection", lambda *a, **k: reached.append(a))
    assert fails("https://tool.example/logout") == "address"
    assert reached == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(0, 0, 0, "", ("93.184.215.14", 443)), (0, 0, 0, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *a, **k: both)
    assert fails("https://tool.example/logout") == "address"


def test_the_connection_goes_to_the_address_that_was_judged_op_02(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[object] = []

    def connect(address: object, timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("93.184.215.14", 443))])
    monkeypatch.setattr(outbound.socket, "create_connection", connect)
    assert fails("https://tool.example/logout") == "connection"
    assert connected == [("93.184.215.14", 443)]


def test_a_private_host_on_the_list_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as (port, _):
        monkeypatch.setattr(
            outbound.socket, "getaddrinfo", lambda *a, **k: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        )
        assert Posting(("tool.townhall.internal",)).post(f"http://tool.townhall.internal:{port}/", {}) == 200


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x16\x03\x01\x00"])
def test_garbage_is_no_answer(answer: bytes) -> None:
    with listening(says(answer)) as (port, _):
        assert fails(f"http://127.0.0.1:{port}/") == "connection"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert fails(f"http://127.0.0.1:{port}/") == "connection"


@pytest.mark.parametrize("talk", [silence, trickle])
def test_a_slow_tool_is_cut_off_at_the_deadline_op_04(talk: Talk) -> None:
    with listening(talk) as (port, _):
        began = time.monotonic()
        assert fails(f"http://127.0.0.1:{port}/") == "timeout"
        assert time.monotonic() - began < 5


def test_a_name_is_looked_up_once_in_a_while_and_judged_each_time_op_02(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def look_up(*question: object, **_: object) -> list[object]:
        asked.append(question)
        return [(0, 0, 0, "", ("10.0.0.1", 443))]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", look_up)
    posting = quick()
    assert [fails("https://tool.example/logout", posting) for _ in range(3)] == ["address"] * 3
    assert len(asked) == 1
    assert fails("https://tool.example/logout") == "address"
    assert len(asked) == 2
