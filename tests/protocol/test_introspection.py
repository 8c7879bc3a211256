"""Introspection: what an authenticated client learns about a token, and that of foreign ones it learns nothing (RFC 7662, RFC 9701)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jwt
import pytest

from broker.core.client_policy import AuthMethod, TokenPolicy
from broker.core.errors import StoreUnavailable
from tests.protocol.test_code import refused
from tests.protocol.test_refresh_token import SCOPES, WITH_SESSION, refreshed, tokens_of
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool

API = "https://api.test/v1"
INACTIVE = {"active": False}


@pytest.fixture
def tool(broker: Broker) -> Tool:
    """A tool that may use an API."""
    return broker.tool(tokens=replace(WITH_SESSION, resources=(API,)), scopes=SCOPES)


@pytest.fixture
def api(broker: Broker) -> Tool:
    """That API: a tool too."""
    return broker.tool("api", tokens=TokenPolicy(resource=API))


def token_for_api(browser: Browser, tool: Tool) -> str:
    """An access token that the citizen gave for the API."""
    token: str = tokens_of(browser, tool, resource=API)["access_token"]
    return token


def test_a_tool_sees_all_of_its_own_access_token(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool()
    answer = tokens_of(broker_everywhere.browser(), tool, scope="openid profile")
    signed_in = tool.verifies(answer["id_token"])

    told = tool.introspects(answer["access_token"])

    now = int(broker_everywhere.clock().timestamp())
    assert told == {
        "active": True,
        "iss": broker_everywhere.issuer,
        "client_id": "karte",
        "sub": signed_in["sub"],
        "scope": "openid profile",
        "auth_time": signed_in["auth_time"],
        "acr": signed_in["acr"],
        "token_type": "Bearer",
        "iat": now,
        "exp": now + 600,
        "aud": broker_everywhere.issuer,
    }


def test_a_refresh_token_is_its_own_tools_matter(browser: Browser, tool: Tool, api: Tool) -> None:
    first = tokens_of(browser, tool, resource=API)["refresh_token"]

    told = tool.introspects(first)

    assert told["active"] is True
    assert told["client_id"] == "karte"
    assert "token_type" not in told
    assert api.introspects(first) == INACTIVE
    second = refreshed(tool, first)["refresh_token"]
    assert tool.introspects(first) == INACTIVE, "it is used"
    assert tool.introspects(second)["active"] is True


def test_an_api_sees_tokens_that_are_for_it(browser: Browser, tool: Tool, api: Tool) -> None:
    own = tokens_of(browser, tool)["access_token"]

    told = api.introspects(token_for_api(browser, tool))

    assert (told["active"], told["aud"], told["client_id"]) == (True, API, "karte")
    assert api.introspects(own) == INACTIVE


def test_rt_09_a_foreign_token_is_not_active(broker: Broker, browser: Browser, tool: Tool, api: Tool) -> None:
    stranger = broker.tool("stranger")
    answer = tokens_of(browser, tool)

    assert stranger.introspects(answer["access_token"]) == INACTIVE
    assert stranger.introspects(answer["refresh_token"]) == INACTIVE
    assert stranger.introspects(token_for_api(browser, tool)) == INACTIVE


def test_rt_09_nobody_is_answered_without_proof(broker: Broker, browser: Browser, tool: Tool) -> None:
    token = tokens_of(browser, tool)["access_token"]
    client = broker.app.test_client()
    public = broker.tool("app", auth_method=AuthMethod.NONE)

    anonymous = client.post("/introspect", base_url=broker.issuer, data={"token": token})
    named = client.post("/introspect", base_url=broker.issuer, data={"token": token, "client_id": "karte"})
    wrong = client.post("/introspect", base_url=broker.issuer, data={"token": token}, headers=tool.basic(secret="x" * 43))

    for response in (anonymous, named, wrong, public.calls("/introspect", {"token": token})):
        assert refused(response, "invalid_client", 401)
        assert response.headers["WWW-Authenticate"]


def test_only_a_post_with_a_token_is_answered(tool: Tool) -> None:
    assert refused(tool.gets("/introspect?token=x", tool.basic()), "invalid_request", 405)
    assert refused(tool.calls("/introspect", {}), "invalid_request")
    assert tool.introspects("x" * 20_000) == INACTIVE


def test_rt_11_part_of_a_token_is_none(browser: Browser, tool: Tool) -> None:
    token = tokens_of(browser, tool)["access_token"]
    for changed in (token[:-1], token + "A", token.swapcase(), token[1:], f"{token} ", f"{token}.", "x" * 80 + token, "at+jwt " + token):
        assert tool.introspects(changed) == INACTIVE


@pytest.mark.parametrize("end", ["time", "sign-out", "consent", "code again", "citizen ID", "revoked"])
def test_a_token_that_died_is_not_active(broker: Broker, browser: Browser, tool: Tool, end: str) -> None:
    code = browser.arrives(tool).code
    token = tool.redeems(code).get_json()["access_token"]
    session = broker.session_of(browser)
    ends: dict[str, Any] = {
        "time": lambda: broker.clock.advance(minutes=10),
        "sign-out": lambda: browser.presses(browser.opens("/logout"), "logout-confirm"),
        "consent": lambda: broker.parts.stores.consents.withdraw(session.subject_id, "karte"),
        "code again": lambda: tool.redeems(code),
        "citizen ID": lambda: broker.parts.stores.providers.replace_all([]),
        "revoked": lambda: tool.revokes(token),
    }
    assert tool.introspects(token)["active"] is True
    ends[end]()

    assert tool.introspects(token) == INACTIVE


def test_rt_12_other_kinds_of_tokens_are_not_active(browser: Browser, tool: Tool) -> None:
    stop = browser.arrives(tool)
    assert tool.introspects(stop.code) == INACTIVE
    answer = tool.redeems(stop.code).get_json()
    assert tool.introspects(answer["id_token"]) == INACTIVE


def test_an_outage_is_told_as_one(broker: Broker, browser: Browser, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens_of(browser, tool)["access_token"]

    def away(access_hash: str) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(broker.parts.stores.access_tokens, "find", away)
    for response in (tool.calls("/introspect", {"token": token}), tool.revokes(token)):
        assert (response.status_code, "Retry-After" in response.headers) == (503, True)


def test_rfc_9701_the_answer_may_be_signed_for_the_caller(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(id_token_alg="ES256")
    token = tokens_of(browser, tool)["access_token"]
    accept = {"Accept": "application/token-introspection+jwt"}

    response = tool.calls("/introspect", {"token": token}, accept)

    assert response.mimetype == "application/token-introspection+jwt"
    signed = response.get_data(as_text=True)
    header = jwt.get_unverified_header(signed)
    assert (header["typ"], header["alg"]) == ("token-introspection+jwt", "ES256")
    key = next(jwt.PyJWK(one) for one in tool.gets("/jwks").get_json()["keys"] if one["kid"] == header["kid"])
    claims = jwt.decode(signed, key, ["ES256"], audience="karte", issuer=broker.issuer, options={"verify_iat": False})
    assert claims["token_introspection"] == tool.introspects(token)
    assert claims.keys() == {"iss", "aud", "iat", "token_introspection"}
    assert tool.asks_userinfo(signed).status_code == 401
