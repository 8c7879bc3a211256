"""A citizen ID known to be out of order is shown as such, with the others first, and nobody is sent there unwarned (F-18, F-11)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.core.provider import Trouble, TroubleSource
from broker.core.upstream_errors import CitizenIdUnavailable
from broker.duties import build_worker
from broker.flows.watching import SOURCES_TO_BELIEVE, Watching
from broker.store.redis import Redis
from broker.store.troubles import Troubles
from tests.support.app import PROVIDERS, Broker, settings
from tests.support.browser import Browser, Stop
from tests.support.choice_pages import BAYERNID, LOCAL
from tests.support.services import RedisServer, free_port

OUT_OF_ORDER = "Gestört"


@pytest.fixture
def choice(broker: Broker) -> Broker:
    """Three citizen IDs."""
    broker.parts.stores.providers.replace_all([*PROVIDERS, BAYERNID, LOCAL])
    return broker


def watching(broker: Broker) -> Watching:
    return broker.parts.choosing.watching


def fails_for(broker: Broker, alias: str, *addresses: str) -> None:
    """Somebody at each of these addresses tries to sign in there, in vain."""
    tool = broker.tool("unlucky")
    for address in addresses:
        browser = broker.browser()
        browser.client.environ_base["REMOTE_ADDR"] = address
        hub = browser.presses(browser.opens(tool.url()), f"provider-{alias}")
        broker.hub.trouble = CitizenIdUnavailable()
        assert browser.comes_back(hub).error_code == "BP-503-CITIZEN-ID"
        broker.hub.trouble = None


def marked(page: Stop) -> list[str]:
    """Aliases shown as out of order."""
    cards = page.text.split('<li class="choice">')[1:]
    return [alias for card in cards if OUT_OF_ORDER in card for alias in re.findall(r'id="provider-(\w+)"', card)]


def offered(page: Stop) -> list[str]:
    return re.findall(r'id="provider-(\w+)"', page.text)


def test_f18_what_failed_for_several_is_marked_for_all_and_the_others_come_first(choice: Broker, browser: Browser) -> None:
    fails_for(choice, "bundid", *(f"192.0.2.{number}" for number in range(SOURCES_TO_BELIEVE)))
    page = browser.opens(choice.tool().url())
    assert marked(page) == ["bundid"]
    assert offered(page) == ["bayernid", "local", "bundid"]
    assert "Dort kann man sich gerade nicht anmelden" in page.text


def test_f18_what_failed_for_one_is_marked_for_that_one_only(choice: Broker, browser: Browser) -> None:
    tool = choice.tool()
    hub = browser.presses(browser.opens(tool.url()), "provider-bundid")
    choice.hub.trouble = CitizenIdUnavailable()
    assert marked(browser.comes_back(hub)) == ["bundid"]
    choice.hub.trouble = None
    assert marked(choice.browser().opens(tool.url())) == []


def test_f18_whoever_tries_all_the_same_and_gets_in_ends_it(choice: Broker, browser: Browser) -> None:
    fails_for(choice, "bundid", *(f"192.0.2.{number}" for number in range(SOURCES_TO_BELIEVE)))
    tool = choice.tool()
    assert browser.presses(browser.comes_back(browser.presses(browser.opens(tool.url()), "provider-bundid")), "consent-allow").code
    assert marked(choice.browser().opens(tool.url())) == []


def test_f18_a_hint_leads_nobody_there_unwarned(choice: Broker, browser: Browser) -> None:
    tool = choice.tool()
    watching(choice).troubles.note("bundid", Trouble(TroubleSource.LOOK, choice.clock()), timedelta(minutes=1))
    page = browser.opens(tool.url(idp_hint="bundid"))
    assert marked(page) == ["bundid"]
    assert browser.opens(tool.url(idp_hint="bayernid")).is_at_hub


def test_a_remembered_one_that_is_out_of_order_does_not_come_first(choice: Broker, browser: Browser) -> None:
    tool = choice.tool()
    browser.presses(browser.opens(tool.url()), "provider-bundid", remember="yes")
    watching(choice).troubles.note("bundid", Trouble(TroubleSource.LOOK, choice.clock()), timedelta(minutes=1))
    page = browser.opens(tool.url())
    assert offered(page) == ["bayernid", "local", "bundid"]
    assert "kern-btn--primary" not in page.text


@pytest.mark.parametrize(
    ("lang", "minutes", "words"),
    [
        ("de", 55, "Das wissen wir seit 09:05 Uhr."),
        ("de", 9 * 60 + 30, "Das wissen wir seit 00:30 Uhr."),  # yesterday in UTC
        ("de", 10 * 60 + 30, "Das wissen wir seit dem 25. November 2026, 23:30 Uhr."),
        ("de-leicht", 24 * 60, "Das wissen wir seit dem 25. November 2026, 10:00 Uhr."),
        ("en", 55, "We have known this since 09:05."),
        ("en", 24 * 60, "We have known this since 25 November 2026, 10:00."),
    ],
)
def test_since_when_it_is_known_names_the_day_unless_it_is_today(
    choice: Broker, browser: Browser, lang: str, minutes: int, words: str
) -> None:
    since = choice.clock() - timedelta(minutes=minutes)
    watching(choice).troubles.note("bundid", Trouble(TroubleSource.LOOK, since), timedelta(minutes=1))
    assert words in browser.opens(f"{choice.tool().url()}&ui_locales={lang}").text


@pytest.mark.parametrize(
    ("lang", "text"), [("de", "Wartung bis 6 Uhr."), ("en", "Maintenance until 6."), ("de-leicht", "Wartung bis 6 Uhr.")]
)
def test_an_administrators_notice_is_shown_in_the_pages_language(choice: Broker, browser: Browser, lang: str, text: str) -> None:
    until = choice.clock() + timedelta(hours=3)
    watching(choice).announce("bayernid", until, {"de": "Wartung bis 6 Uhr.", "en": "Maintenance until 6."})
    page = browser.opens(f"{choice.tool().url()}&ui_locales={lang}")
    card = next(one for one in page.text.split('<li class="choice">') if 'id="provider-bayernid"' in one)
    assert text in card
    assert offered(page)[-1] == "bayernid"


def test_markup_in_a_notice_is_text(choice: Broker, browser: Browser) -> None:
    watching(choice).announce("bundid", choice.clock() + timedelta(hours=1), {"de": "<b>Wartung</b>"})
    assert "&lt;b&gt;Wartung" in browser.opens(choice.tool().url()).text


def test_f18_the_worker_looks_where_the_file_says(choice: Broker, redis_server: RedisServer, sqlite_url: str) -> None:
    """The wiring: with the real store, an address where nobody is, and the worker's own task."""
    given = settings(sqlite_url, redis_server.url)
    choice.parts.stores.providers.replace_all([replace(PROVIDERS[0], probe_url=f"http://localhost:{free_port()}/metadata"), BAYERNID])
    worker = build_worker(given)
    (look,) = [task for task in worker.tasks if task.name == "look at citizen IDs"]
    troubles = Troubles(Redis.connect(redis_server.url))
    try:
        look.do()
        assert troubles.missed("bundid", timedelta(minutes=1)) == 2, "the worker's look and this one"
        assert troubles.missed("bayernid", timedelta(minutes=1)) == 1, "nobody looked where no address is named"
        assert (look.every_seconds or 0) * 3 <= 60, "told within a minute"
    finally:
        worker.close()
        for alias in ("bundid", "bayernid"):
            troubles.reached(alias)
