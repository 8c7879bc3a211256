"""What a silent sign-in costs the stores: four round trips to Redis, two SQL statements, no more (performance.md; issue point 12)."""

from __future__ import annotations

import pytest

from tests.support.app import ISSUER, Broker
from tests.support.statements import Statements, round_trips
from tests.support.tool import answer_in

_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")
_REMEMBERED = ("SELECT CLIENTS.", "SELECT PROVIDERS.", "SELECT SIGNING_KEYS.")  # read anew every few seconds, not for each sign-in


def test_a_silent_sign_in_asks_the_stores_six_times(broker_everywhere: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    broker, browser = broker_everywhere, broker_everywhere.browser()
    tool = broker.tool()
    browser.arrives(tool, scope="openid profile")
    url = tool.url(scope="openid profile")
    tool.redeems(answer_in(browser.client.get(url, base_url=ISSUER).headers["Location"])["code"])  # caches are warm

    with Statements(broker.parts.stores.database) as statements, round_trips(monkeypatch) as trips:
        location = browser.client.get(url, base_url=ISSUER).headers["Location"]
        response = tool.redeems(answer_in(location)["code"])

    assert response.status_code == 200
    work = [statement for statement in statements if not statement.upper().startswith((*_CONTROL, *_REMEMBERED))]
    assert len(work) <= 2, work
    assert len(trips) <= 4, trips


def test_userinfo_asks_once_each(broker_everywhere: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    broker, browser = broker_everywhere, broker_everywhere.browser()
    tool = broker.tool()
    token = tool.redeems(browser.arrives(tool).code).get_json()["access_token"]
    tool.asks_userinfo(token)

    with Statements(broker.parts.stores.database) as statements, round_trips(monkeypatch) as trips:
        assert tool.asks_userinfo(token).status_code == 200

    assert len([one for one in statements if not one.upper().startswith((*_CONTROL, *_REMEMBERED))]) == 1
    assert len(trips) <= 1


def test_machines_documents_ask_nobody(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = broker.tool()
    for path in ("/.well-known/openid-configuration", "/jwks"):
        tool.gets(path)
        with Statements(broker.parts.stores.database) as statements, round_trips(monkeypatch) as trips:
            assert tool.gets(path).status_code == 200
        assert not statements
        assert not trips
