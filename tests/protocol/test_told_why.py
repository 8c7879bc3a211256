"""A browser that was signed out by another hand, or by time, is told why, once (issue 6, point 5; SE-06, FX stale cookies)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broker.core.client_policy import LogoutPolicy
from broker.core.session import EndedBy
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.devices import SAFARI
from tests.support.outages import redis_away, sql_away
from tests.support.statements import Statements
from tests.support.tool import Tool

SESSION = "__Host-bp-session"
TOLD = "Sie wurden hier abgemeldet"


def signed_in(broker: Broker, tool: Tool) -> Browser:
    browser = broker.browser()
    browser.arrives(tool)
    return browser


def ends_by(by: EndedBy) -> Callable[[Broker, Browser, Tool], None]:
    return lambda broker, browser, tool: _end(broker, browser, by)


def _end(broker: Broker, browser: Browser, by: EndedBy) -> None:
    session = broker.session_of(browser)
    broker.parts.overseeing.end(session.subject_id, session.id, by)


def _from_another_device(broker: Broker, browser: Browser, tool: Tool) -> None:
    other = signed_in(broker, tool).uses(SAFARI)
    other.presses(other.opens("/account/sessions"), "sessions-end-others")


def _by_time(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.clock.advance(hours=12)
    broker.parts.overseeing.end_expired()


def _by_time_before_the_worker_looks(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.clock.advance(hours=13)


def _by_leaving_a_public_computer_alone(broker: Broker, browser: Browser, tool: Tool) -> None:
    page = browser.opens(tool.url(prompt="login"))
    browser.signs_in(browser.presses(page, "provider-bundid", **{"public-computer": "yes"}))
    broker.clock.advance(minutes=6)


def _by_one_too_many(broker: Broker, browser: Browser, tool: Tool) -> None:
    for _ in range(10):
        broker.clock.advance(seconds=10)
        signed_in(broker, tool)


WAYS = {
    "too many": (_by_one_too_many, "auf vielen Geräten"),
    "administrator": (ends_by(EndedBy.ADMINISTRATOR), "die diesen Dienst betreuen"),
    "time": (_by_time, "war zu alt"),
    "time, worker away": (_by_time_before_the_worker_looks, "war zu alt"),
    "time, public computer": (_by_leaving_a_public_computer_alone, "war zu alt"),
    "hub": (ends_by(EndedBy.HUB), "Ihr Bürgerkonto, oder der Dienst"),
    "another device": (_from_another_device, "auf diesem oder einem anderen Gerät"),
    "erasure": (ends_by(EndedBy.ERASURE), "Ihr Konto wurde gelöscht"),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_next_choice_says_why_once_and_then_the_cookie_is_gone(broker: Broker, tool: Tool, way: str) -> None:
    end, words = WAYS[way]
    browser = signed_in(broker, tool)
    end(broker, browser, tool)
    page = browser.opens(tool.url())
    assert TOLD in page.text
    assert words in page.text
    assert 'id="provider-bundid"' in page.text
    assert SESSION not in browser.cookies()
    assert TOLD not in browser.opens(tool.url()).text


def test_the_start_page_says_so_too(broker_everywhere: Broker) -> None:
    broker = broker_everywhere
    browser = signed_in(broker, broker.tool())
    _end(broker, browser, EndedBy.ADMINISTRATOR)
    page = browser.opens("/")
    assert TOLD in page.text
    assert SESSION not in browser.cookies()
    assert TOLD not in browser.opens("/").text


@pytest.mark.parametrize(("language", "words"), [("en", "You were signed out here"), ("de-leicht", "Sie sind hier nicht mehr angemeldet")])
def test_it_is_said_in_every_language(broker: Broker, tool: Tool, language: str, words: str) -> None:
    browser = signed_in(broker, tool)
    _end(broker, browser, EndedBy.TOO_MANY)
    assert words in browser.opens(f"/?lang={language}").text


class TestNothingIsTold:
    def test_after_a_sign_out_of_its_own(self, broker: Broker, tool: Tool) -> None:
        browser = signed_in(broker, tool)
        browser.presses(browser.opens("/logout"), "logout-confirm")
        assert TOLD not in browser.opens(tool.url()).text

    def test_while_somebody_is_signed_in(self, broker: Broker, tool: Tool) -> None:
        browser = signed_in(broker, tool)
        assert TOLD not in browser.opens("/").text
        assert SESSION in browser.cookies()

    def test_of_a_session_that_was_only_replaced(self, broker: Broker, tool: Tool) -> None:
        browser = signed_in(broker, tool)
        stale = browser.cookies()[SESSION]
        browser.arrives(tool, prompt="login")
        browser.client.set_cookie(SESSION, stale, domain="broker.test", secure=True, path="/")
        assert TOLD not in browser.opens("/").text

    def test_at_a_tool_that_keeps_its_own_session_of_the_common_one_that_lives(self, broker: Broker, tool: Tool) -> None:
        own = broker.tool("own", logout=LogoutPolicy(isolated_session=True))
        browser = broker.browser()
        browser.signs_in(browser.presses(browser.opens(tool.url()), "provider-bundid", **{"public-computer": "yes"}))
        assert TOLD not in browser.opens(own.url()).text
        assert SESSION in browser.cookies()

    @pytest.mark.parametrize("cookie", ["x", "x" * 43, "x" * 3000])
    def test_to_a_cookie_that_is_none_of_ours(self, broker: Broker, cookie: str) -> None:
        browser = broker.browser()
        browser.client.set_cookie(SESSION, cookie, domain="broker.test", secure=True, path="/")
        assert TOLD not in browser.opens("/").text

    def test_se_06_during_an_outage_and_the_cookie_stays(self, broker: Broker, tool: Tool) -> None:
        browser = signed_in(broker, tool)
        with redis_away(broker):
            assert browser.opens("/").response.status_code == 503
        assert SESSION in browser.cookies()
        with sql_away(broker):
            assert TOLD not in browser.opens("/").text
        assert SESSION in browser.cookies()

    def test_se_06_an_outage_of_the_register_is_no_answer(self, broker: Broker, tool: Tool) -> None:
        browser = signed_in(broker, tool)
        _end(broker, browser, EndedBy.TOO_MANY)
        with sql_away(broker):
            assert TOLD not in browser.opens("/").text
        assert SESSION in browser.cookies()
        assert TOLD in browser.opens("/").text


def test_the_register_is_not_asked_for_who_is_signed_in_or_comes_without_a_cookie(broker: Broker, tool: Tool) -> None:
    browser = signed_in(broker, tool)
    for one in (browser, broker.browser()):
        with Statements(broker.parts.stores.database) as statements:
            one.client.get("/", base_url=ISSUER)
        assert not [statement for statement in statements if statement.startswith("SELECT sessions")]
