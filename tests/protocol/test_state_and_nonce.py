"""What binds an answer to its request at the tool: `state`, `nonce`, and a code that leaks nowhere (A-05, A-12, A-18; PK-04, PK-05)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool


def test_pk_04_a_code_stands_in_the_query_alone_and_leaves_no_trace(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    stop = browser.opens(tool.url(state="chosen-by-an-attacker"))

    assert stop.location is not None
    assert urlsplit(stop.location).fragment == ""
    assert stop.text == "", "no page of ours that a browser could name in Referer"
    assert stop.response.headers["Referrer-Policy"] == "no-referrer"
    assert stop.response.headers["Cache-Control"] == "no-store"
    assert stop.answer["state"] == "chosen-by-an-attacker", "the tool compares it with its own and stops"


def test_pk_04_a_page_that_carries_a_code_names_nobody_where_it_leads(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    stop = browser.opens(tool.url(response_mode="form_post"))

    assert stop.response.headers["Referrer-Policy"] == "no-referrer"
    assert stop.response.headers["Cache-Control"] == "no-store"
    assert "http" not in stop.response.headers["Content-Security-Policy"].replace("form-action 'self' https://tool.test", "")


def test_pk_04_a_code_that_the_tool_did_not_redeem_dies_within_a_minute(broker: Broker, browser: Browser, tool: Tool) -> None:
    code = browser.arrives(tool).code
    broker.clock.advance(seconds=60)

    assert tool.redeems(code).get_json()["error"] == "invalid_grant"


def test_pk_05_a_nonce_sent_twice_is_echoed_twice(browser: Browser, tool: Tool) -> None:
    for _ in range(2):
        claims = tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])
        assert claims["nonce"] == tool.nonce, "whether it was used before is the tool's to know (OIDC Core 15.5.2)"


def test_pk_05_without_a_nonce_there_is_none(browser: Browser, tool: Tool) -> None:
    assert "nonce" not in tool.verifies(tool.redeems(browser.arrives(tool, nonce=None).code).get_json()["id_token"])


@pytest.mark.parametrize("nonce", ["n" * 10_000, "n" * 1025])
def test_pk_05_a_nonce_beyond_measure_is_invalid(browser: Browser, tool: Tool, nonce: str) -> None:
    assert browser.opens(tool.url(nonce=nonce)).answer["error"] == "invalid_request"


@pytest.mark.parametrize("nonce", ["n" * 1024, "\u00e4\u20ac\U0001d11e", "<script>", "a b+c%20"])
def test_pk_05_odd_nonces_come_back_exactly(browser: Browser, tool: Tool, nonce: str) -> None:
    assert tool.verifies(tool.redeems(browser.arrives(tool, nonce=nonce).code).get_json()["id_token"])["nonce"] == nonce
