"""A tool that takes no part in the common session signs citizens in for itself alone; neither side counts for the other (A-18, A-35)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from broker.core.client import ClientClaim
from broker.core.client_policy import LogoutPolicy
from broker.core.errors import UpstreamCancelled
from broker.core.ids import fingerprint
from broker.core.session import BrokerSession
from broker.core.trust import TrustLevel
from tests.support.account import links, several_citizen_ids, signs_in
from tests.support.app import Broker
from tests.support.browser import Browser, Stop
from tests.support.clock import Clock
from tests.support.device import DEVICES_ONLY, begins, lets_in
from tests.support.tool import Tool
from tests.support.voucher import comes_to_the_field, hands_out, types, youth_tool

ISOLATED = LogoutPolicy(isolated_session=True)
SESSION = "__Host-bp-session"
HIGH = TrustLevel.HIGH


@pytest.fixture
def own(broker: Broker) -> Tool:
    """A tool with sessions of its own."""
    return broker.tool("forum", logout=ISOLATED)


def enters(broker: Broker, browser: Browser, tool: Tool, person: str = "max", **asked: str) -> dict[str, Any]:
    """Somebody signs in at a tool; what it gets for the code."""
    broker.hub.person = person
    told: dict[str, Any] = tool.redeems(browser.arrives(tool, **asked).code).get_json()
    return told


def knows(tool: Tool, told: dict[str, Any]) -> bool:
    """Whether the tool's access token still counts."""
    return tool.asks_userinfo(told["access_token"]).status_code == 200


def is_the_choice(stop: Stop) -> bool:
    return 'id="provider-bundid"' in stop.text


def own_session(broker: Broker, browser: Browser, tool: Tool) -> BrokerSession | None:
    return broker.parts.stores.sessions.find_own(fingerprint(browser.cookies()["__Host-bp-browser"]), tool.client.client_id)


def test_signing_in_there_gives_the_browser_no_session(broker_everywhere: Broker) -> None:
    broker, browser = broker_everywhere, broker_everywhere.browser()
    own, tool = broker.tool("forum", logout=ISOLATED), broker.tool()

    told = enters(broker, browser, own)

    assert knows(own, told)
    assert SESSION not in browser.cookies()
    assert is_the_choice(browser.opens(tool.url())), "no other tool is let in by it"
    assert browser.opens(tool.url(prompt="none")).answer["error"] == "login_required"
    assert 'id="account-sign-in"' in browser.opens("/account/links").text


def test_whoever_is_signed_in_commonly_signs_in_there_all_the_same_and_stays_who_they_are(
    broker: Broker, browser: Browser, tool: Tool, own: Tool
) -> None:
    erika, cookie = enters(broker, browser, tool, "erika"), browser.cookies()[SESSION]
    assert is_the_choice(browser.opens(own.url()))

    told = enters(broker, browser, own, "max")

    assert browser.cookies()[SESSION] == cookie
    assert knows(tool, erika)
    assert knows(own, told)
    again = tool.redeems(browser.opens(tool.url(prompt="none")).code).get_json()
    assert tool.verifies(again["id_token"])["sub"] == tool.verifies(erika["id_token"])["sub"]
    mine = own_session(broker, browser, own)
    assert mine is not None
    assert mine.subject_id != broker.session_of(browser).subject_id


def test_a18_each_request_is_a_sign_in_and_a_silent_one_is_always_told_so(broker: Broker, browser: Browser, tool: Tool, own: Tool) -> None:
    enters(broker, browser, tool)
    enters(broker, browser, own)

    assert browser.opens(own.url(prompt="none")).answer["error"] == "login_required"
    assert is_the_choice(browser.opens(own.url()))
    assert is_the_choice(browser.opens(own.url(max_age="3600")))
    assert len(broker.hub.asked) == 2


@pytest.mark.parametrize("asked", [{"max_age": "0"}, {"max_age": "60"}, {"prompt": "login"}, {"prompt": "login consent"}])
def test_a18_a_wish_for_a_fresh_sign_in_is_met_by_the_one(broker: Broker, browser: Browser, own: Tool, asked: dict[str, str]) -> None:
    claims = own.verifies(enters(broker, browser, own, **asked)["id_token"])
    assert claims["auth_time"] == int(broker.clock().timestamp())
    assert len(broker.hub.asked) == 1


def test_consent_is_asked_within_the_request(broker: Broker, browser: Browser) -> None:
    own = broker.tool("forum", logout=ISOLATED, claims=(ClientClaim("given_name", {"de": "Für die Anrede.", "en": "To greet you."}),))
    page = browser.signs_in(browser.opens(own.url(scope="openid profile")))
    assert "Erika" in page.text

    told = own.redeems(browser.presses(page, "consent-allow").code).get_json()

    assert own.asks_userinfo(told["access_token"]).get_json()["given_name"] == "Erika"


def test_too_low_a_level_can_be_mended_within_the_request_and_the_first_session_is_gone(
    broker: Broker, browser: Browser, own: Tool
) -> None:
    essential = json.dumps({"id_token": {"acr": {"essential": True, "values": [HIGH.acr]}}})
    broker.hub.trust = TrustLevel.BASIC
    page = browser.signs_in(browser.opens(own.url(claims=essential)))
    first = own_session(broker, browser, own)
    assert 'id="unmet-retry"' in page.text
    assert first is not None

    broker.hub.trust = HIGH
    answer = browser.arrives_at(page.response.request.path.replace("/unmet/", "/sign-in/"))

    assert own.verifies(own.redeems(answer.code).get_json()["id_token"])["acr"] == HIGH.acr
    assert broker.parts.stores.sessions.find(first.id) is None


def test_al10_news_of_the_account_are_told_on_this_way_too(broker: Broker, browser: Browser, own: Tool) -> None:
    several_citizen_ids(broker)
    signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    broker.hub.person, fresh = "erika-bavarian", broker.browser()

    page = fresh.signs_in(fresh.opens(own.url()), "bayernid")
    assert 'id="news-heard"' in page.text

    assert knows(own, own.redeems(fresh.presses(fresh.presses(page, "news-heard"), "consent-allow").code).get_json())
    assert SESSION not in fresh.cookies()


def test_stopping_at_the_citizen_id_is_told_and_leaves_the_common_session_alone(
    broker: Broker, browser: Browser, tool: Tool, own: Tool
) -> None:
    enters(broker, browser, tool, "erika")
    at_hub = browser.sets_out(own.url())
    broker.hub.trouble = UpstreamCancelled()

    assert browser.comes_back(at_hub).answer["error"] == "access_denied"
    broker.hub.trouble = None
    assert "code" in browser.opens(tool.url(prompt="none")).answer


class TestForgedUse:
    """What an own session is worth elsewhere: nothing (A-35)."""

    @pytest.fixture
    def thief(self, broker: Broker, browser: Browser, own: Tool) -> Browser:
        """A browser whose session cookie leads to the session of the own tool, as if its value could be guessed."""
        enters(broker, browser, own)
        mine = own_session(broker, browser, own)
        assert mine is not None
        broker.parts.stores.sessions.add(replace(mine, id=fingerprint("stolen")))
        browser.client.set_cookie(SESSION, "stolen", domain="broker.test", secure=True, path="/")
        return browser

    def test_a35_no_other_tool_is_let_in(self, broker: Broker, thief: Browser, tool: Tool) -> None:
        assert is_the_choice(thief.opens(tool.url()))
        assert thief.opens(tool.url(prompt="none")).answer["error"] == "login_required"
        assert is_the_choice(thief.opens(broker.tool("another", logout=ISOLATED).url()))

    def test_nor_the_tool_itself_by_a_cookie(self, thief: Browser, own: Tool) -> None:
        assert is_the_choice(thief.opens(own.url()))
        assert thief.opens(own.url(prompt="none")).answer["error"] == "login_required"

    def test_nor_the_pages_of_the_account(self, thief: Browser) -> None:
        assert 'id="account-sign-in"' in thief.opens("/account/links").text

    def test_nor_the_request_in_another_browser(self, broker: Broker, browser: Browser, own: Tool) -> None:
        page = browser.opens(own.url())
        browser.signs_in(page)

        stop = broker.browser().opens(page.response.request.path.replace("/sign-in/", "/continue/"))

        assert stop.location is None
        assert stop.response.status_code == 403


class TestTheNextUser:
    """A shared browser (SE-03)."""

    def test_se03_the_next_ones_sign_in_ends_the_session_of_the_one_before(self, broker: Broker, browser: Browser, own: Tool) -> None:
        first = enters(broker, browser, own, "erika")
        second = enters(broker, browser, own, "max")

        assert not knows(own, first)
        assert knows(own, second)
        assert own.verifies(first["id_token"])["sub"] != own.verifies(second["id_token"])["sub"]
        (told,) = broker.parts.stores.delivery_log.newest(10)
        assert told.sid == own.verifies(first["id_token"])["sid"]

    @pytest.mark.parametrize("isolated", [True, False])
    def test_se03_what_the_next_one_has_at_the_hub_by_then_stays(self, broker: Broker, browser: Browser, isolated: bool) -> None:
        """Keycloak has one session for a browser, and has put the next one into it."""
        broker.hub.sid = "of-this-browser"
        tool = broker.tool("forum", logout=LogoutPolicy(isolated_session=isolated))
        first = enters(broker, browser, tool, "erika")
        second = enters(broker, browser, tool, "max", prompt="login")

        assert not knows(tool, first)
        assert knows(tool, second)
        assert broker.hub.ended == []
        browser.opens("/logout", query_string={"id_token_hint": second["id_token"]})
        assert broker.hub.ended == ["hub-token-of-max"]

    def test_the_same_ones_takes_its_place(self, broker: Broker, browser: Browser, own: Tool, clock: Clock) -> None:
        first, before = enters(broker, browser, own), own_session(broker, browser, own)
        clock.advance(minutes=1)
        second, after = enters(broker, browser, own), own_session(broker, browser, own)

        assert before is not None
        assert after is not None
        assert broker.parts.stores.sessions.find(before.id) is None
        assert knows(own, first)
        assert knows(own, second)
        browser.opens("/logout", query_string={"id_token_hint": first["id_token"]})
        assert not knows(own, first)
        assert not knows(own, second)

    def test_se03_going_back_to_the_request_after_sign_out_gives_nothing(self, broker: Broker, browser: Browser, own: Tool) -> None:
        broker.hub.person = "erika"
        page = browser.opens(own.url())
        told = own.redeems(browser.presses(browser.signs_in(page), "consent-allow").code).get_json()
        browser.opens("/logout", query_string={"id_token_hint": told["id_token"]})

        answer = browser.opens(page.response.request.path.replace("/sign-in/", "/continue/")).answer

        assert answer["error"] == "access_denied"

    def test_it_ends_by_time(self, broker: Broker, browser: Browser, own: Tool, clock: Clock) -> None:
        told = enters(broker, browser, own)
        clock.advance(hours=13)
        assert not knows(own, told)


def test_a_device_of_such_a_tool_is_let_in_by_a_sign_in_of_its_own(broker: Broker, browser: Browser, tool: Tool) -> None:
    enters(broker, browser, tool, "erika")
    kiosk = broker.tool("tafel", logout=ISOLATED, tokens=DEVICES_ONLY, redirect_uris=())
    device, cookie = begins(kiosk), browser.cookies()[SESSION]
    broker.hub.person = "max"

    assert 'id="device-connected"' in lets_in(browser, device).text

    assert device.hears() == "token"
    assert len(broker.hub.asked) == 2
    assert browser.cookies()[SESSION] == cookie


def test_a_code_on_paper_signs_in_there_alone(broker: Broker, browser: Browser) -> None:
    code = hands_out(broker).codes[0]
    own = youth_tool(broker, logout=ISOLATED)

    page = types(browser, comes_to_the_field(browser, own), code)
    assert 'id="consent-allow"' in page.text
    told = own.redeems(browser.presses(page, "consent-allow").code).get_json()

    assert knows(own, told)
    assert SESSION not in browser.cookies()


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("de", "hat eine eigene Anmeldung"), ("de-leicht", "Diese Anmeldung gilt nur dort"), ("en", "a sign-in of its own")],
)
def test_the_sign_in_page_says_so(browser: Browser, tool: Tool, own: Tool, lang: str, sentence: str) -> None:
    browser.opens(f"/?lang={lang}")
    assert sentence in browser.opens(own.url()).text
    assert sentence not in browser.opens(tool.url()).text
