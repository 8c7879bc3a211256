"""RU-13: nobody makes a link to us that leads on by itself to a tool which anybody could register."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from broker.core.client import ClientStatus
from tests.support.app import ISSUER, PROVIDERS, Broker
from tests.support.browser import Browser
from tests.support.tool import Tool, answer_in


@pytest.fixture
def sandbox(broker: Broker) -> Tool:
    """A tool that registered itself and was not looked at by anybody."""
    return broker.tool("sandbox", status=ClientStatus.SANDBOX)


@pytest.mark.parametrize("changes", [{"scope": "nonsense"}, {"response_type": "token"}, {"claims": "{"}, {"prompt": "none login"}, {}])
def test_ru_13_an_error_before_any_interaction_waits_for_a_click(browser: Browser, sandbox: Tool, changes: dict[str, str]) -> None:
    stop = browser.opens(sandbox.url(**changes))  # without changes: no citizen ID is there for tools that are tried out

    assert (stop.location, stop.response.status_code) == (None, 400)
    link = re.search(r'id="held-back-continue"[^>]* href="([^"]*)"', stop.text)
    assert link is not None
    answer = answer_in(html.unescape(link[1]))
    assert answer["state"] == sandbox.state
    assert answer["iss"] == ISSUER
    assert answer["error"] in stop.text
    assert "tool.test" in stop.text


def test_ru_13_as_a_form_it_waits_as_well(browser: Browser, sandbox: Tool) -> None:
    stop = browser.opens(sandbox.url(scope="nonsense", response_mode="form_post"))

    assert stop.response.status_code == 400
    assert "<script" not in stop.text
    assert 'name="error" value="invalid_scope"' in stop.text
    assert "form-action 'self' https://tool.test" in stop.response.headers["Content-Security-Policy"]


def test_ru_13_nothing_is_shown_under_prompt_none(browser: Browser, sandbox: Tool) -> None:
    assert browser.opens(sandbox.url(prompt="none")).answer["error"] == "login_required"


def test_ru_13_after_an_interaction_the_tool_is_told_at_once(broker: Broker, browser: Browser, sandbox: Tool) -> None:
    broker.parts.stores.providers.replace_all([replace(PROVIDERS[0], sandbox=True)])
    page = browser.opens(sandbox.url())

    assert browser.presses(page, "sign-in-cancel").answer["error"] == "access_denied"


def test_ru_13_a_tool_that_was_looked_at_is_told_at_once(browser: Browser, tool: Tool) -> None:
    assert browser.opens(tool.url(scope="nonsense")).answer["error"] == "invalid_scope"


def test_ru_13_a_pushed_request_is_no_way_around(browser: Browser, broker: Broker, sandbox: Tool) -> None:
    url = sandbox.pushed_url()

    stop = browser.opens(url)

    assert stop.location is None
    assert "held-back-continue" in stop.text
