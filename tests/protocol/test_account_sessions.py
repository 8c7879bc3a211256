"""Where a citizen is signed in, and ending it from there (issue 6, points 2 and 5; A-34: users can list and end sessions)."""

from __future__ import annotations

import re

import pytest

from broker.core.client_policy import LogoutPolicy
from tests.support.account import several_citizen_ids
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser, Stop
from tests.support.devices import FIREFOX, SAFARI
from tests.support.tool import Tool

PAGE = "/account/sessions"
HANDLE = re.compile(r'name="session" value="([^"]+)"')


def signed_in(broker: Broker, tool: Tool, device: str = FIREFOX, address: str = "203.0.113.7", person: str = "erika") -> Browser:
    """A browser of somebody that has used the tool."""
    broker.hub.person = person
    browser = broker.browser().uses(device, address)
    tool.redeems(browser.arrives(tool).code)
    return browser


def cards(page: Stop) -> list[str]:
    """The page's sessions, in its order, as text."""
    parts = re.findall(r'<li class="choice">(.*?)</button>', page.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", part).split()) for part in parts]


def is_signed_in(browser: Browser) -> bool:
    """Whether the browser is still known."""
    return 'id="sessions-end-all"' in browser.opens(PAGE).text


class TestThePage:
    def test_it_shows_each_device_with_time_place_tools_and_citizen_id_this_one_first(self, broker_everywhere: Broker) -> None:
        broker = broker_everywhere
        karte, haushalt = broker.tool("karte"), broker.tool("haushalt")
        here = signed_in(broker, karte)
        broker.clock.advance(minutes=5)
        signed_in(broker, haushalt, SAFARI, "198.51.100.9")
        first, second = cards(here.opens(PAGE))
        here_and_now = ("Dieses Gerät", "26. November 2026", "10:00", "den Sie gerade benutzen")
        for expected in ("Firefox, Windows", "BundID", "Tool karte", *here_and_now):
            assert expected in first, expected
        for expected in ("Safari, iPhone", "BundID", "Tool haushalt", "10:05", "Über einen anderen Internetanschluss"):
            assert expected in second, expected
        assert "Dieses Gerät" not in second
        assert "Tool karte" not in second

    def test_it_holds_no_address_no_version_and_no_id_of_a_session(self, broker: Broker, tool: Tool) -> None:
        browser = signed_in(broker, tool)
        text = browser.opens(PAGE).text
        for secret in ("203.0.113", "Mozilla", "145.0", broker.session_of(browser).id, broker.session_of(browser).subject_id):
            assert secret not in text

    def test_who_is_not_signed_in_sees_nothing_and_comes_back_after_signing_in(self, broker: Broker, browser: Browser) -> None:
        page = browser.opens(PAGE)
        assert cards(page) == []
        page = browser.signs_in(browser.presses(page, "account-sign-in"))
        assert len(cards(page)) == 1
        assert "Noch für keine Beteiligungsseite benutzt" in page.text

    def test_each_page_of_the_account_leads_back_to_itself(self, broker: Broker) -> None:
        for path, heading in {"/account": "Ihr Konto", "/account/links": "Ihre Bürgerkonten", PAGE: "Wo Sie angemeldet sind"}.items():
            browser = broker.browser()
            page = browser.signs_in(browser.presses(browser.opens(path), "account-sign-in"))
            assert f">{heading}</h1>" in page.text
            assert 'id="account-sign-in"' not in page.text

    def test_the_start_page_leads_there(self, broker: Broker, tool: Tool) -> None:
        assert 'id="account"' not in broker.browser().opens("/").text
        browser = signed_in(broker, tool)
        for path, link in {"/": "account", "/account": "account-sessions", PAGE: "account"}.items():
            assert f'id="{link}"' in browser.opens(path).text

    def test_another_account_is_not_in_it(self, broker: Broker, tool: Tool) -> None:
        signed_in(broker, tool, person="paul")
        assert len(cards(signed_in(broker, tool).opens(PAGE))) == 1

    def test_what_has_ended_is_not_in_it(self, broker: Broker, tool: Tool) -> None:
        other, here = signed_in(broker, tool, SAFARI), signed_in(broker, tool)
        other.presses(other.opens("/logout"), "logout-confirm")
        assert len(cards(here.opens(PAGE))) == 1

    def test_signing_in_anew_in_one_browser_is_one_session(self, broker: Broker, tool: Tool) -> None:
        here = signed_in(broker, tool)
        here.arrives(tool, prompt="login")
        assert len(cards(here.opens(PAGE))) == 1

    @pytest.mark.parametrize(("language", "heading"), [("en", "Where you are signed in"), ("de-leicht", "Ihre Anmeldungen")])
    def test_it_speaks_every_language(self, broker: Broker, tool: Tool, language: str, heading: str) -> None:
        assert heading in signed_in(broker, tool).opens(f"{PAGE}?lang={language}").text

    def test_english_dates_and_times_are_written_as_in_europe(self, broker: Broker, tool: Tool) -> None:
        (card,) = cards(signed_in(broker, tool).opens(f"{PAGE}?lang=en"))
        assert "on 26 November 2026 at 10:00" in card
        assert "on 26 November 2026 at 22:00" in card

    @pytest.mark.parametrize("path", ["/account", "/account/links", PAGE])
    def test_se_09_it_is_never_stored(self, broker: Broker, tool: Tool, path: str) -> None:
        headers = signed_in(broker, tool).client.get(path, base_url=ISSUER).headers
        assert headers["Cache-Control"] == "no-store"
        assert "Cookie" in headers["Vary"]


class TestEnding:
    def test_one_ends_everywhere_and_the_others_go_on(self, broker_everywhere: Broker) -> None:
        broker = broker_everywhere
        tool = broker.tool(scopes=("openid", "profile"))
        lost, here, third = (signed_in(broker, tool, device) for device in (SAFARI, FIREFOX, FIREFOX))
        lost_session = broker.session_of(lost)
        tokens = tool.redeems(lost.arrives(tool).code).get_json()
        page = here.opens(PAGE)
        button = next(number for number, card in enumerate(cards(page), 1) if "Safari, iPhone" in card)
        page = here.presses(page, f"session-end-{button}")
        assert "Safari, iPhone" not in page.text
        assert len(cards(page)) == 2
        assert not is_signed_in(lost)
        assert is_signed_in(third)
        assert tool.asks_userinfo(tokens["access_token"]).status_code == 401
        assert broker.parts.stores.outbox.pending()[0] >= 1, "the tool is told"
        assert lost_session.upstream_id_token in broker.hub.ended

    def test_tools_that_cannot_be_told_from_here_are_named_where_that_matters(self, broker: Broker, tool: Tool) -> None:
        silent = broker.tool("silent", backchannel_logout_uri="")
        browsers = [signed_in(broker, one, SAFARI) for one in (silent, tool)]
        for browser in browsers:
            for card in cards(browser.opens(PAGE)):
                elsewhere = "Tool silent" in card and "Dieses Gerät" not in card
                assert ("Von hier nicht abzumelden: Tool silent" in card) == elsewhere

    def test_all_others(self, broker: Broker, tool: Tool) -> None:
        others, here = [signed_in(broker, tool, SAFARI) for _ in range(2)], signed_in(broker, tool)
        page = here.presses(here.opens(PAGE), "sessions-end-others")
        assert len(cards(page)) == 1
        assert 'id="sessions-end-others"' not in page.text
        assert not any(map(is_signed_in, others))
        assert is_signed_in(here)

    def test_all_ends_this_one_too_and_says_so(self, broker: Broker, tool: Tool) -> None:
        other, here = signed_in(broker, tool, SAFARI), signed_in(broker, tool)
        page = here.presses(here.opens(PAGE), "sessions-end-all")
        assert 'id="signed-out"' in page.text
        assert "__Host-bp-session" not in here.cookies()
        assert not is_signed_in(here)
        assert not is_signed_in(other)

    def test_all_reports_on_the_tools_of_every_session_and_loads_nothing_for_other_browsers(self, broker: Broker) -> None:
        framed = LogoutPolicy(frontchannel_uri="https://tool.test/out", frontchannel_session_required=True)
        karte, haushalt = broker.tool("karte", logout=framed), broker.tool("haushalt", backchannel_logout_uri="", logout=framed)
        silent = broker.tool("silent", backchannel_logout_uri="")
        here = signed_in(broker, karte)
        for one in (haushalt, silent):
            signed_in(broker, one, SAFARI)
        page = here.presses(here.opens(PAGE), "sessions-end-all")
        for name in ("Tool karte", "Tool haushalt", "Tool silent"):
            assert name in page.text
        assert page.text.count("<iframe") == 1, "the session of this browser alone"

    def test_this_one_ends_like_any_sign_out(self, broker: Broker, tool: Tool) -> None:
        here = signed_in(broker, tool)
        page = here.presses(here.opens(PAGE), "session-end-1")
        assert 'id="signed-out"' in page.text
        assert "__Host-bp-session" not in here.cookies()

    def test_a_session_that_a_tool_keeps_for_itself_is_listed_by_its_name_and_ends_from_here(self, broker: Broker, tool: Tool) -> None:
        own = broker.tool("own", logout=LogoutPolicy(isolated_session=True))
        here = signed_in(broker, tool)
        begun = here.signs_in(here.opens(own.url()))
        assert "Nur für Tool own" in here.opens(PAGE).text, "also before the tool has taken its code"
        token = own.redeems(here.presses(begun, "consent-allow").code).get_json()["access_token"]
        page = here.opens(PAGE)
        button = next(number for number, card in enumerate(cards(page), 1) if "Nur für Tool own" in card)
        assert "Nur für" not in here.presses(page, f"session-end-{button}").text
        assert own.asks_userinfo(token).status_code == 401
        assert is_signed_in(here)

    def test_two_citizen_ids_of_one_account_are_one_list(self, broker: Broker, tool: Tool) -> None:
        several_citizen_ids(broker)
        here = signed_in(broker, tool)
        other = broker.browser()
        other.signs_in(other.opens(tool.url()), "bayernid")  # the same person at another citizen ID is another account until linked
        assert len(cards(here.opens(PAGE))) == 1


class TestAttacks:
    def handle_of(self, browser: Browser) -> str:
        found = HANDLE.search(browser.opens(PAGE).text)
        assert found
        return found[1]

    def ends(self, browser: Browser, **form: str) -> Stop:
        """Posts the form of the browser's own page, changed."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', browser.opens(PAGE).text)
        assert token
        return browser.posts(f"{PAGE}/end", {"csrf_token": token[1], **form})

    def test_another_accounts_session_is_not_told_apart_from_none(self, broker: Broker, tool: Tool) -> None:
        victim = signed_in(broker, tool, SAFARI, person="paul")
        handle, attacker = self.handle_of(victim), signed_in(broker, tool)
        taken, invented = self.ends(attacker, session=handle), self.ends(attacker, session="x" * 43)
        assert cards(taken) == cards(invented)
        assert taken.response.status_code == invented.response.status_code == 200
        assert is_signed_in(victim)
        assert is_signed_in(attacker)

    @pytest.mark.parametrize("handle", ["", "ü" * 43, "x" * 30_000, "\0", "' OR 1=1 --"])
    def test_nonsense_ends_nothing(self, broker: Broker, tool: Tool, handle: str) -> None:
        browser = signed_in(broker, tool)
        assert self.ends(browser, session=handle).response.status_code == 200
        assert self.ends(browser).response.status_code == 200, "none named"
        assert is_signed_in(browser)

    @pytest.mark.parametrize("path", ["end", "end-others", "end-all", "sign-in"])
    def test_se_11_without_the_forms_token_nothing_ends_and_a_look_changes_nothing(self, broker: Broker, tool: Tool, path: str) -> None:
        other, here = signed_in(broker, tool, SAFARI), signed_in(broker, tool)
        assert here.posts(f"{PAGE}/{path}", {"session": self.handle_of(other)}).error_code == "BP-403-FORM"
        assert here.opens(f"{PAGE}/{path}").response.status_code in (404, 405)
        assert is_signed_in(other)
        assert is_signed_in(here)

    @pytest.mark.parametrize("button", ["session-end-1", "sessions-end-others", "sessions-end-all"])
    def test_a_stale_page_does_no_harm(self, broker: Broker, tool: Tool, button: str) -> None:
        """The page was opened by somebody who is signed out by now."""
        other, here = signed_in(broker, tool, SAFARI), signed_in(broker, tool)
        page = here.opens(PAGE)
        here.presses(here.opens("/logout"), "logout-confirm")
        assert 'id="account-sign-in"' in here.presses(page, button).text
        assert is_signed_in(other)

    def test_a_session_cookie_in_another_browser_shows_no_list(self, broker: Broker, tool: Tool) -> None:
        """Without the cookie of the browser it began in, a session cookie opens nothing (A-28)."""
        victim, thief = signed_in(broker, tool), broker.browser().uses(FIREFOX)
        thief.client.set_cookie("__Host-bp-session", victim.cookies()["__Host-bp-session"], domain="broker.test", secure=True)
        assert cards(thief.opens(PAGE)) == []
