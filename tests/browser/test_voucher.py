"""From a scanned code to the tool in a real browser: the code never gets into an address that is sent, and nothing needs a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask, redirect
from playwright.sync_api import Browser, Page
from werkzeug.wrappers import Response

from broker.core.client_policy import LoginStart
from tests.support.app import Broker, start
from tests.support.clock import Clock
from tests.support.services import free_port
from tests.support.serving import serving
from tests.support.voucher import hands_out, youth_tool

pytestmark = pytest.mark.browser


@dataclass
class School:
    """A broker, a tool at an origin of its own, and two codes."""

    broker: Broker
    issuer: str
    codes: tuple[str, ...]


@pytest.fixture
def school(sqlite_url: str, clock: Clock) -> Iterator[School]:
    issuer, tool_url = (f"http://localhost:{free_port()}" for _ in range(2))
    broker = start(sqlite_url, "fake://", clock, issuer=issuer)
    broker.issuer = issuer
    tool = youth_tool(broker, redirect_uris=(f"{tool_url}/callback",), login_start=LoginStart(f"{tool_url}/login"))
    site = Flask("tool")
    site.add_url_rule("/callback", "callback", lambda: "arrived")

    @site.get("/login")
    def login() -> Response:
        return redirect(issuer + tool.url(scope="openid eligibility assurance"))

    with serving(broker.app, int(issuer.rsplit(":", 1)[1])), serving(site, int(tool_url.rsplit(":", 1)[1])):
        yield School(broker, issuer, hands_out(broker, 2).codes)
    broker.parts.stores.close()


def _addresses(page: Page) -> list[str]:
    """Every address that this page asks for from now on, and what it posts."""
    heard: list[str] = []
    page.on("request", lambda asked: heard.append(f"{asked.url} {asked.headers.get('referer', '')}"))
    return heard


def test_a_scanned_code_waits_in_the_window_and_stands_in_the_field(chromium: Browser, school: School) -> None:
    page = chromium.new_page()
    heard, code = _addresses(page), school.codes[0]
    page.goto(f"{school.issuer}/voucher#{code}")
    assert page.locator("#voucher-noted").is_visible()
    assert "#" not in page.url
    page.click("#tool-1")
    page.click("#provider-voucher")
    assert page.input_value("#voucher") == code
    page.click("#voucher-redeem")
    page.click("#consent-allow")
    page.wait_for_url("**/callback?*")
    sent = [address for address in heard if "#" not in address]  # the browser cuts a fragment off before it asks
    assert sent
    assert not [address for address in sent if code in address]
    assert page.evaluate("history.length") > 1
    page.goto(f"{school.issuer}/voucher")
    assert page.locator("#voucher-noted").is_hidden(), "what was used is forgotten"
    page.close()


def test_without_scripts_the_code_is_typed(chromium: Browser, school: School) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{school.issuer}/voucher#{school.codes[1]}")
    assert page.locator("#voucher-noted").is_hidden()
    page.click("#tool-1")
    page.click("#provider-voucher")
    page.fill("#voucher", school.codes[1].lower().replace("-", " "))
    page.press("#voucher", "Enter")
    page.click("#consent-allow")
    page.wait_for_url("**/callback?*")
    context.close()


@pytest.mark.parametrize("fragment", ["%", "<img src=x onerror=alert(1)>", "x" * 5000])
def test_an_odd_fragment_is_only_ever_text_in_the_field(chromium: Browser, school: School, fragment: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{school.issuer}/voucher#{fragment}")
    page.click("#tool-1")
    page.click("#provider-voucher")
    assert len(page.input_value("#voucher")) <= 60
    page.click("#voucher-redeem")
    assert page.get_attribute("#voucher", "aria-invalid") == "true"
    context.close()
