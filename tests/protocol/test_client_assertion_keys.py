"""Client assertions and what they hang on: keys at an address, the database, and what is written about them (A-47, CL-02)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from broker.core.client_policy import ClientKeys
from broker.core.errors import StoreUnavailable
from tests.protocol.test_client_auth import turned_away
from tests.support.app import Broker
from tests.support.signing import SigningKey, SigningTool, signing_tool


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


def test_nothing_of_an_assertion_is_logged(signer: SigningTool, capsys: pytest.CaptureFixture[str]) -> None:
    assertion = signer.assertion(aud="https://elsewhere.test")
    assert turned_away(signer.redeems("x", assertion))
    written = "".join(capsys.readouterr())
    assert "client assertion refused" in written
    assert not any(part in written for part in assertion.split("."))
