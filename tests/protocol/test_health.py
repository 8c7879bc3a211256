"""Liveness, readiness and metrics (F-27, IN-03)."""

from __future__ import annotations

import re
from dataclasses import replace
from threading import Event
from time import monotonic

import pytest
import redis
from prometheus_client import REGISTRY, generate_latest

from broker.core.errors import UpstreamUnavailable
from broker.core.signing_key import KeyState
from broker.web.health import Readiness
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.servers import until
from tests.support.tool import Tool


def test_alive_and_ready_by_any_name(broker: Broker) -> None:
    client = broker.app.test_client()

    for host in ("broker.test", "10.0.0.7:8000"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200
        ready = client.get("/readyz", headers={"Host": host})
        assert ready.status_code == 200
        parts = ready.get_json()["parts"]
        assert {parts[name] for name in ("sql", "redis", "schema", "clock", "signing_key")} == {"ok"}


def test_a_store_that_is_away_makes_it_unready_but_not_dead(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(redis.Redis, "ping", away)
    client = broker.app.test_client()

    ready = client.get("/readyz")

    assert ready.status_code == 503
    assert ready.get_json()["parts"]["redis"] == "down"
    assert client.get("/healthz").status_code == 200


def test_a_hub_that_is_away_is_named_but_silent_sign_ins_go_on(broker: Broker) -> None:
    broker.hub.trouble = UpstreamUnavailable()

    client = broker.app.test_client()

    until(lambda: client.get("/readyz").get_json()["parts"]["hub"] == "down", 10, "the hub's outage to be noticed")
    assert client.get("/readyz").status_code == 200


def test_a_hub_that_hangs_does_not_hold_up_readiness(broker: Broker) -> None:
    hanging = Event()
    readiness = Readiness({"part": lambda: True}, {"hub": hanging.wait})

    started = monotonic()
    assert readiness.ready()

    assert monotonic() - started < 2
    assert readiness.parts()["hub"] == "unknown"
    hanging.set()
    until(lambda: readiness.parts()["hub"] == "ok", 10, "the hub's answer")


def test_without_a_signing_key_it_is_not_ready(broker: Broker) -> None:
    store = broker.parts.stores.signing_keys
    for key in store.list():
        store.replace(replace(key, state=KeyState.RETIRED, retire_at=broker.clock()))

    assert broker.app.test_client().get("/readyz").status_code == 503


def test_f_32_a_clock_out_of_step_with_the_database_makes_it_unready(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(broker.parts.stores.database), "seconds_ahead", lambda *_: -11.0)

    ready = broker.app.test_client().get("/readyz")

    assert (ready.status_code, ready.get_json()["parts"]["clock"]) == (503, "down")


def test_readiness_is_cheap_however_often_it_is_asked() -> None:
    asked = []
    readiness = Readiness({"part": lambda: asked.append(1)}, {})

    assert all(readiness.ready() for _ in range(50))
    assert len(asked) == 1


def test_metrics_count_answers_under_route_patterns_only(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)
    browser.opens("/nowhere-at-all")
    browser.client.open("/", method="FROBNICATE", base_url=ISSUER)

    numbers = generate_latest(REGISTRY).decode()

    assert 'route="/continue/<request_id>"' in numbers
    assert 'broker_authorization_responses_total{outcome="code"}' in numbers
    assert "nowhere-at-all" not in numbers
    assert "FROBNICATE" not in numbers
    methods = set(re.findall(r'method="([^"]*)"', numbers))
    assert methods <= {"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "other"}


def test_in_03_metrics_are_not_on_the_public_port(browser: Browser) -> None:
    assert browser.opens("/metrics").response.status_code == 404
