"""Refresh tokens: rotation, copies noticed, lost answers given again, and what ends them (A-08, RFC 6749 6, OIDC Core 11, 12)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from broker.core.client_policy import AuthMethod, GrantType, TokenPolicy
from broker.core.errors import StoreUnavailable
from broker.core.grant import AccessToken, RefreshToken
from tests.protocol.test_code import refused
from tests.protocol.test_userinfo import dead
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.log import Log, written
from tests.support.tool import Tool

BOTH = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN)
WITH_SESSION = TokenPolicy(grant_types=BOTH, refresh_with_session=True)
SCOPES = ("openid", "profile", "assurance", "offline_access")


@pytest.fixture
def tool(broker: Broker) -> Tool:
    """A tool that gets refresh tokens for as long as the session lives."""
    return broker.tool(tokens=WITH_SESSION, scopes=SCOPES)


def tokens_of(browser: Browser, tool: Tool, **changes: str | None) -> dict[str, Any]:
    """What a sign-in brings."""
    answer: dict[str, Any] = tool.redeems(browser.arrives(tool, **changes).code).get_json()
    return answer


def refreshed(tool: Tool, refresh_token: str, **changes: str | None) -> dict[str, Any]:
    """A refresh that works."""
    response = tool.refreshes(refresh_token, **changes)
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
    answer: dict[str, Any] = response.get_json()
    return answer


def test_a_refresh_brings_new_tokens_and_a_successor(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool(tokens=WITH_SESSION)
    first = tokens_of(broker_everywhere.browser(), tool, scope="openid profile")
    broker_everywhere.clock.advance(minutes=5)

    second = refreshed(tool, first["refresh_token"])

    assert second.keys() == {"access_token", "token_type", "expires_in", "scope", "id_token", "refresh_token"}
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    assert (second["scope"], second["expires_in"], second["token_type"]) == ("openid profile", 600, "Bearer")
    assert tool.asks_userinfo(second["access_token"]).get_json() == tool.asks_userinfo(first["access_token"]).get_json()
    assert refreshed(tool, second["refresh_token"])


def test_the_refreshed_id_token_keeps_who_and_when_and_has_no_nonce(broker: Broker, browser: Browser, tool: Tool) -> None:
    answer = tokens_of(browser, tool, scope="openid assurance")
    first = tool.verifies(answer["id_token"])
    broker.clock.advance(minutes=3)

    second = tool.verifies(refreshed(tool, answer["refresh_token"])["id_token"])

    changed = {"iat", "exp", "at_hash", "nonce"}
    assert {name: value for name, value in first.items() if name not in changed} == {
        name: value for name, value in second.items() if name not in changed
    }
    assert second["iat"] == first["iat"] + 180
    assert "nonce" in first
    assert "nonce" not in second


def test_a_tool_without_the_grant_gets_no_refresh_token(browser: Browser, broker: Broker) -> None:
    tool = broker.tool("plain", scopes=SCOPES)

    answer = tokens_of(browser, tool, scope="openid offline_access", prompt="consent")

    assert "refresh_token" not in answer
    assert answer["scope"] == "openid"


def test_rt_01_a_copy_used_later_ends_the_whole_family(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool(tokens=WITH_SESSION)
    first = tokens_of(broker_everywhere.browser(), tool)
    second = refreshed(tool, first["refresh_token"])
    broker_everywhere.clock.advance(seconds=10)

    assert refused(tool.refreshes(first["refresh_token"]))

    assert refused(tool.refreshes(second["refresh_token"]))
    assert dead(tool.asks_userinfo(first["access_token"]))
    assert dead(tool.asks_userinfo(second["access_token"]))


def test_rt_01_the_copy_is_an_alarm_of_its_own(broker: Broker, browser: Browser, tool: Tool, log: Log) -> None:
    first = tokens_of(browser, tool)["refresh_token"]
    second = refreshed(tool, first)["refresh_token"]
    broker.clock.advance(seconds=10)
    log.clear()

    tool.refreshes(first)

    logged = written(log)
    assert "BP-400-MISUSE" in logged
    assert first not in logged
    assert second not in logged


def test_rt_02_another_clients_attempt_freezes_the_family(broker: Broker, browser: Browser, tool: Tool) -> None:
    thief = broker.tool("thief", tokens=WITH_SESSION)
    answer = tokens_of(browser, tool)

    assert refused(thief.refreshes(answer["refresh_token"]))

    assert refused(tool.refreshes(answer["refresh_token"]))
    assert dead(tool.asks_userinfo(answer["access_token"]))


def test_rt_02_a_client_id_beside_the_credentials_has_to_be_the_same(browser: Browser, tool: Tool) -> None:
    token = tokens_of(browser, tool)["refresh_token"]

    assert refused(tool.refreshes(token, client_id="thief"), "invalid_client", 401)
    assert refreshed(tool, token)


def test_rt_03_scope_may_shrink_and_never_grows(browser: Browser, tool: Tool) -> None:
    first = tokens_of(browser, tool, scope="openid profile")["refresh_token"]

    assert refused(tool.refreshes(first, scope="openid profile assurance"), "invalid_scope")
    assert refused(tool.refreshes(first, scope="openid everything"), "invalid_scope")
    less = refreshed(tool, first, scope="openid")
    assert less["scope"] == "openid"
    assert "preferred_username" not in tool.asks_userinfo(less["access_token"]).get_json()
    assert refused(tool.refreshes(less["refresh_token"], scope="openid profile"), "invalid_scope")
    assert refreshed(tool, less["refresh_token"])["scope"] == "openid"


def test_a_scope_without_any_word_is_as_good_as_none(browser: Browser, tool: Tool) -> None:
    token = tokens_of(browser, tool, scope="openid profile")["refresh_token"]

    assert refreshed(tool, token, scope="  ")["scope"] == "openid profile"


def test_rt_03_openid_once_left_out_does_not_come_back(browser: Browser, tool: Tool) -> None:
    first = tokens_of(browser, tool, scope="openid profile")["refresh_token"]

    without = refreshed(tool, first, scope="profile")

    assert "id_token" not in without
    assert dead(tool.asks_userinfo(without["access_token"]))
    assert refused(tool.refreshes(without["refresh_token"], scope="openid profile"), "invalid_scope")


def test_rt_03_an_api_that_was_not_agreed_to_is_refused(broker: Broker, browser: Browser) -> None:
    tool = broker.tool("caller", tokens=replace(WITH_SESSION, resources=("https://api.test",)))
    token = tokens_of(browser, tool)["refresh_token"]

    assert refused(tool.refreshes(token, resource="https://api.test"), "invalid_target")
    assert refreshed(tool, token)


def test_rt_04_of_many_at_once_all_get_the_same_successor(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool(tokens=WITH_SESSION)
    token = tokens_of(broker_everywhere.browser(), tool)["refresh_token"]

    for _ in range(5):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: tool.refreshes(token), range(8)))  # noqa: B023
        assert {answer.status_code for answer in answers} <= {200, 400}
        brought = {(one["access_token"], one["refresh_token"]) for one in (a.get_json() for a in answers if a.status_code == 200)}
        assert len(brought) == 1
        token = brought.pop()[1]


def test_rt_05_a_lost_answer_is_given_again_to_the_letter(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool(tokens=WITH_SESSION)
    token = tokens_of(broker_everywhere.browser(), tool)["refresh_token"]
    lost = refreshed(tool, token)
    broker_everywhere.clock.advance(seconds=9, milliseconds=999)

    again = refreshed(tool, token)

    assert (again["access_token"], again["refresh_token"]) == (lost["access_token"], lost["refresh_token"])
    assert again["expires_in"] == 590
    assert tool.asks_userinfo(again["access_token"]).status_code == 200
    assert refreshed(tool, again["refresh_token"])


def test_rt_05_once_somebody_went_on_nothing_is_given_again(browser: Browser, tool: Tool) -> None:
    first = tokens_of(browser, tool)["refresh_token"]
    second = refreshed(tool, first)
    third = refreshed(tool, second["refresh_token"])

    assert refused(tool.refreshes(first))

    assert tool.asks_userinfo(third["access_token"]).status_code == 200
    assert refreshed(tool, third["refresh_token"])


def test_rt_05_a_retry_that_asks_for_something_else_gets_nothing(browser: Browser, tool: Tool) -> None:
    first = tokens_of(browser, tool, scope="openid profile")["refresh_token"]
    second = refreshed(tool, first)

    assert refused(tool.refreshes(first, scope="openid"))
    assert refreshed(tool, second["refresh_token"])


def test_rt_05_an_outage_uses_nothing_up(browser: Browser, broker: Broker, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens_of(browser, tool)["refresh_token"]

    def away(token_hash: str, successor: RefreshToken, access: AccessToken) -> bool:
        raise StoreUnavailable

    with monkeypatch.context() as outage:
        outage.setattr(broker.parts.stores.refresh_tokens, "replace", away)
        response = tool.refreshes(token)
    assert (response.status_code, "Retry-After" in response.headers) == (503, True)
    assert response.get_json()["error"] == "temporarily_unavailable"
    assert refreshed(tool, token)


def test_a_refresh_token_of_a_public_client_is_rotated_too(broker: Broker, browser: Browser) -> None:
    app = broker.tool("app", auth_method=AuthMethod.NONE, tokens=WITH_SESSION)
    first = tokens_of(browser, app)["refresh_token"]
    refreshed(app, first)
    broker.clock.advance(seconds=10)

    assert refused(app.refreshes(first))


def test_rt_11_a_changed_token_is_worth_nothing(browser: Browser, tool: Tool) -> None:
    token = tokens_of(browser, tool)["refresh_token"]
    for changed in (token[:-1], token + "A", token.swapcase(), token[:42], f"{token}=", f" {token}", token[1:], "", "x" * 80 + token):
        assert tool.refreshes(changed or "x").status_code == 400
    assert refreshed(tool, token)


def test_rt_12_neither_code_nor_access_token_refreshes(browser: Browser, tool: Tool) -> None:
    stop = browser.arrives(tool)
    assert refused(tool.refreshes(stop.code))
    answer = tool.redeems(stop.code).get_json()
    assert refused(tool.refreshes(answer["access_token"]))
    assert refused(tool.refreshes(answer["id_token"]))
    assert refused(tool.redeems(answer["refresh_token"]))
    assert dead(tool.asks_userinfo(answer["refresh_token"]))


def test_a_missing_token_and_doubled_parameters_are_invalid_requests(browser: Browser, broker: Broker, tool: Tool) -> None:
    token = tokens_of(browser, tool)["refresh_token"]

    assert refused(tool.calls_token({"grant_type": "refresh_token"}, tool.basic()), "invalid_request")
    doubled = {"grant_type": "refresh_token", "refresh_token": [token, token]}
    response = broker.app.test_client().post("/token", base_url=broker.issuer, data=doubled, headers=tool.basic())
    assert refused(response, "invalid_request")
    assert refreshed(tool, token)


def test_claims_in_the_id_token_come_again_where_the_record_has_them_there(broker: Broker, browser: Browser) -> None:
    tool = broker.tool("old", tokens=WITH_SESSION, claims_in_id_token=True)
    answer = tokens_of(browser, tool, scope="openid profile")

    name = tool.verifies(answer["id_token"])["preferred_username"]

    assert tool.verifies(refreshed(tool, answer["refresh_token"])["id_token"])["preferred_username"] == name
