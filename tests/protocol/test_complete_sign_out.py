"""A sign-out is complete: broker, hub, every other tool, every token of the session; what became of each is on record (LO-03, F-36)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from broker.core.client_policy import GrantType, TokenPolicy
from broker.flows.delivering import Delivering
from broker.flows.dispatching import Dispatching
from broker.flows.outbound import OutboundFailed
from tests.protocol.test_deliveries import shown
from tests.support.app import Broker
from tests.support.tool import Tool

TOKENS = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN), refresh_with_session=True)
SCOPES = ("openid", "profile", "offline_access")


class Tools:
    """Answers for tools: those in `away` give none."""

    def __init__(self, *away: str) -> None:
        self.away, self.told = set(away), list[str]()

    def post(self, url: str, _: Mapping[str, str]) -> int:
        name = url.rpartition("/")[2]
        if name in self.away:
            raise OutboundFailed("timeout")
        self.told.append(name)
        return 200

    def deliver(self, broker: Broker) -> None:
        """What a worker does now."""
        stores = broker.parts.stores
        delivering = Delivering(stores.clients, stores.signing_keys, broker.parts.keys.sign, self.post, broker.issuer, broker.clock)
        Dispatching(stores.outbox, delivering.attempt).run_once()


def tool_named(broker: Broker, name: str) -> Tool:
    return broker.tool(name, tokens=TOKENS, scopes=SCOPES, backchannel_logout_uri=f"https://tool.test/{name}")


def test_lo03_at_one_tool_means_everywhere(broker_everywhere: Broker) -> None:
    broker, browser = broker_everywhere, broker_everywhere.browser()
    asking, other, offline = (tool_named(broker, name) for name in ("asking", "other", "offline"))
    tokens = {tool.client.client_id: tool.redeems(browser.arrives(tool).code).get_json() for tool in (asking, other)}
    kept = offline.redeems(browser.arrives(offline, scope="openid offline_access", prompt="consent").code).get_json()

    browser.opens("/logout", query_string={"id_token_hint": tokens["asking"]["id_token"]})

    assert "__Host-bp-session" not in browser.cookies()
    assert browser.opens(other.url(prompt="none")).answer["error"] == "login_required"
    assert len(broker.hub.ended) == 1, "Keycloak was asked to end its own"
    for tool in (asking, other):
        mine = tokens[tool.client.client_id]
        assert tool.refreshes(mine["refresh_token"]).status_code == 400
        assert tool.asks_userinfo(mine["access_token"]).status_code == 401
        assert tool.introspects(mine["access_token"]) == {"active": False}
    assert offline.refreshes(kept["refresh_token"]).status_code == 200, "the citizen agreed that this one outlives the session"

    tools = Tools("offline")
    tools.deliver(broker)
    assert tools.told == ["other"], "the tool that asked knows"
    assert [(one["state"], one["status"]) for one in shown(other)["deliveries"]] == [("delivered", 200)]
    assert [(one["state"], one["error"]) for one in shown(offline)["deliveries"]] == [("pending", "timeout")]
    assert shown(asking)["deliveries"] == []


def test_f36_a_tool_that_is_dead_for_an_hour_is_told_once_when_it_is_back(broker: Broker) -> None:
    tool, browser, tools = tool_named(broker, "away"), broker.browser(), Tools("away")
    tool.redeems(browser.arrives(tool).code)
    browser.presses(browser.opens("/logout"), "logout-confirm")
    for _ in range(60):
        tools.deliver(broker)
        broker.clock.advance(minutes=1)
    (waiting,) = shown(tool)["deliveries"]
    assert (waiting["state"], waiting["error"], waiting["attempts"]) == ("pending", "timeout", 60)
    assert shown(tool)["summary"]["oldest_pending_seconds"] == 3600

    tools.away.clear()
    for _ in range(3):
        tools.deliver(broker)
        broker.clock.advance(minutes=1)
    assert tools.told == ["away"]
    (done,) = shown(tool, state="delivered")["deliveries"]
    assert (done["status"], done["attempts"]) == (200, 61)


@pytest.mark.parametrize("path", ["/account/links", "/account/sessions", "/"])
def test_lo08_whoever_asks_for_a_page_again_gets_nothing_personal(broker: Broker, path: str) -> None:
    tool, browser = broker.tool(), broker.browser()
    browser.arrives(tool)
    way = browser.client.get(tool.url(prompt="consent"), base_url=broker.issuer).headers["Location"]
    for page in (path, way):
        assert browser.client.get(page, base_url=broker.issuer).headers["Cache-Control"] == "no-store"
    cookies = browser.cookies()
    browser.presses(browser.opens("/logout"), "logout-confirm")

    for name, value in cookies.items():  # as a browser that kept them, or somebody who copied them
        browser.client.set_cookie(name, value, domain="broker.test", secure=True, path="/")
    for page in (path, way, "/logout"):
        assert "Erika" not in browser.opens(page).text
        assert tool.client.name not in browser.opens("/logout").text
