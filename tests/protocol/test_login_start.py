"""A citizen who took longer than the tool remembers starts again there and brings no dead code (participation tools, rule 11)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from broker.core.client_policy import LoginStart
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser, Stop
from tests.support.tool import Tool, answer_in

START = "https://tool.test/login?to=sso"


def arrives_late(broker: Broker, browser: Browser, seconds: int, **changes: Any) -> tuple[Tool, Stop]:
    """A citizen needs that long at the citizen ID and then agrees."""
    tool = broker.tool(**{"login_start": LoginStart(START, "GET", 300), **changes})
    hub = browser.sets_out(tool.url(ui_locales="en"))
    broker.clock.advance(seconds=seconds)
    stop = browser.comes_back(hub)
    return tool, browser.presses(stop, "consent-allow") if 'id="consent-allow"' in stop.text else stop


def link_of(page: Stop) -> str:
    """Where the page's button leads."""
    found = re.search(r'<a id="start-again"[^>]* href="([^"]*)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


def test_within_its_time_a_tool_gets_the_code(broker: Broker, browser: Browser) -> None:
    tool, stop = arrives_late(broker, browser, 290)

    assert tool.redeems(stop.code).status_code == 200


@pytest.mark.parametrize("seconds", [298, 300, 600])
def test_later_the_citizen_starts_again_at_the_tool_and_is_through_in_silence(broker: Broker, browser: Browser, seconds: int) -> None:
    tool, page = arrives_late(broker, browser, seconds)

    assert page.location is None
    assert "code" not in page.text.split("<main")[1].split("</main>")[0].replace("kern-", "")
    assert answer_in(link_of(page)) == {"to": "sso", "iss": ISSUER}
    assert link_of(page).startswith(START)
    assert "You do not have to identify yourself again" in page.text

    again = browser.opens(tool.url(state="a new one"))
    assert again.answer["state"] == "a new one"
    assert tool.redeems(again.code).status_code == 200


def test_where_only_a_button_begins_it_the_page_says_so(broker: Broker, browser: Browser) -> None:
    _, page = arrives_late(broker, browser, 400, login_start=LoginStart("https://tool.test/sign_in", "POST", 300))

    assert link_of(page) == "https://tool.test/sign_in"
    assert "press the sign-in button there" in page.text


def test_without_a_start_the_tools_home_serves(broker: Broker, browser: Browser) -> None:
    _, page = arrives_late(broker, browser, 400, login_start=LoginStart(state_ttl=300))

    assert link_of(page) == "https://tool.test/"
    assert "press the sign-in button there" in page.text


@pytest.mark.parametrize(
    "changes", [{"login_start": LoginStart(START, "GET", 0)}, {"login_start": LoginStart(state_ttl=300), "base_url": ""}]
)
def test_a_tool_without_a_known_limit_or_place_to_start_gets_its_code_however_late(
    broker: Broker, browser: Browser, changes: dict[str, Any]
) -> None:
    _, stop = arrives_late(broker, browser, 600, **changes)

    assert "code" in stop.answer


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "0"}])
def test_a_tool_that_wants_a_new_identification_each_time_is_not_promised_silence(
    broker: Broker, browser: Browser, wish: dict[str, str]
) -> None:
    tool = broker.tool(login_start=LoginStart(START, "GET", 300))
    browser.arrives(tool)
    hub = browser.sets_out(tool.url(ui_locales="en", **wish))
    broker.clock.advance(seconds=400)

    page = browser.comes_back(hub)

    assert link_of(page).startswith(START)
    assert "identify yourself again" not in page.text


def test_a_refusal_is_told_however_late(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(login_start=LoginStart(START, "GET", 300))
    page = browser.opens(tool.url())
    broker.clock.advance(seconds=400)

    assert browser.presses(page, "sign-in-cancel").answer["error"] == "access_denied"
