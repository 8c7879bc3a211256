"""Who types codes that are not good is stopped; who has a good one is served, whatever others do (CL-07)."""

from __future__ import annotations

from broker.core.voucher import new_voucher_code
from broker.flows.redeeming import MOST_WRONG
from tests.support.app import Broker
from tests.support.browser import Browser, form_of
from tests.support.tool import Tool
from tests.support.voucher import comes_to_the_field, hands_out, types, youth_tool


def guesses(browser: Browser, tool: Tool, times: int) -> str:
    """The last page after so many codes that nobody made."""
    page = comes_to_the_field(browser, tool)
    for _ in range(times):
        last = types(browser, page, new_voucher_code())
    return last.error_code or last.text


def test_cl_07_a_browser_that_keeps_guessing_is_told_to_wait(broker: Broker, browser: Browser) -> None:
    hands_out(broker)
    tool = youth_tool(broker)
    assert "kennen wir nicht" in guesses(browser, tool, MOST_WRONG["browser"])
    page = comes_to_the_field(browser, tool)
    refused = types(browser, page, new_voucher_code())
    assert (refused.response.status_code, refused.error_code) == (429, "BP-429-VOUCHER")
    assert "Warten Sie zehn Minuten" in refused.text


def test_cl_07_many_browsers_of_one_address_are_one_source(broker: Broker) -> None:
    code, rounds = hands_out(broker).codes[0], MOST_WRONG["source"] // MOST_WRONG["browser"]
    tool = youth_tool(broker)
    for _ in range(rounds):
        assert "kennen wir nicht" in guesses(broker.browser(), tool, MOST_WRONG["browser"])
    fresh = broker.browser()
    page = comes_to_the_field(fresh, tool)
    assert types(fresh, page, new_voucher_code()).error_code == "BP-429-VOUCHER"
    form = {**form_of(page.text, "voucher-redeem")[1], "voucher": new_voucher_code()}
    elsewhere = fresh.posts(page.response.request.path, form, environ_overrides={"REMOTE_ADDR": "198.51.100.9"})
    assert "kennen wir nicht" in elsewhere.text
    assert 'id="consent-allow"' in types(fresh, page, code).text, "a prank in class does not lock out the class"


def test_cl_07_slips_are_found_without_counting(broker: Broker, browser: Browser) -> None:
    code = hands_out(broker).codes[0]
    page = comes_to_the_field(browser, youth_tool(broker))
    wrong = ("C" if code[0] == "B" else "B") + code[1:]
    for _ in range(MOST_WRONG["browser"] + 5):
        assert "nicht vollständig" in types(browser, page, wrong).text
    assert "kennen wir nicht" in types(browser, page, new_voucher_code()).text
