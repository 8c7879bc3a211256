"""ID tokens as another library reads them (OIDC Core 2, 3.1.3; A-13, A-16, A-21, JT-08)."""

from __future__ import annotations

import base64
import hashlib
import json

import jwt
import pytest

from broker.core.claim import HeldClaim
from broker.core.client import ClientClaim
from broker.core.client_policy import SubjectType, TokenPolicy
from broker.core.errors import ConfigurationError
from broker.core.trust import TrustLevel
from broker.oidc.id_token import at_hash
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


@pytest.mark.parametrize(("algorithm", "digest"), [("RS256", "sha256"), ("ES256", "sha256"), ("PS256", "sha256"), ("Ed25519", "sha512")])
def test_jt_08_every_algorithm_per_client_and_at_hash_fits_it(broker: Broker, browser: Browser, algorithm: str, digest: str) -> None:
    tool = broker.tool(id_token_alg=algorithm)
    answer = tool.redeems(browser.arrives(tool).code).get_json()

    claims = tool.verifies(answer["id_token"], algorithm)

    whole = hashlib.new(digest, answer["access_token"].encode()).digest()
    assert claims["at_hash"] == base64.urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()
    assert jwt.get_unverified_header(answer["id_token"])["alg"] == algorithm, "Ed25519, not EdDSA (RFC 9864)"
    for other in {"RS256", "ES256", "PS256", "Ed25519"} - {algorithm}:
        with pytest.raises(jwt.InvalidAlgorithmError):
            tool.verifies(answer["id_token"], other)


def test_jt_08_an_unknown_algorithm_has_no_hash() -> None:
    with pytest.raises(KeyError):
        at_hash("token", "HS256")


def test_the_code_flow_has_no_c_hash_and_one_audience_needs_no_azp(browser: Browser, tool: Tool) -> None:
    claims = tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])

    assert not {"c_hash", "azp"} & claims.keys()


def test_the_audience_is_a_list_for_clients_that_need_one(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=TokenPolicy(audience_as_list=True))

    assert tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])["aud"] == [tool.client.client_id]


def test_auth_time_is_always_there_and_is_the_sign_ins(broker: Broker, browser: Browser, tool: Tool) -> None:
    tool.redeems(browser.arrives(tool).code)
    signed_in_at = int(broker.clock().timestamp())
    broker.clock.advance(minutes=7)

    claims = tool.verifies(tool.redeems(browser.opens(tool.url()).code).get_json()["id_token"])

    assert claims["auth_time"] == signed_in_at
    assert claims["iat"] == signed_in_at + 420


def test_without_nonce_none_is_invented(browser: Browser, tool: Tool) -> None:
    assert "nonce" not in tool.verifies(tool.redeems(browser.arrives(tool, nonce=None).code).get_json()["id_token"])


def test_amr_only_with_its_scope(browser: Browser, tool: Tool) -> None:
    token = tool.redeems(browser.arrives(tool, scope="openid assurance").code).get_json()["id_token"]

    assert tool.verifies(token)["amr"] == ["eid"]
    without = tool.redeems(browser.opens(tool.url(scope="openid")).code).get_json()["id_token"]
    assert "amr" not in tool.verifies(without)


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


def test_a_13_a_subject_is_short_ascii_and_no_clients_id(broker: Broker, browser: Browser, tool: Tool) -> None:
    sub = tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])["sub"]

    assert 0 < len(sub) <= 255
    assert sub.isascii()
    assert broker.parts.stores.clients.find(sub) is None
    with pytest.raises(ConfigurationError, match="subject of somebody's ID tokens"):
        broker.tool(sub)
    assert broker.parts.stores.clients.find(sub) is None


def test_public_subjects_are_the_same_at_all_tools_that_have_them_and_at_no_other(broker: Broker, browser: Browser) -> None:
    public = [broker.tool(name, subject_type=SubjectType.PUBLIC) for name in ("one", "two")]
    pairwise = broker.tool("three")
    namesake = broker.tool("four", sector="public")
    tokens = [tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"]) for tool in (*public, pairwise, namesake)]

    subs = [token["sub"] for token in tokens]

    assert subs[0] == subs[1]
    assert len(set(subs)) == 3
    again = broker.browser()
    assert public[0].verifies(public[0].redeems(again.arrives(public[0]).code).get_json()["id_token"])["sub"] == subs[0]


def test_a_public_subject_is_the_same_in_userinfo(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(subject_type=SubjectType.PUBLIC)
    answer = tool.redeems(browser.arrives(tool, scope="openid profile").code).get_json()

    told = tool.asks_userinfo(answer["access_token"]).get_json()

    assert told["sub"] == tool.verifies(answer["id_token"])["sub"]
    assert told["preferred_username"]
