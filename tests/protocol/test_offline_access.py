"""How long a grant can be refreshed: offline or with the session, and who ends it before (A-08, A-31, OIDC Core 11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from broker.core.client import ClientStatus
from broker.core.client_policy import TokenPolicy
from broker.core.trust import TrustLevel
from broker.store.tables import subjects as subjects_table
from tests.protocol.test_code import refused
from tests.protocol.test_refresh_token import BOTH, SCOPES, WITH_SESSION, refreshed, tokens_of
from tests.protocol.test_userinfo import dead
from tests.support.app import Broker, closing
from tests.support.browser import Browser
from tests.support.tool import Tool

OFFLINE = TokenPolicy(grant_types=BOTH)


@pytest.fixture
def tool(broker: Broker) -> Tool:
    """A tool that gets refresh tokens for as long as the session lives."""
    return broker.tool(tokens=WITH_SESSION, scopes=SCOPES)


@pytest.fixture
def offline_tool(broker: Broker) -> Tool:
    """A tool that has to ask for access without the citizen."""
    return broker.tool("offline", tokens=OFFLINE, scopes=SCOPES)


def goes_offline(browser: Browser, tool: Tool) -> dict[str, Any]:
    """A sign-in with access that outlives the session."""
    return tokens_of(browser, tool, scope="openid profile offline_access", prompt="consent")


def test_rt_06_a_restart_revives_nothing(broker: Broker, browser: Browser, tool: Tool) -> None:
    first = goes_offline(browser, tool)["refresh_token"]
    second = refreshed(tool, first)["refresh_token"]
    third = refreshed(tool, second)["refresh_token"]

    broker.clock.advance(seconds=11)
    for again in closing(broker.starts_again(redis_url="fake://")):  # another process, and a Redis that forgot everything
        tool_again = replace(tool, app=again.app)
        assert refreshed(tool_again, third)
        assert refused(tool_again.refreshes(first))
        assert refused(tool_again.refreshes(third))


def test_rt_07_ninety_days_are_the_end_however_often_it_was_refreshed(broker: Broker, browser: Browser, offline_tool: Tool) -> None:
    token = goes_offline(browser, offline_tool)["refresh_token"]
    for _ in range(89):
        broker.clock.advance(days=1)
        token = refreshed(offline_tool, token)["refresh_token"]

    broker.clock.advance(hours=23, minutes=55)
    last = refreshed(offline_tool, token)
    assert last["expires_in"] == 300, "no token outlives its grant"
    broker.clock.advance(minutes=5)
    assert refused(offline_tool.refreshes(last["refresh_token"]))
    assert dead(offline_tool.asks_userinfo(last["access_token"]))


def test_rt_07_without_offline_access_the_session_is_the_end(broker: Broker, browser: Browser, tool: Tool) -> None:
    token = tokens_of(browser, tool)["refresh_token"]
    session = broker.session_of(browser)
    broker.clock.now = session.expires_at

    assert refused(tool.refreshes(token))


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize("gone", ["blocked", "erased", "tool", "citizen ID", "consent", "grant type"])
def test_rt_08_nobody_behind_the_grant_may_be_missing(broker: Broker, browser: Browser, tool: Tool, gone: str, offline: bool) -> None:
    answer = goes_offline(browser, tool) if offline else tokens_of(browser, tool)
    citizen, stores = broker.session_of(browser).subject_id, broker.parts.stores
    ends: dict[str, Any] = {
        "blocked": lambda: stores.database.run(subjects_table.update().values(status="blocked")),
        "erased": lambda: stores.accounts.erase(citizen),
        "tool": lambda: broker.changes(tool, status=ClientStatus.SUSPENDED),
        "citizen ID": lambda: stores.providers.replace_all([]),
        "consent": lambda: stores.consents.withdraw(citizen, tool.client.client_id),
        "grant type": lambda: broker.changes(tool, tokens=TokenPolicy()),
    }
    ends[gone]()

    response = tool.refreshes(answer["refresh_token"])

    expected = {"tool": ("invalid_client", 401), "grant type": ("unauthorized_client", 400)}
    assert refused(response, *expected.get(gone, ("invalid_grant", 400)))
    if gone != "grant type":
        assert dead(tool.asks_userinfo(answer["access_token"]))


def test_a_sign_out_ends_refreshing_with_the_session(browser: Browser, tool: Tool) -> None:
    token = tokens_of(browser, tool)["refresh_token"]
    browser.presses(browser.opens("/logout"), "logout-confirm")

    assert refused(tool.refreshes(token))


def test_offline_access_survives_the_sign_out_without_anything_from_the_citizen_id(
    broker: Broker, browser: Browser, offline_tool: Tool
) -> None:
    answer = goes_offline(browser, offline_tool)
    before = offline_tool.asks_userinfo(answer["access_token"]).get_json()
    browser.presses(browser.opens("/logout"), "logout-confirm")
    broker.clock.advance(days=30)

    later = refreshed(offline_tool, answer["refresh_token"])

    told = offline_tool.asks_userinfo(later["access_token"]).get_json()
    assert told == {"sub": before["sub"], "preferred_username": before["preferred_username"], "nickname": before["nickname"]}
    assert offline_tool.verifies(later["id_token"])["sub"] == before["sub"]


def test_rt_08_a_citizen_id_switched_off_ends_offline_access_also_without_a_session(
    broker: Broker, browser: Browser, offline_tool: Tool
) -> None:
    answer = goes_offline(browser, offline_tool)
    browser.presses(browser.opens("/logout"), "logout-confirm")
    assert offline_tool.asks_userinfo(answer["access_token"]).status_code == 200

    broker.parts.stores.providers.replace_all([])

    assert dead(offline_tool.asks_userinfo(answer["access_token"]))
    assert refused(offline_tool.refreshes(answer["refresh_token"]))


def test_offline_access_is_left_out_unless_the_citizen_is_asked_or_agreed_before(broker: Broker, browser: Browser, tool: Tool) -> None:
    asked_softly = broker.tool("soft", tokens=OFFLINE, scopes=SCOPES)

    plain = tokens_of(browser, asked_softly, scope="openid offline_access")
    assert "refresh_token" not in plain
    assert plain["scope"] == "openid"
    agreed = tokens_of(browser, asked_softly, scope="openid offline_access", prompt="consent")
    assert agreed["scope"] == "openid offline_access"
    assert agreed["refresh_token"]
    silent = tokens_of(browser, asked_softly, scope="openid offline_access", prompt="none")
    assert silent["scope"] == "openid offline_access"
    assert silent["refresh_token"]


def test_offline_access_is_explained_before_it_is_given(browser: Browser, offline_tool: Tool) -> None:
    page = browser.signs_in(browser.opens(offline_tool.url(scope="openid offline_access", prompt="consent")))

    assert 'id="offline"' in page.text
    assert "90 Tage" in page.text
    assert 'id="apis"' not in page.text


def test_a_step_up_carries_the_family_on(broker: Broker, browser: Browser) -> None:
    tool, strict = broker.tool("soft", tokens=WITH_SESSION), broker.tool("strict", minimum_trust=TrustLevel.HIGH)
    broker.hub.trust = TrustLevel.LOW
    token = tokens_of(browser, tool)["refresh_token"]
    broker.hub.trust = TrustLevel.HIGH
    browser.arrives(strict)

    assert refreshed(tool, token)
