"""Front-channel logout: the browser loads one address of each tool that registered one, then goes on (Front-Channel Logout 1.0, LO-03)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from broker.core.client_policy import LogoutPolicy
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser, Stop
from tests.support.tool import Tool, answer_in

BYE = "https://tool.test/bye"
WITH_SESSION = LogoutPolicy(frontchannel_uri="https://front.test/out?keep=1", frontchannel_session_required=True)


def enters(browser: Browser, tool: Tool) -> str:
    """The ID token of a sign-in."""
    token: str = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
    return token


def frames_of(page: Stop) -> list[str]:
    """What the page loads."""
    return [unescape(address) for address in re.findall(r'<iframe[^>]* src="([^"]*)"', page.text)]


def policy_of(page: Stop) -> dict[str, str]:
    """The page's Content Security Policy by directive."""
    parts = page.response.headers["Content-Security-Policy"].split("; ")
    return {name: sources for name, _, sources in (part.partition(" ") for part in parts)}


@pytest.fixture
def front(broker: Broker) -> Tool:
    """A tool that is told by the browser."""
    return broker.tool("front", logout=WITH_SESSION, post_logout_redirect_uris=(BYE,))


def test_lo_03_each_tool_of_the_session_is_loaded_with_issuer_and_its_own_sid(broker_everywhere: Broker) -> None:
    broker, browser = broker_everywhere, broker_everywhere.browser()
    asking = broker.tool("asking")
    front = broker.tool("front", logout=WITH_SESSION)
    plain = broker.tool("plain", logout=LogoutPolicy(frontchannel_uri="https://plain.test/out"))
    broker.tool("stranger", logout=LogoutPolicy(frontchannel_uri="https://stranger.test/out"))
    hint, token = enters(browser, asking), enters(browser, front)
    enters(browser, plain)

    page = browser.opens("/logout", query_string={"id_token_hint": hint})

    with_session, without = sorted(frames_of(page))
    assert without == "https://plain.test/out"
    assert with_session.startswith("https://front.test/out?keep=1&")
    assert answer_in(with_session) == {"keep": "1", "iss": ISSUER, "sid": front.verifies(token)["sid"]}
    assert policy_of(page)["frame-src"].split() == ["https://front.test", "https://plain.test"]
    assert all(name in page.text for name in (front.client.name, plain.client.name))


def test_it_is_announced(front: Tool) -> None:
    document = front.gets("/.well-known/openid-configuration").get_json()

    assert document["frontchannel_logout_supported"] is True
    assert document["frontchannel_logout_session_supported"] is True


def test_a_sid_is_not_told_to_a_tool_that_does_not_need_it(broker: Broker, browser: Browser) -> None:
    plain = broker.tool("plain", logout=LogoutPolicy(frontchannel_uri="https://plain.test/out"))

    assert frames_of(browser.opens("/logout", query_string={"id_token_hint": enters(browser, plain)})) == ["https://plain.test/out"]


def test_then_the_browser_goes_on_by_a_script_file_or_a_plain_link(browser: Browser, front: Tool) -> None:
    hint = enters(browser, front)

    page = browser.opens("/logout", query_string={"id_token_hint": hint, "post_logout_redirect_uri": BYE, "state": 's"&<'})

    link = re.search(r'<a id="logout-continue"[^>]* href="([^"]*)"', page.text)
    assert link is not None
    assert unescape(link[1]) == f"{BYE}?state=s%22%26%3C"
    assert policy_of(page)["script-src"] == "'self'"
    assert re.search(r'<script src="/static/frontchannel\.js[^"]*" defer></script>', page.text)
    assert "__Host-bp-session" not in browser.cookies()
    script = browser.client.get("/static/frontchannel.js", base_url=ISSUER).get_data(as_text=True)
    assert "logout-continue" in script


def test_asked_for_again_nothing_is_loaded_any_more(browser: Browser, front: Tool) -> None:
    query = {"id_token_hint": enters(browser, front), "post_logout_redirect_uri": BYE}

    assert frames_of(browser.opens("/logout", query_string=query))
    assert browser.opens("/logout", query_string=query).location == BYE


def test_without_an_address_to_go_to_the_last_page_stays(browser: Browser, front: Tool) -> None:
    page = browser.opens("/logout", query_string={"id_token_hint": enters(browser, front)})

    assert frames_of(page)
    assert 'id="signed-out"' in page.text
    assert "script-src" not in policy_of(page)
    assert "logout-continue" not in page.text


def test_after_the_confirmation_too(browser: Browser, front: Tool) -> None:
    enters(browser, front)

    page = browser.presses(browser.opens("/logout", query_string={"client_id": "front", "post_logout_redirect_uri": BYE}), "logout-confirm")

    assert frames_of(page)
    assert "logout-continue" in page.text


def test_without_such_tools_there_is_no_page_in_between(broker: Broker, browser: Browser, front: Tool) -> None:
    plain = broker.tool("plain")

    stop = browser.opens("/logout", query_string={"id_token_hint": enters(browser, plain), "post_logout_redirect_uri": BYE})

    assert stop.location == BYE


def test_an_address_of_our_own_is_never_loaded(broker: Broker, browser: Browser) -> None:
    looping = broker.tool("loop", logout=LogoutPolicy(frontchannel_uri=f"{ISSUER}/logout"))

    page = browser.opens("/logout", query_string={"id_token_hint": enters(browser, looping), "post_logout_redirect_uri": BYE})

    assert page.location == BYE


@pytest.mark.parametrize("uri", ["https://front.test/;script-src", "https://front.test/ x", "https://fr;ont.test/"])
def test_in_06_an_odd_address_cannot_widen_the_policy(broker: Broker, browser: Browser, uri: str) -> None:
    odd = broker.tool("odd", logout=LogoutPolicy(frontchannel_uri=uri))

    policy: dict[str, Any] = policy_of(browser.opens("/logout", query_string={"id_token_hint": enters(browser, odd)}))

    assert set(policy["frame-src"].split()) <= {"https://front.test"}
    assert "script-src" not in policy
