"""Access tokens for APIs: whom they are for, their JWT form, and what userinfo takes (RFC 8707, RFC 9068, A-09, A-23)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jwt
import pytest

from broker.core.client_policy import TokenPolicy
from broker.core.consent import Consent
from broker.core.ids import new_id
from tests.protocol.test_code import refused
from tests.protocol.test_refresh_token import SCOPES, WITH_SESSION, refreshed, tokens_of
from tests.protocol.test_userinfo import dead
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.log import Log, written
from tests.support.tool import Tool

MAP, COUNCIL = "https://map.test/api", "https://council.test/api"


@pytest.fixture
def apis(broker: Broker) -> dict[str, Tool]:
    """Two tools that are APIs."""
    return {uri: broker.tool(uri[8:11], name=f"API {uri[8:11]}", tokens=TokenPolicy(resource=uri)) for uri in (MAP, COUNCIL)}


@pytest.fixture
def tool(broker: Broker, apis: dict[str, Tool]) -> Tool:
    """A tool that may use both, with opaque tokens."""
    return broker.tool(tokens=replace(WITH_SESSION, resources=(MAP, COUNCIL)), scopes=SCOPES)


def decoded(tool: Tool, token: str, audience: str, algorithm: str = "RS256") -> dict[str, Any]:
    """The claims of a JWT access token, checked with another library as an API would (RFC 9068 4)."""
    header = jwt.get_unverified_header(token)
    assert (header["typ"], header["alg"]) == ("at+jwt", algorithm)
    key = next(jwt.PyJWK(one) for one in tool.gets("/jwks").get_json()["keys"] if one["kid"] == header["kid"])
    options: Any = {"require": ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"], "verify_exp": False, "verify_iat": False}
    claims: dict[str, Any] = jwt.decode(token, key, [algorithm], audience=audience, issuer=tool.issuer, options=options)
    return claims


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_jwt_says_all_that_rfc_9068_wants(broker: Broker, browser: Browser, algorithm: str) -> None:
    tool = broker.tool(tokens=replace(WITH_SESSION, access_token_jwt=True), id_token_alg=algorithm)
    answer = tokens_of(browser, tool, scope="openid profile")
    signed_in = tool.verifies(answer["id_token"], algorithm)

    claims = decoded(tool, answer["access_token"], broker.issuer, algorithm)

    now = int(broker.clock().timestamp())
    assert claims.pop("jti")
    assert claims == {
        "iss": broker.issuer,
        "sub": signed_in["sub"],
        "aud": broker.issuer,
        "client_id": "karte",
        "iat": now,
        "exp": now + 600,
        "scope": "openid profile",
        "auth_time": signed_in["auth_time"],
        "acr": signed_in["acr"],
    }
    assert tool.asks_userinfo(answer["access_token"]).status_code == 200


def test_a_jwt_can_be_revoked_introspected_and_refreshed_like_any_other(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=replace(WITH_SESSION, access_token_jwt=True), id_token_alg="ES256")
    first = tokens_of(browser, tool)
    second = refreshed(tool, first["refresh_token"])
    again = refreshed(tool, first["refresh_token"])

    jtis = {decoded(tool, one["access_token"], broker.issuer, "ES256")["jti"] for one in (second, again)}
    assert len(jtis) == 1, "the same token, whatever its signature"
    assert tool.introspects(again["access_token"])["active"] is True
    tool.revokes(second["access_token"])
    assert tool.introspects(again["access_token"]) == {"active": False}
    assert dead(tool.asks_userinfo(again["access_token"]))
    assert tool.asks_userinfo(first["access_token"]).status_code == 200


def test_rt_11_a_jwt_is_none_in_part_and_its_jti_is_no_token(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=replace(WITH_SESSION, access_token_jwt=True))
    token = tokens_of(browser, tool)["access_token"]
    head, body, signature = token.split(".")
    jti = decoded(tool, token, broker.issuer)["jti"]

    for changed in (f"{head}.{body}.", f"{head}.{body}", f"{head}.{body}.{signature[:-4]}", body, jti, f"at+jwt {jti}", f"{token}.x"):
        assert dead(tool.asks_userinfo(changed)), changed
        assert tool.introspects(changed) == {"active": False}


def test_an_api_is_named_before_it_is_given(browser: Browser, tool: Tool) -> None:
    page = browser.signs_in(browser.opens(f"{tool.url(resource=MAP)}&resource={COUNCIL}"))

    assert 'id="apis"' in page.text
    assert "API map" in page.text
    assert "API cou" in page.text


def test_an_api_more_is_asked_about_again(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool, resource=MAP)

    assert browser.opens(tool.url(resource=MAP, prompt="none")).code
    assert browser.opens(tool.url(prompt="none")).code
    assert browser.opens(tool.url(resource=COUNCIL, prompt="none")).answer["error"] == "consent_required"
    assert 'id="consent-allow"' in browser.opens(tool.url(resource=COUNCIL)).text


def test_a_token_is_for_the_apis_that_were_asked_for(browser: Browser, tool: Tool, apis: dict[str, Tool]) -> None:
    answer = tool.redeems(browser.arrives_at(f"{tool.url(resource=MAP)}&resource={COUNCIL}").code).get_json()

    for api in apis.values():
        assert api.introspects(answer["access_token"])["aud"] == [MAP, COUNCIL]


def test_rt_12_a_token_for_one_api_is_none_for_the_other(browser: Browser, tool: Tool, apis: dict[str, Tool]) -> None:
    code = browser.arrives_at(f"{tool.url(resource=MAP)}&resource={COUNCIL}").code
    answer = tool.redeems(code, resource=MAP).get_json()

    assert apis[MAP].introspects(answer["access_token"])["aud"] == MAP
    assert apis[COUNCIL].introspects(answer["access_token"]) == {"active": False}

    other = refreshed(tool, answer["refresh_token"], resource=COUNCIL)
    assert apis[COUNCIL].introspects(other["access_token"])["aud"] == COUNCIL
    assert apis[MAP].introspects(other["access_token"]) == {"active": False}


def test_the_order_of_apis_says_nothing(browser: Browser, tool: Tool) -> None:
    code = browser.arrives_at(f"{tool.url(resource=MAP)}&resource={COUNCIL}").code
    form: Any = {"grant_type": "authorization_code", "code": code, "redirect_uri": tool.client.redirect_uris[0]}
    form |= {"code_verifier": tool.verifier, "resource": [COUNCIL, MAP]}

    answer = tool.calls_token(form, tool.basic()).get_json()

    assert tool.introspects(answer["access_token"])["aud"] == [MAP, COUNCIL]


def test_an_api_that_was_not_asked_for_is_an_invalid_target(browser: Browser, tool: Tool) -> None:
    code = browser.arrives(tool, resource=MAP).code

    assert refused(tool.redeems(code, resource=COUNCIL), "invalid_target")


def test_a_tool_without_apis_may_name_what_it_likes(browser: Browser, broker: Broker) -> None:
    plain = broker.tool("plain")

    answer = plain.redeems(browser.arrives(plain, resource="https://any.test").code, resource="https://any.test").get_json()

    assert plain.asks_userinfo(answer["access_token"]).status_code == 200


def test_rt_12_a_token_for_an_api_is_none_for_userinfo(browser: Browser, tool: Tool) -> None:
    answer = tokens_of(browser, tool, resource=MAP)

    assert dead(tool.asks_userinfo(answer["access_token"]))


def test_rt_12_no_other_token_of_ours_is_an_access_token(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=replace(WITH_SESSION, access_token_jwt=True))
    answer = tokens_of(browser, tool)
    claims = decoded(tool, answer["access_token"], broker.issuer)
    keys = broker.parts.keys

    assert dead(tool.asks_userinfo(answer["id_token"]))
    assert dead(tool.asks_userinfo(answer["refresh_token"]))
    for typ in ("JWT", "logout+jwt", "dpop+jwt", "oauth-authz-req+jwt", "token-introspection+jwt", "AT+JWT", ""):
        assert dead(tool.asks_userinfo(keys.sign(claims, typ, "RS256"))), typ
    assert tool.asks_userinfo(keys.sign(claims, "at+jwt", "RS256")).status_code == 200, "the measure itself"


def test_rt_14_a_token_in_the_query_is_no_token_and_in_no_log(browser: Browser, broker: Broker, log: Log) -> None:
    tool = broker.tool("plain")
    token = tokens_of(browser, tool)["access_token"]
    log.clear()

    response = tool.gets(f"/userinfo?access_token={token}")

    assert (response.status_code, response.headers["WWW-Authenticate"].split()[0]) == (401, "Bearer")
    logged = written(log)
    assert "/userinfo" in logged
    assert token not in logged


def test_rt_15_userinfo_is_about_the_tokens_owner_whatever_was_hinted(broker: Broker) -> None:
    tool, erika, max_ = broker.tool("plain"), broker.browser(), broker.browser()
    of_erika = tokens_of(erika, tool)
    broker.hub.person = "max"
    of_max = tokens_of(max_, tool)
    erikas = tool.verifies(of_erika["id_token"])["sub"]

    told = tool.gets(f"/userinfo?sub={erikas}", {"Authorization": f"Bearer {of_max['access_token']}"}).get_json()

    assert told["sub"] == tool.verifies(of_max["id_token"])["sub"] != erikas


def test_rt_15_claims_follow_the_newest_decision(broker: Broker, browser: Browser) -> None:
    tool = broker.tool("plain", tokens=WITH_SESSION)
    answer = tokens_of(browser, tool, scope="openid profile")
    assert "preferred_username" in tool.asks_userinfo(answer["access_token"]).get_json()
    stores, citizen = broker.parts.stores, broker.session_of(browser).subject_id
    agreed = stores.consents.find(citizen, "plain")
    assert agreed
    stores.consents.add(Consent(new_id(), citizen, "plain", agreed.scopes, frozenset(), agreed.text_version, broker.clock()))

    later = refreshed(tool, answer["refresh_token"])

    for token in (answer["access_token"], later["access_token"]):
        told = tool.asks_userinfo(token).get_json()
        assert told["sub"]
        assert not {"preferred_username", "nickname"} & told.keys()
