"""Client assertions and what they hang on: keys at an address, the database, and what is written about them (A-47, CL-02)."""

from __future__ import annotations

import json
import socket
import ssl
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker.core.client_policy import ClientKeys
from broker.core.errors import StoreUnavailable
from tests.protocol.test_client_auth import turned_away
from tests.support.app import Broker, closing, start
from tests.support.certificates import trusted_tls
from tests.support.clock import Clock
from tests.support.log import Log, written
from tests.support.signing import SigningKey, SigningTool, signing_tool
from tests.support.talking import document, listening, says


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """For a tool's server that this machine trusts."""
    return trusted_tls(tmp_path, monkeypatch)


@pytest.fixture
def signer(broker: Broker) -> SigningTool:
    """A tool with an ES256 key."""
    return signing_tool(broker)


def test_keys_at_an_address_can_be_changed_at_any_moment(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    published: dict[str, Any] = {"keys": [SigningKey().jwk]}
    monkeypatch.setattr(broker.parts.client_keys._fetched, "_fetch", lambda url, largest_bytes: json.dumps(published).encode())
    signer = signing_tool(broker, keys=ClientKeys(jwks_uri="https://tool.test/keys"))
    assert signer.redeems("x").get_json()["error"] == "invalid_grant"
    newer = replace(signer, key=SigningKey("ES256", "second", 1))
    published["keys"] = [newer.key.jwk]
    assert newer.redeems("x").get_json()["error"] == "invalid_grant"
    assert turned_away(signer.redeems("x")), "the old key is gone"


def test_keys_are_fetched_from_where_the_tool_publishes_them(sqlite_url: str, clock: Clock, tls: ssl.SSLContext) -> None:
    """The whole way: name, judged address, TLS with the operator's own authority, key set, signature; and a change of keys."""
    published = [SigningKey().jwk]

    def publish(wire: socket.socket) -> None:
        wire.sendall(document(json.dumps({"keys": published}).encode()))

    with listening(publish, tls) as (port, heard), contextmanager(closing)(near_tools(sqlite_url, clock)) as broker:
        signer = signing_tool(broker, keys=ClientKeys(jwks_uri=f"https://localhost:{port}/keys"))
        assert signer.redeems("x").get_json()["error"] == "invalid_grant", "the client is known, the code is not"
        newer = replace(signer, key=SigningKey("ES256", "second", 1))
        published[:] = [newer.key.jwk]
        assert newer.redeems("x").get_json()["error"] == "invalid_grant"
    assert [request.split()[1] for request in heard] == [b"/keys", b"/keys"]


def test_op_01_keys_inside_our_own_network_are_not_fetched(sqlite_url: str, clock: Clock, tls: ssl.SSLContext) -> None:
    with listening(says(document(b"{}")), tls) as (port, heard), contextmanager(closing)(start(sqlite_url, "fake://", clock)) as broker:
        signer = signing_tool(broker, keys=ClientKeys(jwks_uri=f"https://localhost:{port}/keys"))
        assert signer.redeems("x").status_code == 503
        assert heard == []


def near_tools(sqlite_url: str, clock: Clock) -> Broker:
    """A broker that may fetch from this machine."""
    return start(sqlite_url, "fake://", clock, outbound_private_hosts="localhost")


def test_keys_that_cannot_be_had_are_an_outage(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.flows.outbound.socket.getaddrinfo", lambda *asked, **how: [])
    signer = signing_tool(broker, keys=ClientKeys(jwks_uri="https://tool.test/keys"))
    answer = signer.redeems("x")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "temporarily_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_database_that_is_away_is_an_outage(signer: SigningTool, monkeypatch: pytest.MonkeyPatch) -> None:
    signer.redeems("x")

    def away(*statement: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr("broker.store.prepared.Prepared.first", away)
    answer = signer.redeems("x")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "temporarily_unavailable")


def test_nothing_of_an_assertion_is_logged(signer: SigningTool, log: Log) -> None:
    assertion = signer.assertion(aud="https://elsewhere.test")
    assert turned_away(signer.redeems("x", assertion))
    text = written(log)
    assert "client assertion refused" in text
    assert not any(part in text for part in assertion.split("."))
