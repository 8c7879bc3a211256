"""Saying at the page of sessions that others use this computer too, for whoever was led past the choice or forgot (issue 6, point 6)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from broker.core.client_policy import LogoutPolicy, TokenPolicy
from broker.core.trust import TrustLevel
from tests.protocol.test_code import refused
from tests.protocol.test_isolated_session import ISOLATED, own_session
from tests.protocol.test_refresh_token import BOTH, SCOPES, WITH_SESSION, refreshed, tokens_of
from tests.support.account import several_citizen_ids
from tests.support.app import Broker
from tests.support.browser import Browser, Stop
from tests.support.library import ends_at, is_public, signs_in_publicly, silent
from tests.support.outages import Away, redis_away, sql_away
from tests.support.outbox import takes_all
from tests.support.tool import Tool

PAGE = "/account/sessions"
ACTION = f"{PAGE}/public-computer"
QUARTER = timedelta(minutes=15)
ASKED = {"scope": "openid profile offline_access", "prompt": "consent"}


def led_past_the_choice(browser: Browser, tool: Tool) -> Stop:
    """Signs in by the tool's hint, all the way to the tool."""
    stop = browser.comes_back(browser.opens(tool.url(idp_hint="bundid")))
    return browser.presses(stop, "consent-allow") if 'id="consent-allow"' in stop.text else stop


def says_so(browser: Browser) -> Stop:
    """Presses the button; the page that comes."""
    return browser.presses(browser.opens(PAGE), "session-public")


def test_from_that_moment_it_is_a_session_at_a_public_computer(broker_everywhere: Broker) -> None:
    broker, browser, tool = broker_everywhere, broker_everywhere.browser(), broker_everywhere.tool()
    led_past_the_choice(browser, tool)
    before = broker.session_of(browser)
    broker.clock.advance(minutes=20)
    page = says_so(browser)
    session, noted = broker.session_of(browser), broker.parts.stores.session_register.find(before.id)
    assert (before.public_computer, session.public_computer, session.expires_at) == (False, True, broker.clock() + QUARTER)
    assert noted
    assert (noted.public_computer, noted.expires_at) == (True, session.expires_at)
    assert ends_at(page) == "10:35"
    assert 'id="session-public"' not in page.text
    assert ends_at(browser.opens("/")) == "10:35"
    assert 'id="public-computer-fixed"' in browser.opens(tool.url(prompt="login")).text, "whoever signs in next is at one too"


def test_it_ends_after_its_time_and_its_tools_are_told(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=WITH_SESSION)
    broker.hub.trust = TrustLevel.BASIC
    token = tool.redeems(led_past_the_choice(browser, tool).code).get_json()["refresh_token"]
    says_so(browser)
    for _ in range(3):
        broker.clock.advance(minutes=4, seconds=50)
        assert "code" in silent(browser, tool)
        assert broker.parts.overseeing.end_expired() == 0
    broker.clock.advance(seconds=30)
    assert silent(browser, tool)["error"] == "login_required"
    assert refused(tool.refreshes(token))
    assert broker.parts.overseeing.end_expired() == 1
    assert tool.client.client_id in {one.client_id for one in takes_all(broker.parts.stores.outbox)}


def test_five_minutes_without_use_end_it_counted_from_then_on(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.hub.trust = TrustLevel.BASIC
    led_past_the_choice(browser, tool)
    broker.clock.advance(minutes=20)
    says_so(browser)
    broker.clock.advance(minutes=5)
    assert 'id="sessions-end-all"' in browser.opens(PAGE).text
    broker.clock.advance(seconds=1)
    assert 'id="account-sign-in"' in browser.opens(PAGE).text


def test_it_never_lives_longer_by_it(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.hub.trust = TrustLevel.BASIC
    led_past_the_choice(browser, tool)
    ends = broker.session_of(browser).expires_at
    for _ in range(12):
        broker.clock.advance(minutes=59)
        browser.opens(tool.url())
    says_so(browser)
    assert ends - broker.clock() < QUARTER
    assert broker.session_of(browser).expires_at == ends


def test_said_again_by_an_old_page_it_changes_nothing(broker: Broker, browser: Browser, tool: Tool) -> None:
    led_past_the_choice(browser, tool)
    old = browser.opens(PAGE)
    browser.presses(old, "session-public")
    session = broker.session_of(browser)
    broker.clock.advance(minutes=4)
    assert ends_at(browser.presses(old, "session-public")) == "10:15"
    assert broker.session_of(browser) == session


def test_who_ticked_the_box_is_not_asked(browser: Browser, tool: Tool) -> None:
    signs_in_publicly(browser, tool)
    assert 'id="session-public"' not in browser.opens(PAGE).text


def test_the_remembered_choice_is_forgotten(broker: Broker, browser: Browser, tool: Tool) -> None:
    several_citizen_ids(broker)
    browser.comes_back(browser.presses(browser.opens(tool.url()), "provider-bayernid", remember="yes"))
    assert browser.cookies()["__Host-bp-citizen-id"] == "bayernid"
    says_so(browser)
    assert "__Host-bp-citizen-id" not in browser.cookies()


def test_what_tools_keep_for_themselves_in_that_browser_comes_along(broker: Broker, browser: Browser, tool: Tool) -> None:
    forum, elsewhere = broker.tool("forum", logout=ISOLATED, first_party=True), broker.browser()
    elsewhere.signs_in(elsewhere.opens(forum.url()))
    led_past_the_choice(browser, tool)
    browser.signs_in(browser.opens(forum.url()))
    says_so(browser)
    here, there = own_session(broker, browser, forum), own_session(broker, elsewhere, forum)
    assert here
    assert there
    assert (here.public_until, there.public_until) == (broker.clock() + QUARTER, None)


def test_only_here_is_not_offered_any_more_at_a_sign_out(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(logout=LogoutPolicy(may_stay_elsewhere=True), first_party=True)
    tool.redeems(led_past_the_choice(browser, tool).code)
    assert 'id="logout-only"' in browser.opens("/logout?client_id=karte").text
    says_so(browser)
    assert 'id="logout-only"' not in browser.opens("/logout?client_id=karte").text


class TestAccessWithoutTheCitizen:
    """What was given before stays, and the page says so."""

    def test_it_goes_on_and_is_named(self, broker: Broker, browser: Browser) -> None:
        tool = broker.tool(tokens=TokenPolicy(grant_types=BOTH), scopes=SCOPES)
        token = tokens_of(browser, tool, **ASKED)["refresh_token"]
        assert "Zugang auch ohne Sie" not in browser.opens(PAGE).text
        page = says_so(browser)
        assert f"weil Sie das erlaubt haben: {tool.client.name}." in page.text
        browser.presses(page, "sessions-end-all")
        broker.clock.advance(hours=1)
        assert refreshed(tool, token)

    def test_where_there_is_none_nothing_is_said(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        elsewhere = broker.browser()
        tokens_of(elsewhere, broker.tool("other", tokens=TokenPolicy(grant_types=BOTH), scopes=SCOPES), **ASKED)
        led_past_the_choice(browser, tool)
        assert "Zugang auch ohne Sie" not in says_so(browser).text

    def test_no_new_one_is_given(self, broker: Broker, browser: Browser) -> None:
        tool = broker.tool(tokens=TokenPolicy(grant_types=BOTH), scopes=SCOPES)
        led_past_the_choice(browser, tool)
        says_so(browser)
        consent = browser.opens(tool.url(scope="openid profile offline_access"))
        stop = browser.presses(consent, "consent-allow") if 'id="consent-allow"' in consent.text else consent
        assert "refresh_token" not in tool.redeems(stop.code).get_json()


class TestNothingHappens:
    def test_se_11_without_the_forms_token_or_by_a_look(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        led_past_the_choice(browser, tool)
        assert browser.posts(ACTION, {}).error_code == "BP-403-FORM"
        assert browser.opens(ACTION).response.status_code == 405
        assert not is_public(broker, browser)

    def test_to_somebody_who_is_signed_out_by_now(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        led_past_the_choice(browser, tool)
        page, session_id = browser.opens(PAGE), broker.session_of(browser).id
        browser.presses(browser.opens("/logout"), "logout-confirm")
        assert 'id="account-sign-in"' in browser.presses(page, "session-public").text
        assert broker.parts.stores.sessions.find_even_over(session_id) is None, "it does not come back"

    def test_to_the_same_citizens_session_in_another_browser(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        other = broker.browser()
        for one in (other, browser):
            led_past_the_choice(one, tool)
        says_so(browser)
        assert not is_public(broker, other)


@pytest.mark.parametrize("away", [redis_away, sql_away])
def test_an_outage_is_said_and_the_next_press_does_it(broker: Broker, browser: Browser, tool: Tool, away: Away) -> None:
    led_past_the_choice(browser, tool)
    page = browser.opens(PAGE)
    with away(broker):
        assert browser.presses(page, "session-public").response.status_code == 503
    assert not is_public(broker, browser)
    browser.presses(page, "session-public")
    assert is_public(broker, browser)


def test_what_was_noted_in_the_register_alone_is_completed(broker: Broker, browser: Browser, tool: Tool) -> None:
    """Redis went away between the two."""
    led_past_the_choice(browser, tool)
    session = broker.session_of(browser)
    broker.parts.stores.session_register.note_public_computer(session.id, broker.clock() + QUARTER)
    assert 'id="session-public"' in browser.opens(PAGE).text
    says_so(browser)
    assert is_public(broker, browser)


@pytest.mark.parametrize(
    ("language", "question", "button"),
    [
        ("de", "Benutzen auch andere diesen Computer?", "Das ist ein öffentlicher Computer"),
        ("en", "Do others use this computer too?", "This is a public computer"),
        ("de-leicht", "Benutzen auch andere Menschen diesen Computer?", "Diesen Computer benutzen auch andere Menschen"),
    ],
)
def test_it_is_offered_in_every_language(browser: Browser, tool: Tool, language: str, question: str, button: str) -> None:
    led_past_the_choice(browser, tool)
    text = browser.opens(f"{PAGE}?lang={language}").text
    assert question in text
    found = re.search(r'id="session-public".*?<span class="kern-label">([^<]+)<', text)
    assert found
    assert found[1] == button
