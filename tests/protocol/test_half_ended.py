"""A session that ended in SQL while Redis was away, or whose deletion Redis lost, is dead all the same (issue 6, point 5; A-34, F-10)."""

from __future__ import annotations

import pytest

from broker.core.session import EndedBy
from tests.protocol.test_account_sessions import PAGE, cards
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool


@pytest.fixture
def half_ended(broker_everywhere: Broker) -> tuple[Broker, Tool, Browser]:
    """Ended by another device, which Redis never heard of."""
    broker = broker_everywhere
    tool, browser = broker.tool(), broker.browser()
    tool.redeems(browser.arrives(tool).code)
    broker.parts.stores.outbox.end_session(broker.session_of(browser).id, "elsewhere", by=EndedBy.CITIZEN)
    return broker, tool, browser


def test_it_lets_nobody_in_at_a_tool(half_ended: tuple[Broker, Tool, Browser]) -> None:
    _, tool, browser = half_ended
    assert browser.opens(tool.url(prompt="none")).answer["error"] == "login_required"
    assert 'id="provider-bundid"' in browser.opens(tool.url()).text


@pytest.mark.parametrize("path", ["/account/links", PAGE])
def test_the_account_shows_nothing_by_it(half_ended: tuple[Broker, Tool, Browser], path: str) -> None:
    _, _, browser = half_ended
    page = browser.opens(path)
    assert 'id="account-sign-in"' in page.text
    assert "BundID" not in page.text
    assert cards(page) == []


def test_the_start_page_says_that_it_is_over(half_ended: tuple[Broker, Tool, Browser]) -> None:
    _, _, browser = half_ended
    page = browser.opens("/")
    assert "Sie wurden hier abgemeldet" in page.text
    assert 'id="sign-out"' not in page.text
    assert "__Host-bp-session" not in browser.cookies()


def test_signing_out_and_in_work_as_ever(half_ended: tuple[Broker, Tool, Browser]) -> None:
    broker, tool, browser = half_ended
    browser.presses(browser.opens("/logout"), "logout-confirm")
    assert "__Host-bp-session" not in browser.cookies()
    assert "code" in browser.arrives(tool).answer
    assert len(cards(browser.opens(PAGE))) == 1
    assert len(broker.hub.ended) == 1
