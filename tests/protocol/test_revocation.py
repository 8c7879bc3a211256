"""Revocation: a tool gives its tokens back, and only its own (RFC 7009, RT-13)."""

from __future__ import annotations

import pytest

from broker.core.client_policy import AuthMethod
from tests.protocol.test_code import refused
from tests.protocol.test_refresh_token import SCOPES, WITH_SESSION, refreshed, tokens_of
from tests.protocol.test_userinfo import dead
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool


@pytest.fixture
def tool(broker: Broker) -> Tool:
    """A tool with refresh tokens."""
    return broker.tool(tokens=WITH_SESSION, scopes=SCOPES)


@pytest.mark.parametrize("hint", ["refresh_token", "access_token", "nonsense"])
def test_rt_13_a_refresh_token_dies_with_family_and_access_tokens(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    first = tokens_of(browser, tool)
    second = refreshed(tool, first["refresh_token"])

    response = tool.revokes(second["refresh_token"], token_type_hint=hint)

    assert (response.status_code, response.data, response.headers["Cache-Control"]) == (200, b"", "no-store")
    assert refused(tool.refreshes(second["refresh_token"]))
    assert dead(tool.asks_userinfo(first["access_token"]))
    assert dead(tool.asks_userinfo(second["access_token"]))


def test_rt_13_a_used_refresh_token_ends_the_family_too(browser: Browser, tool: Tool) -> None:
    first = tokens_of(browser, tool)["refresh_token"]
    second = refreshed(tool, first)["refresh_token"]

    assert tool.revokes(first).status_code == 200
    assert refused(tool.refreshes(second))


@pytest.mark.parametrize("hint", ["refresh_token", "access_token"])
def test_rt_13_an_access_token_dies_alone(browser: Browser, tool: Tool, hint: str) -> None:
    first = tokens_of(browser, tool)
    second = refreshed(tool, first["refresh_token"])

    assert tool.revokes(first["access_token"], token_type_hint=hint).status_code == 200
    assert dead(tool.asks_userinfo(first["access_token"]))
    assert tool.asks_userinfo(second["access_token"]).status_code == 200
    assert tool.revokes(second["access_token"]).status_code == 200
    assert dead(tool.asks_userinfo(second["access_token"]))
    assert refreshed(tool, second["refresh_token"])


def test_rt_13_foreign_tokens_stay_untouched(broker: Broker, browser: Browser, tool: Tool) -> None:
    stranger = broker.tool("stranger", tokens=WITH_SESSION)
    answer = tokens_of(browser, tool)

    assert stranger.revokes(answer["refresh_token"]).status_code == 200
    assert stranger.revokes(answer["access_token"]).status_code == 200

    assert tool.asks_userinfo(answer["access_token"]).status_code == 200
    assert refreshed(tool, answer["refresh_token"])


@pytest.mark.parametrize("token", ["unknown", "x" * 43, "a.b.c", "x" * 20_000, "ü"])
def test_rt_13_unknown_tokens_and_second_times_are_fine(tool: Tool, token: str) -> None:
    assert tool.revokes(token).status_code == 200
    assert tool.revokes(token).status_code == 200


def test_rt_13_whoever_calls_has_to_say_who_it_is(broker: Broker, browser: Browser, tool: Tool) -> None:
    token = tokens_of(browser, tool)["refresh_token"]
    client = broker.app.test_client()

    assert refused(client.post("/revoke", base_url=broker.issuer, data={"token": token}), "invalid_client", 401)
    wrong = client.post("/revoke", base_url=broker.issuer, data={"token": token}, headers=tool.basic(secret="x" * 43))
    assert refused(wrong, "invalid_client", 401)
    assert refused(tool.calls("/revoke", {}), "invalid_request")
    assert refused(tool.gets("/revoke"), "invalid_request", 405)
    assert refreshed(tool, token)


def test_a_public_client_may_give_its_own_back(broker: Broker, browser: Browser) -> None:
    app = broker.tool("app", auth_method=AuthMethod.NONE, tokens=WITH_SESSION)
    token = tokens_of(browser, app)["refresh_token"]

    assert app.revokes(token).status_code == 200
    assert refused(app.refreshes(token))
