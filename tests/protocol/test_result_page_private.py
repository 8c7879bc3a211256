"""Who may see what became of a sign-out: that browser alone, for minutes, and nobody who sits there afterwards (LO-08, SE-03)."""

from __future__ import annotations

import re

import pytest

from broker.core.errors import StoreUnavailable
from broker.core.sign_out_ticket import TICKET_LIFETIME
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.last_page import answers, enters, is_bare, place, signs_out, states, tool_at
from tests.support.library import signs_in_publicly
from tests.support.tool import Tool


def test_lo_08_another_browser_and_a_stranger_to_the_ticket_see_nothing_of_it(broker: Broker, browser: Browser, tool: Tool) -> None:
    enters(browser, tool)
    page = signs_out(browser)
    other = broker.browser()
    other.opens(tool.url())  # it has a cookie of its own

    assert is_bare(other.opens(place(page)))
    assert is_bare(broker.browser().opens(place(page)))
    for wrong in ("x", "x" * 43, "%FF%FE", "a" * 3000):
        assert is_bare(browser.opens(f"/signed-out/{wrong}"))
    assert states(browser.opens(place(page)))


def test_lo_08_when_its_time_is_over_the_page_is_bare(broker: Broker, browser: Browser, tool: Tool) -> None:
    enters(browser, tool)
    page = signs_out(browser)

    broker.clock.advance(seconds=TICKET_LIFETIME.total_seconds())

    assert is_bare(browser.opens(place(page)))


def test_lo_08_se_03_after_the_next_sign_in_back_shows_nothing_of_the_one_before(broker_everywhere: Broker) -> None:
    broker, browser = broker_everywhere, broker_everywhere.browser()
    tool = broker.tool()
    enters(browser, tool)
    page = signs_out(browser)
    assert states(page)
    assert page.response.headers["Cache-Control"] == "no-store"

    broker.hub.person = "max"
    browser.arrives(tool)

    assert is_bare(browser.opens(place(page)))


def test_a_sign_out_that_leads_to_the_tool_takes_the_older_page_away(browser: Browser, broker: Broker, tool: Tool) -> None:
    enters(browser, tool)
    page = signs_out(browser)
    hint = enters(browser, tool)

    stop = browser.opens("/logout", query_string={"id_token_hint": hint, "post_logout_redirect_uri": "https://tool.test/bye"})

    assert stop.location == "https://tool.test/bye"
    assert is_bare(browser.opens(place(page)))


def test_nothing_about_the_session_stands_in_the_address_and_no_sign_out_makes_no_ticket(
    broker: Broker, browser: Browser, tool: Tool
) -> None:
    enters(browser, tool)
    session_id = broker.session_of(browser).id
    page = signs_out(browser)

    assert re.fullmatch(r"/signed-out/[A-Za-z0-9_-]{43}", place(page))
    assert session_id not in place(page)
    assert place(browser.opens("/logout")) == "/logout"


def test_f_02_without_redis_for_the_ticket_the_citizen_is_out_all_the_same(
    broker: Broker, browser: Browser, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    enters(browser, tool)

    def away(*arguments: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(type(broker.parts.stores.sign_out_tickets), "add", away)

    page = signs_out(browser)
    assert is_bare(page)
    assert place(page) == "/signed-out"
    assert browser.opens(tool.url(prompt="none")).answer["error"] == "login_required"


def test_on_a_public_computer_the_last_news_is_the_end_of_the_page(broker: Broker, browser: Browser) -> None:
    tool = tool_at(broker, "good")
    tool.redeems(signs_in_publicly(browser, tool).code)
    page = signs_out(browser)
    assert states(browser.opens(place(page))) == {"Tool good": "pending"}

    answers(broker, {"good": 200})

    assert states(browser.opens(place(page))) == {"Tool good": "done"}
    assert is_bare(browser.opens(place(page)))
