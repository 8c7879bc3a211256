"""What citizens read when they sign out: who is told, who cannot be, and what could not be ended (LO-03, LO-08)."""

from __future__ import annotations

import json

import pytest

from broker.core.errors import UpstreamUnavailable
from tests.support.app import Broker
from tests.support.browser import Browser, Stop
from tests.support.tool import Tool, answer_in


@pytest.fixture
def hint(browser: Browser, tool: Tool) -> str:
    """An ID token of the citizen who is signed in in `browser`."""
    token: str = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
    return token


def is_the_last_page(stop: Stop) -> bool:
    """The page with the constant heading."""
    return stop.response.status_code == 200 and 'id="signed-out"' in stop.text


def test_a_hub_that_is_away_does_not_stop_a_sign_out_and_the_page_says_so(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    broker.hub.trouble = UpstreamUnavailable()

    page = browser.opens("/logout", query_string={"id_token_hint": hint, "ui_locales": "en"})

    assert is_the_last_page(page)
    assert "did not confirm that you are signed out there" in page.text
    assert "code" not in browser.opens(tool.url(prompt="none")).answer


def test_a_sign_out_that_the_hub_confirmed_raises_no_doubt(browser: Browser, hint: str) -> None:
    assert "did not confirm" not in browser.opens("/logout", query_string={"id_token_hint": hint, "ui_locales": "en"}).text


def test_the_pages_name_the_tools_and_say_where_one_stays_signed_in(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    deaf = broker.tool("deaf", backchannel_logout_uri="")
    deaf.redeems(browser.arrives(deaf).code)

    question = browser.opens("/logout", query_string={"ui_locales": "de"})
    last = browser.presses(question, "logout-confirm")

    for page in (question, last):
        told, _, untold = page.text.partition("Dort bleiben Sie angemeldet")
        assert tool.client.name in told
        assert tool.client.name not in untold
        assert deaf.client.name in untold


def test_the_tool_that_asked_is_not_listed_as_one_that_cannot_be_told(broker: Broker, browser: Browser) -> None:
    deaf = broker.tool("deaf", backchannel_logout_uri="", post_logout_redirect_uris=())
    token = deaf.redeems(browser.arrives(deaf).code).get_json()["id_token"]

    page = browser.opens("/logout", query_string={"id_token_hint": token, "ui_locales": "de"})

    assert is_the_last_page(page)
    assert "Dort bleiben Sie angemeldet" not in page.text


@pytest.mark.parametrize("how", ["query", "form"])
def test_ui_locales_choose_the_language_and_a_strange_logout_hint_changes_nothing(browser: Browser, hint: str, how: str) -> None:
    asked = {"ui_locales": "xx en-GB", "logout_hint": "x" * 9000 + "\u0000"}

    page = browser.opens("/logout", query_string=asked) if how == "query" else browser.posts("/logout", asked)

    assert 'id="logout-confirm"' in page.text
    assert 'lang="en"' in page.text


def test_the_language_survives_the_detour_of_a_form_from_another_site(broker: Broker) -> None:
    without_cookies = broker.app.test_client(use_cookies=False)

    response = without_cookies.post("/logout", base_url=broker.issuer, data={"ui_locales": "en", "state": "x"})

    assert answer_in(response.headers["Location"]) == {"ui_locales": "en", "state": "x"}


def test_lo_08_nothing_about_the_citizen_is_kept_by_the_browser(browser: Browser, tool: Tool, hint: str) -> None:
    ending = browser.client.get("/logout", base_url=browser.issuer, query_string={"id_token_hint": hint})
    stop = browser.opens(ending.headers["Location"])

    assert ending.headers["Cache-Control"] == stop.response.headers["Cache-Control"] == "no-store"
    assert ending.headers["Clear-Site-Data"] == '"cache"', "the language and the browser's own cookie stay"
    assert "__Host-bp-session" not in browser.cookies()
    assert json.dumps(browser.cookies()).count("erika") == 0
