"""Who shares a `sub` with whom: the sector of a client that registered itself (OIDC Core 8.1, Registration 5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.registrar import Registrar, invitation
from tests.support.tool import Tool

SECTOR = "https://sector.test/redirects.json"
TWO_HOSTS = ["https://one.test/cb", "https://two.test/cb"]


@pytest.fixture
def live(broker: Broker, registrar: Registrar) -> Registrar:
    """Somebody whose clients are live at once."""
    registrar.token = invitation(broker, live=True)
    return registrar


def sub_of(browser: Browser, tool: Tool) -> str:
    sub: str = tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])["sub"]
    return sub


def test_several_hosts_need_a_file_that_lists_them(live: Registrar) -> None:
    assert live.registers(redirect_uris=TWO_HOSTS).get_json()["error"] == "invalid_client_metadata"
    live.web.pages[SECTOR] = json.dumps([*TWO_HOSTS, "https://three.test/cb"]).encode()
    made = live.made(redirect_uris=TWO_HOSTS, sector_identifier_uri=SECTOR)
    assert made["sector_identifier_uri"] == SECTOR
    assert live.web.fetched == [SECTOR]


def test_a_file_that_does_not_list_every_redirect_uri_is_refused(live: Registrar) -> None:
    text = json.dumps(" ".join(TWO_HOSTS)).encode()
    for page in (None, b"[]", json.dumps(TWO_HOSTS[:1]).encode(), b"{}", b"x", b"", text, b"[" * 60_000, b"\xff"):
        if page is not None:
            live.web.pages[SECTOR] = page
        answer = live.registers(redirect_uris=TWO_HOSTS, sector_identifier_uri=SECTOR)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_client_metadata"), page


def test_it_is_looked_at_again_at_every_change(live: Registrar) -> None:
    live.web.pages[SECTOR] = json.dumps(TWO_HOSTS).encode()
    made = live.made(redirect_uris=TWO_HOSTS, sector_identifier_uri=SECTOR)
    live.web.pages[SECTOR] = json.dumps(TWO_HOSTS[:1]).encode()
    assert live.changes(made).status_code == 400
    assert live.changes(made, redirect_uris=TWO_HOSTS[:1]).status_code == 200


def test_clients_of_one_sector_know_a_citizen_by_one_sub_and_others_by_another(browser: Browser, live: Registrar) -> None:
    live.web.pages[SECTOR] = json.dumps(TWO_HOSTS).encode()
    by_file: list[dict[str, Any]] = [live.made(redirect_uris=[uri], sector_identifier_uri=SECTOR) for uri in TWO_HOSTS]
    by_host = [live.made(redirect_uris=TWO_HOSTS[:1]), live.made(redirect_uris=[f"{TWO_HOSTS[0]}/second"])]
    other = live.made(redirect_uris=TWO_HOSTS[1:])

    subs = [sub_of(browser, live.tool(made)) for made in (*by_file, *by_host, other)]

    assert subs[0] == subs[1]
    assert subs[2] == subs[3]
    assert len(set(subs)) == 3


def test_applications_without_a_host_share_with_nobody(browser: Browser, live: Registrar) -> None:
    said: dict[str, Any] = {"application_type": "native", "token_endpoint_auth_method": "none", "redirect_uris": ["http://127.0.0.1/cb"]}
    first, second = live.tool(live.made(**said)), live.tool(live.made(**said))
    assert sub_of(browser, first) != sub_of(browser, second)


def test_op_01_the_file_is_fetched_by_the_guarded_client_only(live: Registrar) -> None:
    live.web.inner.add(SECTOR)
    live.web.pages[SECTOR] = json.dumps(TWO_HOSTS).encode()
    assert live.registers(redirect_uris=TWO_HOSTS, sector_identifier_uri=SECTOR).status_code == 400
    assert live.web.fetched == []


def test_cn_10_citizens_are_told_where_it_leads_not_where_its_file_is(live: Registrar) -> None:
    live.web.pages[SECTOR] = json.dumps(TWO_HOSTS).encode()
    made = live.made(redirect_uris=TWO_HOSTS, sector_identifier_uri=SECTOR)
    record = live.broker.parts.stores.clients.get(made["client_id"])
    assert (record.operator.name, record.sector) == ("one.test, two.test", "sector.test")
