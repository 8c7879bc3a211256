"""Every citizen page, on phone and desktop, light and dark, in each language: no axe finding, no policy message, nothing off the side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from broker.web.i18n import Language
from tests.browser.accessibility import findings, troubles_of
from tests.support.pages import PAGES

pytestmark = pytest.mark.browser
_LEAVE_AT_ONCE = ["*/form_post.js*", "*/frontchannel.js*"]
"""Scripts of the form_post page and the front-channel page, which would be gone before they can be looked at."""


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[Page]:
    """One window shows all pages one after another: a new one for each would fetch styles and fonts and compile axe again."""
    page = chromium.new_page()
    connection = page.context.new_cdp_session(page)
    connection.send("Network.enable")
    connection.send("Network.setBlockedURLs", {"urls": _LEAVE_AT_ONCE})  # Playwright's own routes would switch the cache off
    yield page
    page.context.close()


@pytest.fixture
def page(window: Page) -> Page:
    """The window, its last visit forgotten."""
    window.context.clear_cookies()
    return window


@contextmanager
def _policy_messages(page: Page) -> Iterator[list[str]]:
    """What the browser says of the content security policy meanwhile."""
    heard: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            heard.append(message.text)

    page.on("console", listen)
    yield heard
    page.remove_listener("console", listen)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_and_keeps_its_policy(page: Page, axe: str, pages_url: str, name: str, language: Language) -> None:
    """WCAG 2.0 to 2.2 A and AA and best practice; A-36."""
    with _policy_messages(page) as blocked:
        page.goto(f"{pages_url}/page/{name}?lang={language}")
        page.evaluate(axe)
        troubles = troubles_of(page) + blocked
    assert not troubles, "\n".join(troubles)


@pytest.mark.parametrize("name", PAGES)
def test_page_can_be_enlarged_to_400_percent(page: Page, pages_url: str, name: str) -> None:
    """WCAG 1.4.10: at 320 CSS pixels nothing needs scrolling in two directions."""
    page.set_viewport_size({"width": 320, "height": 256})
    page.goto(f"{pages_url}/page/{name}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_axe_does_find_what_is_wrong(page: Page, axe: str, pages_url: str) -> None:
    """The measure itself: a page that is broken on purpose is caught."""
    page.goto(f"{pages_url}/page/choose")
    page.evaluate("document.documentElement.removeAttribute('lang'); document.querySelector('h1').remove()")
    page.evaluate(axe)
    found = "\n".join(findings(page))
    assert "html-has-lang" in found
    assert "page-has-heading-one" in found


def test_policy_stops_markup_that_slipped_in(page: Page, pages_url: str) -> None:
    """RU-11, A-36: a script written into the page does not run."""
    with _policy_messages(page) as heard:
        page.goto(f"{pages_url}/page/choose")
        page.evaluate("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)")
        assert page.evaluate("window.ran") is None
    assert heard
