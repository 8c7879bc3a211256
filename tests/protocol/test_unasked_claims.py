"""A tool that cannot do without what the citizen ID was not asked for: one more sign-in, with the reason on the page (A-39, UP-13)."""

from __future__ import annotations

import pytest

from broker.core.client import ClientClaim
from broker.core.ports import UpstreamRequest
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool


@pytest.fixture
def votes(broker: Broker) -> Tool:
    """A tool that has to know where somebody lives, and would like a name."""
    claims = (ClientClaim("bp_resident_of", {"de": "Zweck", "en": "Purpose"}), ClientClaim("name", {"de": "Zweck"}, required=False))
    scopes = ("openid", "profile", "eligibility")
    return broker.tool("votes", claims=claims, scopes=scopes, municipalities=("05315000",), sector="votes.example.org")


def _asked(broker: Broker) -> UpstreamRequest:
    return broker.hub.asked[-1]


def test_each_tool_asks_for_its_own(broker: Broker, browser: Browser, tool: Tool, votes: Tool) -> None:
    browser.arrives(tool)
    assert "bp_resident_of" not in (_asked(broker).claims or ())
    page = browser.opens(votes.url(scope="openid eligibility"))
    told = page.text.partition('id="unasked-claims">')[2].partition("</ul>")[0]
    assert "Wohnort in der Gemeinde" in told
    assert "Name" not in told, "what it can do without is no reason"

    consent = browser.comes_back(browser.presses(page, "provider-bundid"))
    assert set(_asked(broker).claims or ()) == {"bp_resident_of", "name"}
    assert browser.presses(consent, "consent-allow").code
    assert browser.opens(votes.url(scope="openid eligibility")).code, "asked once, whatever the citizen ID could say"


def test_it_is_no_reason_where_the_request_does_not_ask_for_it(browser: Browser, tool: Tool, votes: Tool) -> None:
    browser.arrives(tool)
    assert "unasked-claims" not in browser.opens(votes.url(scope="openid profile")).text


def test_nor_under_prompt_none(broker: Broker, browser: Browser, tool: Tool, votes: Tool) -> None:
    broker.browser().arrives(votes, scope="openid eligibility")  # agreed to, elsewhere
    browser.arrives(tool)
    assert browser.opens(votes.url(scope="openid eligibility", prompt="none")).code


def test_who_gives_up_there_is_told_to_the_tool(browser: Browser, tool: Tool, votes: Tool) -> None:
    browser.arrives(tool)
    page = browser.opens(votes.url(scope="openid eligibility"))
    assert browser.presses(page, "sign-in-cancel").answer["error"] == "access_denied"
