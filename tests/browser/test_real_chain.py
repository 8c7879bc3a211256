"""The way of a citizen through the real chain in a real browser, with scripts and without: what no simulated browser can show.

Chromium decides here: cookies of Keycloak across sites, `form-action` at every redirect after a form, forms that send themselves.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.support.stack import StartedStack

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.timeout(900)]

PATIENCE_MS = 60_000


def _identifies(page: Page, scripts: bool) -> None:
    """From the broker's choice to BundID and back, pressing what only those without scripts have to press."""
    page.click("#provider-bundid")
    if not scripts:
        page.click("#saml-post-binding button")
    page.click("#means-eid")
    page.click("#person-babette")
    page.click("#confirm")
    if not scripts:
        page.click("#continue")


def _agrees_if_asked(page: Page) -> None:
    page.wait_for_selector("#consent-allow, #claims")
    if page.locator("#consent-allow").count():
        page.click("#consent-allow")
    page.wait_for_selector("#claims")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_in_at_two_tools_and_out(chromium: Browser, stack: StartedStack, scripts: bool) -> None:
    page = chromium.new_page(java_script_enabled=scripts, locale="de-DE")
    page.set_default_timeout(PATIENCE_MS)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
    page.goto(f"{stack.tool_url('karte')}/login")
    _identifies(page, scripts)
    _agrees_if_asked(page)
    assert page.inner_text("[data-claim=name]") == "BABETTE MARIA HOFMANN"
    page.goto(f"{stack.tool_url('haushalt')}/login")
    _agrees_if_asked(page)
    page.click("#logout")
    page.wait_for_selector("#signed-out")
    page.goto(f"{stack.tool_url('karte')}/login?silent=1")
    assert page.inner_text("#error") == "login_required"
    assert refused == []
    page.close()
