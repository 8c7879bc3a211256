"""Signing out of one tool alone, where its record offers that: the session, the hub and all other tools go on (LO-03)."""

from __future__ import annotations

import re

import pytest

from broker.core.client_policy import GrantType, LogoutPolicy, TokenPolicy
from tests.support.app import Broker
from tests.support.browser import Browser, Stop, form_of
from tests.support.outbox import takes_all, worker_delivers
from tests.support.tool import Tool, answer_in

BYE = "https://tool.test/bye"
CHOICE = LogoutPolicy(may_stay_elsewhere=True)
BY_FRAME = LogoutPolicy(may_stay_elsewhere=True, frontchannel_uri="https://front.test/out", frontchannel_session_required=True)


@pytest.fixture
def chooser(broker: Broker) -> Tool:
    """A tool that leaves the citizen the choice."""
    return broker.tool("wahl", logout=CHOICE)


def enters(browser: Browser, tool: Tool) -> dict[str, str]:
    """What the tool gets at a sign-in."""
    tokens: dict[str, str] = tool.redeems(browser.arrives(tool).code).get_json()
    return tokens


def logout(browser: Browser, **query: str) -> Stop:
    """The tool sends the citizen to sign out."""
    return browser.opens("/logout", query_string={"ui_locales": "en", **query})


def offers_the_choice(page: Stop) -> bool:
    """Whether both buttons are there."""
    return page.location is None and 'id="logout-only"' in page.text and 'id="logout-confirm"' in page.text


def is_signed_in(browser: Browser, tool: Tool) -> bool:
    """Whether the session still lives."""
    return "code" in browser.opens(tool.url(prompt="none")).answer


def userinfo(tool: Tool, access_token: str) -> int:
    """How userinfo answers."""
    status: int = tool.asks_userinfo(access_token).status_code
    return status


def test_only_ends_this_tools_grants_and_leaves_everything_else(broker_everywhere: Broker) -> None:
    broker, browser = broker_everywhere, broker_everywhere.browser()
    chooser, other = broker.tool("wahl", logout=CHOICE), broker.tool("other")
    here, there = enters(browser, chooser), enters(browser, other)

    page = logout(browser, id_token_hint=here["id_token"], post_logout_redirect_uri=BYE, state="s&t")
    assert offers_the_choice(page)
    assert userinfo(chooser, here["access_token"]) == 200, "nothing happens before the citizen has chosen"
    stop = browser.presses(page, "logout-only")

    assert stop.location is not None
    assert stop.location.startswith(f"{BYE}?")
    assert answer_in(stop.location) == {"state": "s&t"}
    assert userinfo(chooser, here["access_token"]) == 401
    assert userinfo(other, there["access_token"]) == 200
    assert takes_all(broker.parts.stores.outbox) == [], "the tool ended its own session before"
    assert broker.hub.ended == []
    assert is_signed_in(browser, other)


def test_everywhere_is_what_it_always_was(broker: Broker, browser: Browser, chooser: Tool) -> None:
    other = broker.tool("other")
    enters(browser, other)
    hint = enters(browser, chooser)["id_token"]

    stop = browser.presses(logout(browser, id_token_hint=hint, post_logout_redirect_uri=BYE), "logout-confirm")

    assert stop.location == BYE
    assert not is_signed_in(browser, other)
    assert [told.client_id for told in takes_all(broker.parts.stores.outbox)] == ["other"], "whoever asked has ended its own session"
    assert broker.hub.ended == ["hub-token-of-erika"]


def test_without_a_hint_the_session_knows_that_the_tool_is_signed_in_and_the_tool_is_told(
    broker: Broker, browser: Browser, chooser: Tool
) -> None:
    said = chooser.verifies(enters(browser, chooser)["id_token"])
    enters(browser, broker.tool("other"))

    page = browser.presses(logout(browser, client_id="wahl"), "logout-only")

    assert 'id="left-tool"' in page.text
    assert "You are signed out of Tool wahl only" in page.text
    (told,) = takes_all(broker.parts.stores.outbox)
    assert (told.client_id, told.sid, told.sub) == ("wahl", said["sid"], said["sub"])
    assert "__Host-bp-session" in browser.cookies()


@pytest.mark.parametrize("query", [{}, {"client_id": "wahl"}, {"client_id": "karte"}])
def test_no_choice_where_the_tool_is_not_signed_in_or_its_record_offers_none(
    broker: Broker, browser: Browser, chooser: Tool, query: dict[str, str]
) -> None:
    hint = enters(browser, broker.tool())["id_token"]

    page = logout(browser, **query)

    assert 'id="logout-confirm"' in page.text
    assert not offers_the_choice(page)
    assert logout(browser, id_token_hint=hint, post_logout_redirect_uri=BYE).location == BYE


def test_another_citizens_hint_is_no_reason_and_does_not_go_along(broker: Broker, chooser: Tool) -> None:
    hint = enters(broker.browser(), chooser)["id_token"]
    broker.hub.person, other = "max", broker.browser()
    enters(other, broker.tool("other"))

    page = logout(other, id_token_hint=hint)

    assert not offers_the_choice(page)
    assert 'name="id_token_hint"' not in page.text


def test_se_11_forged_fields_change_nothing(broker: Broker, browser: Browser, chooser: Tool) -> None:
    """The button's word for a tool that offers no choice; another tool's name; no form token."""
    other = broker.tool("other")
    enters(browser, other)
    tokens = enters(browser, chooser)
    action, fields = form_of(logout(browser, client_id="wahl").text, "logout-only")

    for forged in ({"client_id": "other"}, {"client_id": ""}):
        page = browser.posts(action, {**fields, **forged})
        assert page.location is None
        assert 'id="logout-confirm"' in page.text
        assert not offers_the_choice(page)
    assert browser.posts(action, {**fields, "csrf_token": "x"}).error_code == "BP-403-FORM"
    assert browser.posts(action, {**fields, "client_id": "nobody"}).response.status_code == 400
    assert browser.posts(action, {**fields, "post_logout_redirect_uri": "https://evil.test/"}).response.status_code == 400

    assert userinfo(chooser, tokens["access_token"]) == 200
    assert takes_all(broker.parts.stores.outbox) == []
    assert is_signed_in(browser, other)


def test_pressed_twice_it_stays_with_this_tool(broker: Broker, browser: Browser, chooser: Tool) -> None:
    other = broker.tool("other")
    enters(browser, other)
    enters(browser, chooser)
    page = logout(browser, client_id="wahl")

    first, second = browser.presses(page, "logout-only"), browser.presses(page, "logout-only")

    assert 'id="left-tool"' in first.text
    assert 'id="left-tool"' in second.text
    assert len(takes_all(broker.parts.stores.outbox)) == 1
    assert is_signed_in(browser, other)


def test_pressed_after_the_session_has_ended_it_ends_on_the_last_page(broker: Broker, browser: Browser, chooser: Tool) -> None:
    enters(browser, chooser)
    page = logout(browser, client_id="wahl")
    browser.presses(logout(browser), "logout-confirm")

    assert 'id="signed-out"' in browser.presses(page, "logout-only").text


def test_whoever_comes_back_is_told_of_the_end_again(broker_everywhere: Broker) -> None:
    """The tool calls the session by the same `sid` as before; it was told of its end once, and has to be told once more."""
    broker, browser = broker_everywhere, broker_everywhere.browser()
    chooser = broker.tool("wahl", logout=CHOICE)
    enters(browser, chooser)
    browser.presses(logout(browser, client_id="wahl"), "logout-only")
    heard: list[str] = []

    def post(url: str, form: object) -> int:
        heard.append(url)
        return 200

    worker_delivers(broker, post)
    assert len(heard) == 1
    page = logout(browser)
    assert "Tool wahl" not in page.text, "the session knows the tool no more"

    broker.clock.advance(seconds=5)
    enters(browser, chooser)
    browser.presses(logout(browser), "logout-confirm")
    worker_delivers(broker, post)

    assert len(heard) == 2


def test_offline_access_outlives_it(broker: Broker, browser: Browser) -> None:
    tokens_policy = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN))
    tool = broker.tool("wahl", logout=CHOICE, tokens=tokens_policy, scopes=("openid", "profile", "offline_access"))
    stop = browser.arrives(tool, scope="openid profile offline_access", prompt="consent")
    tokens = tool.redeems(stop.code).get_json()

    browser.presses(logout(browser, id_token_hint=tokens["id_token"]), "logout-only")

    assert tool.refreshes(tokens["refresh_token"]).status_code == 200


def test_a_tool_that_hears_by_the_browser_gets_its_frame_and_a_plain_link(broker: Broker, browser: Browser) -> None:
    front = broker.tool("front", logout=BY_FRAME, backchannel_logout_uri="")
    token = enters(browser, front)["id_token"]

    page = browser.presses(logout(browser, client_id="front"), "logout-only")

    assert len(re.findall("<iframe", page.text)) == 1
    assert f"sid={front.verifies(token)['sid']}" in page.text
    assert 'target="_blank" rel="noopener noreferrer"' in page.text
    assert "frame-src https://front.test" in page.response.headers["Content-Security-Policy"]

    enters(browser, front)
    onward = browser.presses(logout(browser, client_id="front", post_logout_redirect_uri=BYE), "logout-only")
    assert 'id="logout-continue"' in onward.text
    assert "frontchannel.js" in onward.text


def test_a_tool_that_cannot_be_told_is_said_to_be_so(broker: Broker, browser: Browser) -> None:
    deaf = broker.tool("deaf", logout=CHOICE, backchannel_logout_uri="")
    enters(browser, deaf)

    page = browser.presses(logout(browser, client_id="deaf"), "logout-only")

    assert "Please sign out of Tool deaf yourself" in page.text


def test_where_no_session_is_left_to_go_on_there_is_no_choice(broker: Broker, browser: Browser, chooser: Tool) -> None:
    tokens = enters(browser, chooser)
    broker.parts.stores.sessions.revoke(broker.session_of(browser).id)

    page = logout(browser, id_token_hint=tokens["id_token"])

    assert 'id="logout-only"' not in page.text
    assert 'id="signed-out"' in page.text
