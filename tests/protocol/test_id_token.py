"""ID tokens as another library reads them (OIDC Core 2, 3.1.3; A-13, A-16, A-21, JT-08)."""

from __future__ import annotations

import base64
import hashlib
import json

import jwt
import pytest

from broker.core.claim import HeldClaim
from broker.core.client import ClientClaim
from broker.core.trust import TrustLevel
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool

PROTOCOL = {"iss", "sub", "aud", "exp", "iat", "auth_time", "sid", "nonce", "acr", "at_hash"}


def test_a_16_everything_a_tool_needs_and_nothing_about_the_person(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool()
    answer = tool.redeems(broker_everywhere.browser().arrives(tool, scope="openid profile").code).get_json()

    claims = tool.verifies(answer["id_token"])

    assert claims.keys() == PROTOCOL
    assert claims["aud"] == tool.client.client_id, "a plain string, not a list"
    assert claims["nonce"] == tool.nonce
    assert claims["acr"] == TrustLevel.HIGH.acr
    assert claims["iat"] == int(broker_everywhere.clock().timestamp())
    assert claims["iat"] < claims["exp"] <= claims["iat"] + 3600
    assert claims["sub"] != tool.client.client_id


def test_the_header_names_a_published_key(broker: Broker, browser: Browser, tool: Tool) -> None:
    header = jwt.get_unverified_header(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])

    assert header.keys() == {"alg", "kid", "typ"}
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert header["kid"] in [key["kid"] for key in tool.gets("/jwks").get_json()["keys"]]


def test_jt_08_at_hash_fits_the_access_token(browser: Browser, tool: Tool) -> None:
    answer = tool.redeems(browser.arrives(tool).code).get_json()

    half = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
    assert tool.verifies(answer["id_token"])["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def test_es256_per_client(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(id_token_alg="ES256")
    token = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]

    assert tool.verifies(token, "ES256")["sub"]
    with pytest.raises(jwt.InvalidTokenError):
        tool.verifies(token, "RS256")


def test_without_nonce_none_is_invented(browser: Browser, tool: Tool) -> None:
    assert "nonce" not in tool.verifies(tool.redeems(browser.arrives(tool, nonce=None).code).get_json()["id_token"])


def test_amr_only_with_its_scope(browser: Browser, tool: Tool) -> None:
    token = tool.redeems(browser.arrives(tool, scope="openid assurance").code).get_json()["id_token"]

    assert tool.verifies(token)["amr"] == ["eid"]


def test_profile_claims_only_by_the_clients_switch(broker: Broker, browser: Browser) -> None:
    broker.hub.claims = {"given_name": HeldClaim("Erika", TrustLevel.HIGH)}
    tool = broker.tool(claims_in_id_token=True, claims=(ClientClaim("given_name", {"de": "Anrede"}),))

    claims = tool.verifies(tool.redeems(browser.arrives(tool, scope="openid profile").code).get_json()["id_token"])

    assert claims["given_name"] == "Erika"
    assert claims["preferred_username"]


def test_a_claim_asked_for_in_the_id_token_travels_there(browser: Browser, tool: Tool) -> None:
    asked = json.dumps({"id_token": {"nickname": None}})

    claims = tool.verifies(tool.redeems(browser.arrives(tool, scope="openid profile", claims=asked).code).get_json()["id_token"])

    assert claims["nickname"]
    assert "preferred_username" not in claims


def test_sid_is_stable_per_tool_and_differs_between_tools(broker: Broker, browser: Browser, tool: Tool) -> None:
    other = broker.tool("other")
    first = tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])["sid"]
    again = tool.verifies(tool.redeems(browser.opens(tool.url()).code).get_json()["id_token"])["sid"]
    elsewhere = other.redeems(browser.arrives(other).code).get_json()["id_token"]

    assert first == again
    assert other.verifies(elsewhere)["sid"] != first


def test_it_is_small_enough_to_travel_back_as_a_hint(browser: Browser, tool: Tool) -> None:
    assert len(tool.redeems(browser.arrives(tool).code).get_json()["id_token"]) < 1500
