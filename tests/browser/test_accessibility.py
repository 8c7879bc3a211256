"""Every citizen page, on phone and desktop, light and dark, in each language: no axe finding, no policy message, nothing off the side."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route

from broker.web.i18n import Language
from tests.browser.accessibility import findings, troubles_of
from tests.support.pages import PAGES

pytestmark = pytest.mark.browser


def _hold_back_the_script(page: Page) -> None:
    """The form_post page and the front-channel page would leave before they can be looked at."""

    def hold(route: Route) -> None:
        route.abort()

    page.route("**/form_post.js*", hold)
    page.route("**/frontchannel.js*", hold)


def _policy_messages(page: Page) -> list[str]:
    heard: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            heard.append(message.text)

    page.on("console", listen)
    return heard


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_and_keeps_its_policy(chromium: Browser, axe: str, pages_url: str, name: str, language: Language) -> None:
    """WCAG 2.0 to 2.2 A and AA and best practice; A-36."""
    page = chromium.new_page()
    _hold_back_the_script(page)
    troubles = _policy_messages(page)
    page.goto(f"{pages_url}/page/{name}?lang={language}")
    page.evaluate(axe)
    troubles += troubles_of(page)
    page.close()
    assert not troubles, "\n".join(troubles)


@pytest.mark.parametrize("name", PAGES)
def test_page_can_be_enlarged_to_400_percent(chromium: Browser, pages_url: str, name: str) -> None:
    """WCAG 1.4.10: at 320 CSS pixels nothing needs scrolling in two directions."""
    page = chromium.new_page(viewport={"width": 320, "height": 256})
    _hold_back_the_script(page)
    page.goto(f"{pages_url}/page/{name}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()


def test_axe_does_find_what_is_wrong(chromium: Browser, axe: str, pages_url: str) -> None:
    """The measure itself: a page that is broken on purpose is caught."""
    page = chromium.new_page()
    page.goto(f"{pages_url}/page/choose")
    page.evaluate("document.documentElement.removeAttribute('lang'); document.querySelector('h1').remove()")
    page.evaluate(axe)
    found = "\n".join(findings(page))
    assert "html-has-lang" in found
    assert "page-has-heading-one" in found
    page.close()


def test_policy_stops_markup_that_slipped_in(chromium: Browser, pages_url: str) -> None:
    """RU-11, A-36: a script written into the page does not run."""
    page = chromium.new_page()
    heard = _policy_messages(page)
    page.goto(f"{pages_url}/page/choose")
    page.evaluate("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)")
    assert page.evaluate("window.ran") is None
    assert heard
    page.close()
