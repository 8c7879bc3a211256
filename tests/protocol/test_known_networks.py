"""Networks that the municipality listed: their public computers are public whatever a form says, others only have a name (moonshot 15)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.client import Redis as RedisClient
from sqlalchemy import text, update

from broker.app import create_app
from broker.core.errors import ConfigurationError
from broker.store.columns import metadata
from broker.store.session_tables import sessions
from tests.support.account import several_citizen_ids
from tests.support.app import Addresses, Broker, closing, settings, start
from tests.support.browser import Browser, Stop
from tests.support.clock import Clock
from tests.support.library import AT_HOME, IN_LIBRARY, IN_TOWN_HALL, LIST, ends_at, is_public, listed, signs_in_publicly, sits
from tests.support.log import Log, written
from tests.support.tool import Tool
from tests.support.voucher import hands_out, types, youth_tool


@pytest.fixture
def broker(addresses: Addresses, clock: Clock, tmp_path: Path) -> Iterator[Broker]:
    """A broker that callers reach directly, and that knows a library and a town hall."""
    yield from closing(start(*addresses, clock, networks=listed(tmp_path)))


@pytest.fixture
def proxied(addresses: Addresses, clock: Clock, tmp_path: Path) -> Iterator[Broker]:
    """The same behind one proxy."""
    yield from closing(start(*addresses, clock, networks=listed(tmp_path), trusted_proxies=1))


def network_of(broker: Broker, browser: Browser) -> str:
    """What the register has of the browser's session."""
    noted = broker.parts.stores.session_register.find(broker.session_of(browser).id)
    assert noted
    return noted.network


def fixed(page: Stop) -> bool:
    """Whether the choice page says that this is a public computer, and offers no way to say otherwise."""
    said = 'id="public-computer-fixed"' in page.text
    assert said is ('id="public-computer"' not in page.text)
    return said


@pytest.mark.parametrize(
    ("language", "title", "sentence"),
    [
        ("de", "Das ist ein öffentlicher Computer", "Dieser Computer gehört zu: Stadtbibliothek."),
        ("en", "This is a public computer", "This computer belongs to: City library."),
        ("de-leicht", "Diesen Computer benutzen auch andere Menschen", "Der Computer gehört zu: Stadt-Bibliothek."),
    ],
)
def test_the_library_is_named_and_nothing_can_be_unticked(
    broker: Broker, browser: Browser, tool: Tool, language: str, title: str, sentence: str
) -> None:
    page = sits(browser, IN_LIBRARY).opens(tool.url(ui_locales=language))
    assert fixed(page)
    assert title in page.text
    assert sentence in page.text
    assert 'id="remember"' not in page.text
    browser.comes_back(browser.presses(page, "provider-bundid", **{"public-computer": "", "remember": "yes"}))
    assert is_public(broker, browser)
    assert network_of(broker, browser) == "bibliothek"
    assert "__Host-bp-citizen-id" not in browser.cookies()


def test_elsewhere_it_is_the_citizens_word(broker: Broker, browser: Browser, tool: Tool) -> None:
    page = sits(browser, AT_HOME).opens(tool.url())
    assert not fixed(page)
    browser.signs_in(page)
    assert not is_public(broker, browser)
    assert network_of(broker, browser) == ""


@pytest.mark.parametrize(("language", "name"), [("de", "Stadtbibliothek"), ("en", "City library"), ("de-leicht", "Stadt-Bibliothek")])
def test_the_list_of_sessions_names_the_network(broker: Broker, browser: Browser, tool: Tool, language: str, name: str) -> None:
    browser.signs_in(sits(browser, IN_LIBRARY).opens(tool.url()))
    assert f"{name}</span>" in browser.opens(f"/account/sessions?lang={language}").text


def test_a_network_that_left_the_list_has_no_name_any_more(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.signs_in(sits(browser, IN_LIBRARY).opens(tool.url()))
    with broker.parts.stores.database.transaction() as connection:
        connection.execute(update(sessions).values(network="closed-since"))
    page = browser.opens("/account/sessions")
    assert page.response.status_code == 200
    assert "closed-since" not in page.text


def test_the_guests_wlan_is_a_name_and_no_more(broker: Broker, browser: Browser, tool: Tool) -> None:
    page = sits(browser, IN_TOWN_HALL).opens(tool.url())
    assert not fixed(page)
    browser.signs_in(page)
    assert not is_public(broker, browser)
    assert network_of(broker, browser) == "gaeste"
    browser.presses(browser.opens("/logout"), "logout-confirm")
    signs_in_publicly(browser, tool)
    assert is_public(broker, browser), "the citizen may say so there as well"


def test_a_memory_from_another_place_is_neither_shown_nor_kept(broker: Broker, browser: Browser, tool: Tool) -> None:
    several_citizen_ids(broker)
    browser.presses(sits(browser, AT_HOME).opens(tool.url()), "provider-bayernid", remember="yes")
    page = sits(browser, IN_LIBRARY).opens(tool.url())
    assert "Zuletzt gewählt" not in page.text
    assert 'id="choice-forget"' not in page.text
    browser.presses(page, "provider-bundid")
    assert "__Host-bp-citizen-id" not in browser.cookies()


def test_a_tools_hint_leads_past_the_page_and_not_past_the_rule(broker: Broker, browser: Browser, tool: Tool) -> None:
    several_citizen_ids(broker)
    browser.presses(sits(browser, AT_HOME).opens(tool.url()), "provider-bayernid", remember="yes")
    hub = sits(browser, IN_LIBRARY).opens(tool.url(idp_hint="bundid"))
    assert hub.is_at_hub
    assert ends_at(browser.comes_back(hub))
    assert is_public(broker, browser)
    assert "__Host-bp-citizen-id" not in browser.cookies()


def test_who_begins_at_home_and_comes_back_in_the_library_is_in_the_library(broker: Broker, browser: Browser, tool: Tool) -> None:
    hub = browser.chooses(sits(browser, AT_HOME).opens(tool.url()))
    sits(browser, IN_LIBRARY).comes_back(hub)
    assert is_public(broker, browser)


def test_who_begins_in_the_library_and_comes_back_from_elsewhere_too(broker: Broker, browser: Browser, tool: Tool) -> None:
    hub = browser.chooses(sits(browser, IN_LIBRARY).opens(tool.url()))
    sits(browser, AT_HOME).comes_back(hub)
    assert is_public(broker, browser)
    assert network_of(broker, browser) == "", "noted is where the citizen is when the session begins"


def test_a_code_on_paper_counts_like_a_citizen_id(broker: Broker, browser: Browser) -> None:
    code, tool = hands_out(broker).codes[0], youth_tool(broker)
    field = browser.presses(sits(browser, IN_LIBRARY).opens(tool.url(scope="openid eligibility assurance")), "provider-voucher")
    assert ends_at(types(browser, field, code))
    assert (is_public(broker, browser), network_of(broker, browser)) == (True, "bibliothek")


def test_the_account_pages_too(broker: Broker, browser: Browser) -> None:
    page = browser.presses(sits(browser, IN_LIBRARY).opens("/account/links"), "account-sign-in")
    assert fixed(page)
    account = browser.comes_back(browser.presses(page, "provider-bundid"))
    assert ends_at(account)
    assert is_public(broker, browser)


@pytest.mark.parametrize(
    ("forwarded", "in_library"),
    [(IN_LIBRARY, True), (f"{AT_HOME}, {IN_LIBRARY}", True), (f"{IN_LIBRARY}, {AT_HOME}", False), (AT_HOME, False)],
)
def test_behind_a_proxy_its_own_entry_counts_and_nobody_elses(proxied: Broker, forwarded: str, in_library: bool) -> None:
    page = sits(proxied.browser(), "10.0.0.1", forwarded).opens(proxied.tool().url())
    assert fixed(page) is in_library


@pytest.mark.parametrize("forwarded", ["unknown", "192.0.2.20:51234", "192.0.2.300", "x" * 4000])
def test_an_address_that_is_none_is_no_network_and_no_error(proxied: Broker, forwarded: str) -> None:
    page = sits(proxied.browser(), IN_LIBRARY, forwarded).opens(proxied.tool().url())
    assert page.response.status_code == 200
    assert not fixed(page)


def test_without_the_setting_a_header_is_not_believed(broker: Broker, browser: Browser, tool: Tool) -> None:
    assert not fixed(sits(browser, AT_HOME, IN_LIBRARY).opens(tool.url()))
    assert fixed(sits(browser, IN_LIBRARY, AT_HOME).opens(tool.url()))


def test_the_address_is_neither_stored_nor_logged(broker: Broker, browser: Browser, tool: Tool, log: Log) -> None:
    sits(browser, IN_LIBRARY)
    assert tool.redeems(browser.arrives(tool, scope="openid profile").code).status_code == 200
    assert IN_LIBRARY not in written(log)
    with broker.parts.stores.database.transaction() as connection:
        rows = [str(tuple(row)) for table in metadata.tables for row in connection.execute(text(f'select * from "{table}"'))]
    assert rows
    assert not [row for row in rows if IN_LIBRARY in row]
    client: RedisClient = broker.parts.stores.redis._client
    assert not [name for name in client.scan_iter() if IN_LIBRARY.encode() in name]
    session = broker.session_of(browser)
    assert IN_LIBRARY not in repr(session)


def test_a_wrong_list_stops_the_start_with_file_and_line(tmp_path: Path, clock: Clock) -> None:
    path = listed(tmp_path, LIST.replace("192.0.2.16/28", "192.0.2.17/28"))
    with pytest.raises(ConfigurationError) as refused:
        create_app(settings("sqlite://", "fake://", networks=path), clock)
    assert str(refused.value.detail) == f"{path}:4: '192.0.2.17/28' names one address and a width; is '192.0.2.16/28' meant?"
