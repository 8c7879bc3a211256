"""A computer that others use too, by the citizen's word: fifteen minutes, five without use, nothing is left (moonshot 15, SE-03)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broker.core.client_policy import LogoutPolicy, TokenPolicy
from broker.core.errors import UpstreamCancelled
from broker.core.trust import TrustLevel
from tests.protocol.test_code import refused
from tests.protocol.test_isolated_session import ISOLATED, own_session
from tests.protocol.test_refresh_token import BOTH, SCOPES, WITH_SESSION, refreshed, tokens_of
from tests.protocol.test_userinfo import dead
from tests.support.account import several_citizen_ids
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.device import begins, device_tool
from tests.support.library import ends_at, is_public, signs_in_publicly, silent, ticks
from tests.support.outbox import takes_all
from tests.support.tool import Tool
from tests.support.voucher import hands_out, types, youth_tool

REMEMBERED = "__Host-bp-citizen-id"


def test_the_switch_is_off_unless_ticked(broker: Broker, browser: Browser, tool: Tool) -> None:
    page = browser.opens(tool.url())
    assert 'id="public-computer" name="public-computer" value="yes" aria-describedby="public-computer-hint">' in page.text
    browser.signs_in(page)
    session = broker.session_of(browser)
    assert (session.public_computer, session.public_until, session.expires_at) == (False, None, broker.clock() + timedelta(hours=12))


def test_fifteen_minutes_whatever_the_level_also_for_somebody_who_stays_busy(broker_everywhere: Broker) -> None:
    broker, browser, tool = broker_everywhere, broker_everywhere.browser(), broker_everywhere.tool()
    broker.hub.trust = TrustLevel.BASIC
    assert signs_in_publicly(browser, tool).code
    other = broker.tool("haushalt", first_party=True)
    for _ in range(3):
        broker.clock.advance(minutes=4, seconds=50)
        assert "code" in silent(browser, other), "other tools need no new sign-in meanwhile"
    broker.clock.advance(seconds=29)
    assert "code" in silent(browser, tool)
    broker.clock.advance(seconds=1)
    assert silent(browser, tool)["error"] == "login_required"
    assert 'id="provider-bundid"' in browser.opens(tool.url()).text


def test_five_minutes_without_use_are_the_end(broker_everywhere: Broker) -> None:
    broker, browser, tool = broker_everywhere, broker_everywhere.browser(), broker_everywhere.tool()
    answer = tool.redeems(signs_in_publicly(browser, tool).code).get_json()
    broker.clock.advance(minutes=5)
    assert tool.asks_userinfo(answer["access_token"]).status_code == 200
    broker.clock.advance(seconds=1)
    assert dead(tool.asks_userinfo(answer["access_token"]))
    assert silent(browser, tool)["error"] == "login_required"


def test_the_register_knows_it(broker: Broker, browser: Browser, tool: Tool) -> None:
    signs_in_publicly(browser, tool)
    session = broker.session_of(browser)
    noted = broker.parts.stores.session_register.find(session.id)
    assert noted
    assert (noted.public_computer, noted.network, noted.expires_at) == (True, "", session.expires_at)


def test_codes_and_tokens_end_with_it(broker: Broker, browser: Browser) -> None:
    tool, jwt_tool = broker.tool(tokens=WITH_SESSION), broker.tool("haushalt", first_party=True)
    first = tool.redeems(signs_in_publicly(browser, tool).code).get_json()
    for _ in range(2):
        broker.clock.advance(minutes=4, seconds=58)
        late = browser.opens(tool.url()).code
    broker.clock.advance(minutes=4, seconds=58)
    answer = tool.redeems(browser.opens(tool.url()).code).get_json()
    assert answer["expires_in"] == 6, "no longer than the session"
    code = browser.opens(jwt_tool.url()).code
    broker.clock.advance(seconds=6)
    assert refused(jwt_tool.redeems(code))
    assert refused(tool.redeems(late))
    assert refused(tool.refreshes(answer["refresh_token"]))
    assert refused(tool.refreshes(first["refresh_token"]))
    assert dead(tool.asks_userinfo(answer["access_token"]))


class TestOffline:
    """Access without the citizen (OIDC Core 11) is not to be had from a public computer."""

    def test_it_is_neither_asked_about_nor_granted(self, broker: Broker, browser: Browser) -> None:
        tool = broker.tool(tokens=TokenPolicy(grant_types=BOTH), scopes=SCOPES)
        asked = {"scope": "openid profile offline_access", "prompt": "consent"}
        page = browser.comes_back(ticks(browser, browser.opens(tool.url(**asked))))
        assert 'id="offline"' not in page.text
        answer = tool.redeems(browser.presses(page, "consent-allow").code).get_json()
        assert "refresh_token" not in answer
        assert answer["scope"] == "openid profile"

    def test_a_refresh_token_that_comes_with_the_session_dies_with_it(self, broker: Broker, browser: Browser) -> None:
        tool = broker.tool(tokens=WITH_SESSION, scopes=SCOPES)
        stop = signs_in_publicly(browser, tool, scope="openid profile offline_access", prompt="consent")
        token = refreshed(tool, tool.redeems(stop.code).get_json()["refresh_token"])["refresh_token"]
        broker.clock.advance(minutes=5, seconds=1)
        assert refused(tool.refreshes(token))

    def test_what_was_granted_at_home_goes_on_and_gets_no_twin(self, broker: Broker) -> None:
        tool = broker.tool(tokens=TokenPolicy(grant_types=BOTH), scopes=SCOPES)
        asked = {"scope": "openid profile offline_access", "prompt": "consent"}
        at_home = tokens_of(broker.browser(), tool, **asked)["refresh_token"]
        library = broker.browser()
        answer = tool.redeems(signs_in_publicly(library, tool, **asked).code).get_json()
        assert "refresh_token" not in answer
        library.presses(library.opens("/logout"), "logout-confirm")
        broker.clock.advance(hours=1)
        assert refreshed(tool, at_home)


class TestMemory:
    """Which citizen ID was chosen is not kept there, and what was kept is forgotten."""

    def test_the_wish_to_be_remembered_is_ignored(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        several_citizen_ids(broker)
        page = browser.opens(tool.url())
        hub = browser.presses(page, "provider-bayernid", **{"public-computer": "yes", "remember": "yes"})
        assert hub.is_at_hub
        assert REMEMBERED not in browser.cookies()

    def test_a_memory_of_this_device_is_forgotten(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        several_citizen_ids(broker)
        browser.presses(browser.opens(tool.url()), "provider-bayernid", remember="yes")
        assert browser.cookies()[REMEMBERED] == "bayernid"
        ticks(browser, browser.opens(tool.url()), "bundid")
        assert REMEMBERED not in browser.cookies()


class TestSaying:
    """Pages say until when, and to sign out."""

    def test_the_pages_say_when_it_ends(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        consent = browser.comes_back(ticks(browser, browser.opens(tool.url(scope="openid profile"))))
        ends = ends_at(consent)
        assert ends
        assert f"{broker.session_of(browser).expires_at.minute:02}" == ends[3:]
        assert "melden Sie sich ab" in consent.text.replace("Melden", "melden")
        pages = ["/", "/account", "/account/links", "/account/sessions"]
        assert [ends_at(browser.opens(path)) for path in pages] == [ends] * 4

    def test_at_home_they_say_nothing(self, browser: Browser, tool: Tool) -> None:
        consent = browser.signs_in(browser.opens(tool.url(scope="openid profile")))
        assert [ends_at(page) for page in (consent, browser.opens("/"), browser.opens("/account/links"))] == [None, None, None]

    def test_a_failed_try_keeps_the_tick_and_the_citizen_may_take_it_off(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        signs_in_publicly(browser, tool)
        browser.presses(browser.opens("/logout"), "logout-confirm")
        ticks(browser, browser.opens(tool.url()))
        page = browser.opens(f"/sign-in/{browser.cookies()['__Host-bp-request']}")
        assert 'value="yes" aria-describedby="public-computer-hint" checked>' in page.text
        browser.comes_back(browser.presses(page, "provider-bundid", **{"public-computer": ""}))
        assert not is_public(broker, browser)


@pytest.mark.parametrize("said", ["yes", "no", "on", "x" * 20_000, "\u0000", "öffentlich"])
def test_whatever_a_form_says_in_that_field_is_a_yes(broker: Broker, browser: Browser, tool: Tool, said: str) -> None:
    page = browser.opens(tool.url())
    browser.comes_back(browser.presses(page, "provider-bundid", **{"public-computer": said}))
    assert is_public(broker, browser)


@pytest.mark.parametrize(("said", "public"), [([], False), ([""], False), (["", "yes"], True), (["yes", ""], True), (["yes", "yes"], True)])
def test_doubled_or_empty_fields(broker: Broker, browser: Browser, tool: Tool, said: list[str], public: bool) -> None:
    page = browser.opens(tool.url())
    browser.comes_back(browser.presses(page, "provider-bundid", **{"public-computer": said}))  # type: ignore[arg-type]  # a list is sent as several
    assert is_public(broker, browser) is public


class TestStaying:
    """While a session at a public computer is there, whoever signs in next in its browser is at one too."""

    def test_a_stronger_sign_in_stays_one_without_a_tick(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        broker.hub.trust = TrustLevel.LOW
        signs_in_publicly(browser, tool)
        broker.hub.trust = TrustLevel.HIGH
        page = browser.opens(broker.tool("wahl", minimum_trust=TrustLevel.HIGH).url())
        assert 'id="public-computer-fixed"' in page.text
        assert 'id="public-computer"' not in page.text
        assert 'id="remember"' not in page.text
        broker.clock.advance(minutes=4)
        browser.comes_back(browser.presses(page, "provider-bundid"))
        session = broker.session_of(browser)
        assert session.public_computer
        assert session.expires_at == broker.clock() + timedelta(minutes=15), "whoever identified anew has fifteen minutes anew"

    def test_another_person_in_the_same_browser_too(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        signs_in_publicly(browser, tool)
        broker.hub.person = "hanne"
        browser.signs_in(browser.opens(tool.url(prompt="login")))
        assert is_public(broker, browser)

    def test_so_is_a_sign_in_at_a_tool_with_sessions_of_its_own(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        signs_in_publicly(browser, tool)
        forum = broker.tool("forum", logout=ISOLATED, first_party=True)
        page = browser.opens(forum.url())
        assert 'id="public-computer-fixed"' in page.text
        token = forum.redeems(browser.comes_back(browser.presses(page, "provider-bundid")).code).get_json()["access_token"]
        own = own_session(broker, browser, forum)
        assert own
        assert own.public_until == broker.clock() + timedelta(minutes=15)
        broker.clock.advance(minutes=5, seconds=1)
        assert dead(forum.asks_userinfo(token))

    def test_after_a_sign_out_it_is_a_matter_of_the_tick_again(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        signs_in_publicly(browser, tool)
        browser.presses(browser.opens("/logout"), "logout-confirm")
        page = browser.opens(tool.url())
        assert 'id="public-computer-fixed"' not in page.text
        browser.comes_back(browser.presses(page, "provider-bundid"))
        assert not is_public(broker, browser)

    def test_who_turns_back_at_the_citizen_id_keeps_the_tick(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        signs_in_publicly(browser, tool)
        page = browser.opens(broker.tool("wahl", minimum_trust=TrustLevel.HIGH).url(prompt="login"))
        hub = browser.presses(page, "provider-bundid")
        broker.hub.trouble = UpstreamCancelled()
        browser.comes_back(hub)
        assert is_public(broker, browser)


class TestLeaving:
    """A sign-out there leaves nothing signed in."""

    def test_only_this_tool_is_not_offered(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        wahl = broker.tool("wahl", logout=LogoutPolicy(may_stay_elsewhere=True), first_party=True)
        signs_in_publicly(browser, tool)
        wahl.redeems(browser.opens(wahl.url()).code)
        page = browser.opens("/logout?client_id=wahl")
        assert 'id="logout-only"' not in page.text
        again = browser.presses(page, "logout-confirm", decision="only")
        assert 'id="logout-confirm"' in again.text, "a form that says so all the same gets the question again"
        browser.presses(again, "logout-confirm")
        assert silent(browser, tool)["error"] == "login_required"

    @pytest.mark.parametrize(("page", "button"), [("/logout", "logout-confirm"), ("/account/sessions", "session-end-1")])
    def test_tools_with_sessions_of_their_own_are_left_too(
        self, broker: Broker, browser: Browser, tool: Tool, page: str, button: str
    ) -> None:
        forum, elsewhere = broker.tool("forum", logout=ISOLATED, first_party=True), broker.browser()
        at_home = forum.redeems(elsewhere.signs_in(elsewhere.opens(forum.url())).code).get_json()["access_token"]
        signs_in_publicly(browser, tool)
        here = forum.redeems(browser.signs_in(browser.opens(forum.url())).code).get_json()["access_token"]
        browser.presses(browser.opens(page), button)
        assert dead(forum.asks_userinfo(here))
        assert forum.client.client_id in {one.client_id for one in takes_all(broker.parts.stores.outbox)}
        assert forum.asks_userinfo(at_home).status_code == 200, "in another browser it goes on"

    def test_so_they_are_when_somebody_else_signs_in(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        forum = broker.tool("forum", logout=ISOLATED, first_party=True)
        signs_in_publicly(browser, tool)
        here = forum.redeems(browser.signs_in(browser.opens(forum.url())).code).get_json()["access_token"]
        broker.hub.person = "hanne"
        browser.signs_in(browser.opens(tool.url(prompt="login")))
        assert dead(forum.asks_userinfo(here))


def test_the_account_pages_have_the_switch(broker: Broker, browser: Browser) -> None:
    page = browser.presses(browser.opens("/account/links"), "account-sign-in")
    browser.comes_back(ticks(browser, page))
    assert is_public(broker, browser)
    assert 'id="public-computer' not in browser.presses(browser.opens("/account/links"), "link-add").text, "no session comes of it"


def test_so_has_a_sign_in_with_a_code_on_paper(broker: Broker, browser: Browser) -> None:
    code, tool = hands_out(broker).codes[0], youth_tool(broker)
    start = browser.opens(tool.url(scope="openid eligibility assurance"))
    consent = types(browser, ticks(browser, start, "voucher"), code)
    assert ends_at(consent)
    assert is_public(broker, browser)


def test_a_device_let_in_from_there_is_out_again_with_that_session(broker: Broker, browser: Browser) -> None:
    device = begins(device_tool(broker))
    page = browser.opens(f"/device/confirm?user_code={device.user_code}")
    choice = browser.presses(page, "device-confirm")
    done = browser.presses(browser.comes_back(ticks(browser, choice)), "consent-allow")
    assert "device-sign-out" in done.text, "which says to sign out here"
    answer = device.polls().get_json()
    assert answer["expires_in"] <= 600
    assert device.tool.asks_userinfo(answer["access_token"]).status_code == 200
    broker.clock.advance(minutes=5, seconds=1)
    assert dead(device.tool.asks_userinfo(answer["access_token"]))
