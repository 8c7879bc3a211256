"""An outage is said to be one: never `invalid_grant`, `invalid_client`, `login_required` or a logout (A-47, F-01, F-06, F-12, SE-06)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from broker.core.errors import UpstreamUnavailable
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.outages import AWAY
from tests.support.tool import Tool

Outage = Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=AWAY)
def outage(request: pytest.FixtureRequest, broker: Broker) -> Outage:
    """Takes a store away for a block; after it everything has to work again by itself."""
    return lambda: AWAY[request.param](broker)


def test_authorize_tells_the_tool_and_keeps_the_cookies(browser: Browser, tool: Tool, outage: Outage) -> None:
    browser.arrives(tool)
    cookies = browser.cookies()

    with outage():
        for changes in ({}, {"prompt": "none"}):
            stop = browser.opens(tool.url(**changes))
            assert stop.answer["error"] == "temporarily_unavailable"
            assert stop.answer["state"] == tool.state

    assert browser.cookies() == cookies
    assert browser.opens(tool.url(prompt="none")).code, "it recovers by itself"


def test_token_says_503_and_the_code_is_good_afterwards(browser: Browser, tool: Tool, outage: Outage) -> None:
    code = browser.arrives(tool).code

    with outage():
        response = tool.redeems(code)

    assert (response.status_code, response.get_json()["error"]) == (503, "temporarily_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert tool.redeems(code).status_code == 200


def test_userinfo_says_503_not_invalid_token(browser: Browser, tool: Tool, outage: Outage) -> None:
    token = tool.redeems(browser.arrives(tool).code).get_json()["access_token"]

    with outage():
        response = tool.asks_userinfo(token)

    assert (response.status_code, response.get_json()["error"]) == (503, "temporarily_unavailable")
    assert "WWW-Authenticate" not in response.headers
    assert tool.asks_userinfo(token).status_code == 200


def test_f_38_after_an_outage_not_everybody_comes_back_in_the_same_second(broker: Broker, tool: Tool) -> None:
    with AWAY["sql"](broker):
        waits = {int(tool.asks_userinfo("x" * 43).headers["Retry-After"]) for _ in range(40)}

    assert len(waits) > 3
    assert waits <= set(range(5, 16))


def test_a_page_says_so_with_a_way_to_try_again(browser: Browser, tool: Tool, outage: Outage) -> None:
    browser.arrives(tool)
    way = browser.client.get(tool.url(prompt="consent"), base_url=ISSUER).headers["Location"]

    with outage():
        stop = browser.opens(way)

    assert stop.response.status_code == 503
    assert stop.response.headers["Retry-After"]
    assert stop.error_code == "BP-503-STORE"
    assert f'href="{way}"' in stop.text
    assert browser.presses(browser.opens(way), "consent-allow").code


def test_a_sign_out_that_could_not_be_stored_is_not_claimed(browser: Browser, tool: Tool, outage: Outage) -> None:
    hint = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]

    with outage():
        stop = browser.opens("/logout", query_string={"id_token_hint": hint})

    assert stop.response.status_code == 503
    assert "__Host-bp-session" in browser.cookies()
    assert browser.opens(tool.url(prompt="none")).code


def test_f_12_a_hub_that_is_away_is_said_to_be_and_the_sign_in_can_go_on(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.hub.trouble = UpstreamUnavailable()
    stop = browser.sets_out(tool.url())
    assert stop.response.status_code == 503
    assert stop.error_code == "BP-503-UPSTREAM"
    assert 'id="try-again"' in stop.text

    broker.hub.trouble = None
    way = stop.response.request.path
    assert browser.sets_out(way).is_at_hub


def test_f_12_whoever_is_signed_in_does_not_notice_a_hub_that_is_away(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)
    broker.hub.trouble = UpstreamUnavailable()

    assert tool.redeems(browser.opens(tool.url()).code).status_code == 200
