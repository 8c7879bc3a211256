"""Citizen IDs a tool must not use, and those switched off while people are on their way: closed on every path (UP-09, UP-10, A-31)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from broker.core.client_policy import GrantType, TokenPolicy
from broker.core.trust import TrustLevel
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser
from tests.support.choice_pages import BAYERNID, LOCAL
from tests.support.tool import Tool

API = "https://api.test/"
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    "resource": API,
}


@pytest.fixture
def two(broker: Broker) -> Broker:
    """Two citizen IDs."""
    broker.parts.stores.providers.replace_all([*PROVIDERS, BAYERNID])
    return broker


@pytest.fixture
def tool(two: Broker) -> Tool:
    """A tool that refreshes and exchanges its tokens."""
    grants = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN, GrantType.TOKEN_EXCHANGE)
    return two.tool(tokens=TokenPolicy(grant_types=grants, resources=(API,), refresh_with_session=True))


def tokens(browser: Browser, tool: Tool) -> dict[str, str]:
    """What somebody who came by BundID gave the tool."""
    given: dict[str, str] = tool.redeems(browser.arrives(tool, resource=API).code, resource=None).get_json()
    return given


def exchanged(tool: Tool, access_token: str) -> int:
    return tool.calls_token({**EXCHANGE, "subject_token": access_token}, tool.basic()).status_code


def switched_off(broker: Broker) -> None:
    broker.parts.stores.providers.switch("bundid", off=True)


def no_longer_allowed(broker: Broker) -> None:
    client = broker.parts.stores.clients.get("karte")
    broker.parts.stores.clients.replace(replace(client, allowed_providers=("bayernid",)))


Close = Callable[[Broker], None]
CLOSED = pytest.mark.parametrize("close", [switched_off, no_longer_allowed])


@CLOSED
def test_up09_up10_a_sign_in_under_way_ends_without_a_session(two: Broker, browser: Browser, tool: Tool, close: Close) -> None:
    hub = browser.sets_out(tool.url())
    close(two)
    page = browser.comes_back(hub)
    assert page.error_code == "BP-403-DENIED"
    assert "__Host-bp-session" not in browser.cookies()


@CLOSED
def test_up09_up10_the_form_of_a_page_opened_before_leads_nowhere(two: Broker, browser: Browser, tool: Tool, close: Close) -> None:
    page = browser.opens(tool.url())
    close(two)
    assert browser.presses(page, "provider-bundid").error_code == "BP-403-DENIED"


@CLOSED
@pytest.mark.parametrize(
    "asked",
    [{}, {"kc_idp_hint": "bundid"}, {"idp_hint": "bundid"}, {"acr_values": TrustLevel.HIGH.acr}, {"login_hint": "bundid"}],
    ids=["plain", "kc_idp_hint", "idp_hint", "acr_values", "login_hint"],
)
def test_up09_up10_no_request_gets_in_by_the_session_or_back_there(
    two: Broker, browser: Browser, tool: Tool, close: Close, asked: dict[str, str]
) -> None:
    browser.arrives(tool)
    close(two)
    assert browser.opens(tool.url(prompt="none", **asked)).answer["error"] == "login_required"
    page = browser.opens(tool.url(**asked))
    assert page.location is None
    assert "provider-bayernid" in page.text
    assert "provider-bundid" not in page.text


@CLOSED
def test_up09_up10_tokens_of_who_came_that_way_are_worth_nothing(two: Broker, browser: Browser, tool: Tool, close: Close) -> None:
    given = tokens(browser, tool)
    assert exchanged(tool, given["access_token"]) == 200
    close(two)
    assert tool.asks_userinfo(given["access_token"]).status_code == 401
    assert tool.refreshes(given["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert exchanged(tool, given["access_token"]) == 400
    assert tool.introspects(given["access_token"]) == {"active": False}


@CLOSED
def test_up09_up10_a_code_given_out_before_is_not_redeemed(two: Broker, browser: Browser, tool: Tool, close: Close) -> None:
    code = browser.arrives(tool).code
    close(two)
    assert tool.redeems(code).get_json()["error"] == "invalid_grant"


def test_up09_when_nothing_strong_enough_is_left_the_tool_is_told(two: Broker, browser: Browser) -> None:
    """Nobody is signed in whom a page could tell about their level."""
    two.parts.stores.providers.replace_all([*PROVIDERS, LOCAL])
    strict = two.tool("strict", minimum_trust=TrustLevel.HIGH)
    hub = browser.sets_out(strict.url())
    switched_off(two)
    page = browser.comes_back(hub)
    retry = re.search(r'id="try-again"[^>]*href="([^"]+)"', page.text)
    assert retry
    assert browser.opens(retry[1]).answer["error"] == "unmet_authentication_requirements"


def test_up10_other_tools_are_served_with_the_same_session(two: Broker, browser: Browser, tool: Tool) -> None:
    other = two.tool("other")
    browser.arrives(tool)
    browser.arrives(other)
    no_longer_allowed(two)
    assert browser.opens(other.url(prompt="none")).code


def test_up09_switched_on_again_it_works_again(two: Broker, browser: Browser, tool: Tool) -> None:
    switched_off(two)
    two.parts.stores.providers.switch("bundid", off=False)
    assert browser.arrives(tool).code
