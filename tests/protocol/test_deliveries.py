"""A tool's operator sees what became of sign-outs at that tool, and nothing of any other's (LO-03, F-36)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from broker.core.client_policy import AuthMethod
from broker.core.delivery import DeliveryState
from tests.protocol.test_code import refused
from tests.support.app import Broker
from tests.support.outages import sql_away
from tests.support.outbox import takes_all
from tests.support.tool import Tool


def shown(tool: Tool, **form: str) -> dict[str, Any]:
    """What the tool is told."""
    response = tool.gets(f"/deliveries?{urlencode(form)}", tool.basic())
    assert (response.status_code, response.mimetype) == (200, "application/json"), response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
    told: dict[str, Any] = response.get_json()
    return told


def signs_out(broker: Broker, *tools: Tool) -> list[str]:
    """A citizen enters these tools and signs out; the `sid` at each."""
    browser = broker.browser()
    sids = [tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])["sid"] for tool in tools]
    browser.presses(browser.opens("/logout"), "logout-confirm")
    return sids


def comes(broker: Broker, **changes: Any) -> None:
    """One attempt at everything that is due."""
    for taken in takes_all(broker.parts.stores.outbox):
        tried = replace(taken, attempts=taken.attempts + 1, last_attempt_at=broker.clock(), **changes)
        broker.parts.stores.outbox.settle([tried])


def test_lo03_each_delivery_says_how_it_stands(broker_everywhere: Broker) -> None:
    broker, tool = broker_everywhere, broker_everywhere.tool()
    (sid,) = signs_out(broker, tool)
    at = broker.clock().isoformat(timespec="seconds")

    (fresh,) = shown(tool)["deliveries"]
    assert fresh == {
        "sid": sid,
        "state": "pending",
        "attempts": 0,
        "status": None,
        "error": None,
        "latency_ms": None,
        "created_at": at,
        "last_attempt_at": None,
        "next_attempt_at": at,
    }
    comes(broker, outcome="timeout", duration_ms=5_001, next_attempt_at=broker.clock() + timedelta(seconds=20))
    (failing,) = shown(tool)["deliveries"]
    assert (failing["state"], failing["error"], failing["status"], failing["latency_ms"]) == ("pending", "timeout", None, 5_001)
    assert (failing["last_attempt_at"], failing["next_attempt_at"] > at) == (at, True)
    broker.clock.advance(minutes=1)
    comes(broker, state=DeliveryState.DELIVERED, outcome="200", duration_ms=12)
    (done,) = shown(tool)["deliveries"]
    assert (done["state"], done["status"], done["error"], done["attempts"], done["next_attempt_at"]) == ("delivered", 200, None, 2, None)


def test_the_summary_counts_a_day_and_whatever_waits(broker: Broker) -> None:
    tool = broker.tool()
    assert shown(tool)["summary"] == {
        "since": (broker.clock() - timedelta(hours=24)).isoformat(timespec="seconds"),
        "delivered": 0,
        "failed": 0,
        "pending": 0,
        "oldest_pending_seconds": None,
        "median_latency_ms": None,
    }
    signs_out(broker, tool)
    comes(broker, state=DeliveryState.DELIVERED, outcome="204", duration_ms=12)
    signs_out(broker, tool)
    comes(broker, state=DeliveryState.FAILED, outcome="400", duration_ms=5)
    signs_out(broker, tool)
    broker.clock.advance(seconds=90)

    summary = shown(tool)["summary"]

    assert (summary["delivered"], summary["failed"], summary["pending"]) == (1, 1, 1)
    assert (summary["oldest_pending_seconds"], summary["median_latency_ms"]) == (90, 12)
    broker.clock.advance(hours=-1)
    assert shown(tool)["summary"]["oldest_pending_seconds"] == 0, "a clock that went back makes no negative age (F-32)"


def test_a_tool_sees_its_own_only_and_no_name_of_a_person(broker: Broker) -> None:
    tool, other = broker.tool(), broker.tool("other")
    own, foreign = signs_out(broker, tool, other)

    assert [one["sid"] for one in shown(tool)["deliveries"]] == [own]
    assert [one["sid"] for one in shown(other)["deliveries"]] == [foreign]
    assert shown(other)["summary"]["pending"] == 1
    for delivery in takes_all(broker.parts.stores.outbox):
        assert delivery.sub not in str(shown(tool))


def test_limit_and_state_narrow_it_newest_first(broker: Broker) -> None:
    tool = broker.tool()
    sids = []
    for outcome in (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.PENDING):
        sids += signs_out(broker, tool)
        comes(broker, state=outcome, outcome="400", next_attempt_at=broker.clock() + timedelta(hours=1))
        broker.clock.advance(minutes=1)

    assert [one["sid"] for one in shown(tool)["deliveries"]] == sids[::-1]
    assert [one["sid"] for one in shown(tool, limit="1")["deliveries"]] == sids[2:]
    assert [one["sid"] for one in shown(tool, limit="200", state="failed")["deliveries"]] == sids[1:2]


@pytest.mark.parametrize(
    "form",
    [
        *({"limit": limit} for limit in ("0", "201", "-1", "ten", "²", "1e2", "9" * 5000)),
        *({"state": state} for state in ("gone", "PENDING", "\u0000")),
    ],
)
def test_nonsense_is_refused(broker: Broker, form: dict[str, str]) -> None:
    tool = broker.tool()
    assert refused(tool.calls("/deliveries", form), "invalid_request", 400)
    assert refused(tool.gets(f"/deliveries?{urlencode(form)}", tool.basic()), "invalid_request", 400)


def test_doubled_parameters_and_other_ways_are_refused(broker: Broker) -> None:
    tool = broker.tool()
    client = broker.app.test_client(use_cookies=False)

    def call(method: str = "POST", **options: Any) -> TestResponse:
        return client.open("/deliveries", method=method, base_url=broker.issuer, headers=tool.basic(), **options)

    assert refused(call(data={"limit": ["1", "2"]}), "invalid_request", 400)
    assert refused(call("GET", query_string="limit=1&limit=2"), "invalid_request", 400)
    assert refused(call(json={"limit": 1}), "invalid_request", 400)
    assert refused(call("PUT", data={"limit": "1"}), "invalid_request", 405)


def test_a_form_does_as_well_and_says_the_same(broker: Broker) -> None:
    tool = broker.tool()
    signs_out(broker, tool)
    signs_out(broker, tool)
    by_post = {"client_id": "karte", "client_secret": tool.secret, "limit": "1"}

    assert tool.posts("/deliveries", by_post).get_json() == tool.calls("/deliveries", {"limit": "1"}).get_json() == shown(tool, limit="1")


def test_a_secret_in_an_address_counts_for_nothing(broker: Broker) -> None:
    tool = broker.tool()
    assert refused(tool.gets(f"/deliveries?client_id=karte&client_secret={tool.secret}"), "invalid_client", 401)


def test_nobody_is_answered_without_proof(broker: Broker) -> None:
    tool, public = broker.tool(), broker.tool("app", auth_method=AuthMethod.NONE)
    client = broker.app.test_client(use_cookies=False)
    for response in (
        client.get("/deliveries", base_url=broker.issuer),
        client.get("/deliveries?client_id=karte", base_url=broker.issuer),
        client.post("/deliveries", base_url=broker.issuer, data={"client_id": "karte"}),
        client.post("/deliveries", base_url=broker.issuer, data={"limit": "1"}, headers=tool.basic(secret="x" * 43)),
        public.calls("/deliveries", {"limit": "1"}),
        tool.gets("/deliveries", tool.basic(secret="x" * 43)),
    ):
        assert refused(response, "invalid_client", 401)
        assert response.headers["WWW-Authenticate"]


def test_an_outage_is_told_as_one(broker: Broker) -> None:
    tool = broker.tool()
    with sql_away(broker):
        response = tool.gets("/deliveries", tool.basic())
    assert (response.status_code, response.get_json()["error"]) == (503, "temporarily_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert shown(tool)["deliveries"] == []
