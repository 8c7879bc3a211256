"""`verified_claims` over HTTP: announced, asked for, agreed to, told (OpenID Connect for Identity Assurance 1.0)."""

from __future__ import annotations

import json

import pytest

from broker.core.claim import HeldClaim
from broker.core.client import ClientClaim
from broker.core.trust import TrustLevel
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool

PURPOSE = {"de": "Anrede"}
ASKED = {"verified_claims": {"verification": {"trust_framework": {"value": "eidas"}}, "claims": {"given_name": None}}}


@pytest.fixture
def reading_tool(broker: Broker) -> Tool:
    """A tool that reads verified claims, and a citizen whose given name is proven and whose family name is not."""
    broker.hub.trust = TrustLevel.HIGH
    broker.hub.claims = {"given_name": HeldClaim("ERIKA", TrustLevel.HIGH), "family_name": HeldClaim("M", TrustLevel.BASIC)}
    names = ("given_name", "family_name", "verified_claims")
    return broker.tool(claims=tuple(ClientClaim(name, PURPOSE) for name in names))


def told(browser: Browser, tool: Tool, **asked: str) -> dict[str, object]:
    token = tool.redeems(browser.arrives(tool, **asked).code).get_json()["access_token"]
    answer: dict[str, object] = tool.asks_userinfo(token).get_json()
    return answer


@pytest.mark.parametrize(
    "asked", [{"scope": "openid profile assurance"}, {"scope": "openid profile", "claims": json.dumps({"userinfo": ASKED})}]
)
def test_what_is_proven_is_told_with_its_level(browser: Browser, reading_tool: Tool, asked: dict[str, str]) -> None:
    answer = told(browser, reading_tool, **asked)
    verified = answer["verified_claims"]
    assert isinstance(verified, dict)
    assert verified["claims"] == {"given_name": answer["given_name"]} == {"given_name": "ERIKA"}
    assert verified["verification"].keys() == {"trust_framework", "assurance_level", "time"}
    assert answer["family_name"] == "M"


def test_without_asking_there_is_none(browser: Browser, reading_tool: Tool) -> None:
    assert "verified_claims" not in told(browser, reading_tool, scope="openid profile")


def test_a_malformed_wish_is_refused_at_the_tool(browser: Browser, reading_tool: Tool) -> None:
    wish = {"userinfo": {"verified_claims": {"claims": {}}}}
    assert browser.opens(reading_tool.url(claims=json.dumps(wish))).answer["error"] == "invalid_request"


def test_it_is_announced(broker: Broker, tool: Tool) -> None:
    document = tool.gets("/.well-known/openid-configuration").get_json()
    assert document["verified_claims_supported"] is True
    assert document["trust_frameworks_supported"] == ["eidas"]
    assert {"given_name", "bp_resident_of"} <= set(document["claims_in_verified_claims_supported"])
    assert not {"email", "preferred_username", "birthdate"} & set(document["claims_in_verified_claims_supported"])
    assert "evidence_supported" not in document
