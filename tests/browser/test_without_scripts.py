"""Every page does its work in a browser that runs no scripts, by mouse or by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
    yield page
    page.close()


def _posted(page: Page, button: str) -> str:
    with page.expect_request(lambda request: request.method == "POST") as posted:
        page.click(f"#{button}")
    return f"{posted.value.url.split('/', 3)[3]} {posted.value.post_data}"


@pytest.mark.parametrize(
    ("name", "button", "address", "field"),
    [
        ("choose", "provider-bundid", "sign-in/r3qu3st", "provider=bundid"),
        ("choose", "provider-bayernid", "sign-in/r3qu3st", "provider=bayernid"),
        ("choose", "sign-in-cancel", "sign-in/r3qu3st/cancel", "csrf_token="),
        ("consent", "consent-allow", "consent/r3qu3st", "pseudonym=heide-kranich-4821&decision=allow"),
        ("consent", "consent-deny", "consent/r3qu3st", "decision=deny"),
        ("unmet", "unmet-back", "unmet/r3qu3st", "csrf_token="),
        ("sign-out", "logout-confirm", "logout", "state=s"),
        ("sign-out-choice", "logout-only", "logout", "decision=only"),
    ],
)
def test_button_sends_its_form(page: Page, pages_url: str, name: str, button: str, address: str, field: str) -> None:
    page.goto(f"{pages_url}/page/{name}")
    sent = _posted(page, button)
    assert sent.startswith(f"{address} ")
    assert field in sent
    assert "csrf_token=" in sent  # SE-11: no form goes without it


def test_form_post_page_has_a_button_for_those_without_scripts(page: Page, pages_url: str) -> None:
    page.goto(f"{pages_url}/page/form-post")
    with page.expect_request("https://karte.musterstadt.example/**") as posted:
        page.click("#form-post-continue", no_wait_after=True)
    assert posted.value.post_data == "code=c&state=s"


def test_form_post_page_goes_on_by_itself_with_scripts(chromium: Browser, pages_url: str) -> None:
    page = chromium.new_page()
    page.route("https://karte.musterstadt.example/**", lambda route: route.fulfill(body="arrived"))
    page.goto(f"{pages_url}/page/form-post", wait_until="commit")
    page.wait_for_url("https://karte.musterstadt.example/callback")
    page.close()


def test_language_is_switched_by_a_link_and_remembered(page: Page, pages_url: str) -> None:
    page.goto(f"{pages_url}/page/signed-out")
    page.click("text=Leichte Sprache")
    assert page.inner_text("h1") == "Sie sind abgemeldet"
    assert "Wir können Sie nicht bei BundID abmelden." in page.inner_text("main")
    page.click("text=English")
    page.goto(f"{pages_url}/page/signed-out")
    assert page.inner_text("h1") == "You are signed out"


def test_keyboard_reaches_content_first(page: Page, pages_url: str) -> None:
    """WCAG 2.4.1: the first stop is the link past the header; then the order of the page."""
    page.goto(f"{pages_url}/page/choose")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    with page.expect_request(lambda request: request.method == "POST") as posted:
        page.keyboard.press("Enter")
    assert "provider=bundid" in (posted.value.post_data or "")
