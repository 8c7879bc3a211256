"""The hub answers when the broker has stopped waiting: no session, nothing left over, and one click begins anew (F-15, UP-09)."""

from __future__ import annotations

import re

from broker.core.errors import UpstreamUnavailable
from broker.store.session_tables import sessions
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool

SESSION = "__Host-bp-session"


def test_f15_an_answer_after_the_deadline_signs_nobody_in(broker_everywhere: Broker) -> None:
    broker, browser = broker_everywhere, broker_everywhere.browser()
    tool = broker.tool()
    hub = browser.sets_out(tool.url())
    broker.hub.trouble = UpstreamUnavailable("timeout")

    late = browser.comes_back(hub)

    assert (late.response.status_code, late.error_code) == (503, "BP-503-UPSTREAM")
    assert SESSION not in browser.cookies()
    assert broker.parts.stores.database.all(sessions.select()) == [], "no orphan on the register"
    broker.hub.trouble = None
    again = browser.comes_back(hub)
    assert again.response.status_code in (400, 403, 410), "state and code were spent"
    assert SESSION not in browser.cookies()
    assert broker.parts.stores.database.all(sessions.select()) == []

    onward = re.search(r'id="try-again"[^>]*href="([^"]+)"', late.text)
    assert onward
    assert browser.comes_back(browser.chooses(browser.opens(onward[1]))).location is None
    assert SESSION in browser.cookies()


def test_f15_a_step_up_that_came_too_late_leaves_the_session_as_it_was(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)
    before = browser.cookies()[SESSION]
    hub = browser.sets_out(tool.url(prompt="login"))
    broker.hub.trouble = UpstreamUnavailable("timeout")

    browser.comes_back(hub)

    assert browser.cookies()[SESSION] == before
    assert "code" in browser.opens(tool.url(prompt="none")).answer
