"""Where a citizen lands whom a citizen ID or Keycloak's error page did not bring back as signed in, and the way on from there."""

from __future__ import annotations

import re

import pytest

from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser
from tests.support.choice_pages import BAYERNID
from tests.support.tool import Tool


@pytest.fixture
def on_the_way(broker: Broker, browser: Browser, tool: Tool) -> Browser:
    """Somebody whom the broker sent to BundID."""
    broker.parts.stores.providers.replace_all([*PROVIDERS, BAYERNID])
    assert browser.sets_out(tool.url()).is_at_hub
    return browser


@pytest.mark.parametrize(
    ("query", "code", "says"),
    [
        ("", "BP-502-INTERRUPTED", "Die Anmeldung wurde unterbrochen"),
        (
            "?kc_error=Ung%C3%BCltiger+Requester&reason=guest",
            "BP-403-GUEST",
            "als Gast hineingegangen",
        ),
        ("?reason=%3Cscript%3E&kc_error=%3Cscript%3Ealert(1)%3C/script%3E", "BP-502-INTERRUPTED", "Die Anmeldung wurde unterbrochen"),
        (f"?reason={'x' * 3000}", "BP-502-INTERRUPTED", "Die Anmeldung wurde unterbrochen"),
        ("?reason=guest&reason=other", "BP-403-GUEST", "als Gast"),
    ],
)
def test_the_page_says_what_happened_with_a_number_and_the_way_on(on_the_way: Browser, query: str, code: str, says: str) -> None:
    """Of what Keycloak's page says only one known word counts; nothing of it gets onto the page."""
    page = on_the_way.opens(f"/upstream/return{query}")
    assert page.response.status_code == 200
    assert page.error_code == code
    assert says in page.text
    assert re.search(r'id="reference">[0-9a-z]{10}<', page.text)
    assert "<script" not in page.text
    assert "Requester" not in page.text.partition("<main")[2]
    retry = re.search(r'id="try-again"[^>]*href="([^"]+)"', page.text)
    assert retry
    assert re.findall(r'id="provider-(\w+)"', on_the_way.opens(retry[1]).text) == ["bundid", "bayernid"]


def test_whoever_has_had_enough_goes_back_to_the_tool(on_the_way: Browser, tool: Tool) -> None:
    page = on_the_way.opens("/upstream/return?reason=guest")
    answer = on_the_way.presses(page, "sign-in-cancel").answer
    assert (answer["error"], answer["state"]) == ("access_denied", tool.state)


def test_a_citizen_id_that_never_leads_back_is_left_by_our_own_front_door(on_the_way: Browser) -> None:
    page = on_the_way.opens("/")
    onward = re.search(r'id="go-on"[^>]*href="([^"]+)"', page.text)
    assert onward
    assert 'id="provider-bundid"' in on_the_way.opens(onward[1]).text


def test_the_front_door_offers_nothing_that_is_over(broker: Broker, on_the_way: Browser, tool: Tool) -> None:
    assert "go-on" not in broker.browser().opens("/").text, "another browser"
    broker.clock.advance(minutes=16)
    signed_in = broker.browser()
    signed_in.arrives(tool)
    assert "go-on" not in signed_in.opens("/").text, "signed in since"


@pytest.mark.parametrize("value", ["made-up", "x" * 90, "../../etc"])
def test_a_made_up_sign_in_in_the_cookie_is_none(broker: Broker, browser: Browser, value: str) -> None:
    browser.opens("/")
    browser.client.set_cookie("__Host-bp-request", value, domain="broker.test", secure=True, path="/")
    assert "go-on" not in browser.opens("/").text
    assert browser.opens("/upstream/return").error_code == "BP-410-REQUEST"
