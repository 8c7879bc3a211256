"""Logouts reach the tools: what is sent, what counts as done, and what is tried again (A-19, LO-06, F-36)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from broker.core.client import Client, ClientStatus
from broker.core.delivery import Delivery, DeliveryState
from broker.core.grant import Grant
from broker.core.signing_key import KeyState, SigningKey
from broker.core.subject import Subject, SubjectStatus
from broker.flows.delivering import LOGOUT_EVENT, Delivering, pause
from broker.flows.dispatching import Dispatching
from broker.flows.outbound import OutboundFailed
from broker.store.clients import Clients
from broker.store.grants import Grants
from broker.store.seal import Seal
from broker.store.signing_keys import SigningKeys
from broker.store.sql import Database
from broker.store.subjects import Subjects
from tests.support import records
from tests.support.clock import Clock
from tests.support.makers import client
from tests.support.outbox import outbox_of, told

ISSUER = "https://broker.test"
Answer = int | OutboundFailed


@dataclass
class Desk:
    """A session with one tool has ended; what the tool answers is up to the test."""

    database: Database
    clock: Clock
    answers: Answer = 200
    posted: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    signed: list[tuple[dict[str, Any], str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clients, self.outbox = Clients(self.database, seconds=0), outbox_of(self.database, self.clock)
        self.keys = SigningKeys(self.database, Seal(bytes(32)), seconds=0)
        self.keys.add(SigningKey("kid", "RS256", "{}", KeyState.ACTIVE, self.clock(), self.clock() - timedelta(days=30)))
        self.delivering = Delivering(self.clients, self.keys, self.sign, self.post, ISSUER, self.clock, timedelta(minutes=5))

    def sign(self, claims: Mapping[str, object], typ: str, algorithm: str) -> str:
        self.signed.append((dict(claims), typ, algorithm))
        return f"token-{len(self.signed)}"

    def post(self, url: str, form: Mapping[str, str]) -> int:
        self.posted.append((url, dict(form)))
        if isinstance(self.answers, OutboundFailed):
            raise self.answers
        return self.answers

    def ends_session(self, tool: Client) -> None:
        self.clients.add(tool)
        subject = Subjects(self.database, Seal(bytes(32)), self.clock).add(
            Subject("erika", SubjectStatus.ACTIVE, "de", self.clock()), records.link(records.subject(self.clock(), "erika"), self.clock())
        )
        assert Grants(self.database, self.clock).add(self._grant(subject, tool))
        self.outbox.end_session("session", "logout")

    def _grant(self, subject: Subject, tool: Client) -> Grant:
        return records.grant(subject.id, self.clock(), tool.client_id)

    @property
    def delivery(self) -> Delivery:
        (found,) = told(self.outbox, "karte", "session")
        return found

    def tries(self) -> Delivery:
        """Let the worker do what is due."""
        Dispatching(self.outbox, self.delivering.attempt).run_once()
        return self.delivery


@pytest.fixture
def desk(quick_database: Database, clock: Clock) -> Desk:
    made = Desk(quick_database, clock)
    made.ends_session(client())
    return made


def test_the_token_says_what_the_specification_asks_for_a_19(desk: Desk) -> None:
    desk.tries()
    ((claims, typ, algorithm),) = desk.signed
    now = int(desk.clock().timestamp())
    assert typ == "logout+jwt"
    assert algorithm == "RS256"
    assert claims.pop("jti")
    assert claims == {
        "iss": ISSUER,
        "aud": "karte",
        "iat": now,
        "exp": now + 120,
        "sub": "sub-of-erika",
        "sid": "karte-session",
        "events": {LOGOUT_EVENT: {}},
    }
    assert desk.posted == [("https://karte.example.org/backchannel", {"logout_token": "token-1"})]


@pytest.mark.parametrize("status", [200, 204])
def test_success_is_not_repeated(desk: Desk, status: int) -> None:
    desk.answers = status
    done = desk.tries()
    assert done.state is DeliveryState.DELIVERED
    assert done.outcome == str(status)
    desk.clock.advance(days=1)
    desk.tries()
    assert len(desk.posted) == 1


def test_400_is_final(desk: Desk) -> None:
    desk.answers = 400
    assert desk.tries().state is DeliveryState.FAILED


def test_f32_400_to_a_worker_whose_clock_is_wrong_is_tried_again(desk: Desk) -> None:
    desk.answers = 400
    desk.delivering = replace(desk.delivering, in_step=lambda: False)
    assert desk.tries().state is DeliveryState.PENDING


def test_400_under_a_young_key_is_tried_again(desk: Desk) -> None:
    desk.answers = 400
    (key,) = desk.keys.list()
    desk.keys.replace(SigningKey(key.kid, "RS256", "{}", KeyState.ACTIVE, key.created_at, desk.clock() - timedelta(hours=24)))
    assert desk.tries().state is DeliveryState.PENDING


@pytest.mark.parametrize("answer", [500, 503, 302, 404, OutboundFailed("timeout"), OutboundFailed("connection"), OutboundFailed("address")])
def test_lo_06_f_36_anything_else_is_tried_again_with_a_fresh_token(desk: Desk, answer: Answer) -> None:
    desk.answers = answer
    first = desk.tries()
    assert first.state is DeliveryState.PENDING
    assert first.outcome == str(answer)
    assert desk.tries() == first  # not yet
    desk.clock.advance(seconds=3)
    desk.answers = 200
    assert desk.tries().state is DeliveryState.DELIVERED
    jtis = [claims["jti"] for claims, _, _ in desk.signed]
    assert len(set(jtis)) == 2


def test_at_its_greatest_age_a_delivery_is_given_up(desk: Desk) -> None:
    desk.answers = 500
    for _ in range(50):
        if desk.tries().state is not DeliveryState.PENDING:
            break
        desk.clock.now = desk.delivery.next_attempt_at
    assert desk.delivery.state is DeliveryState.FAILED
    assert timedelta(minutes=4, seconds=30) < desk.clock() - desk.delivery.created_at <= timedelta(minutes=5)


@pytest.mark.parametrize("change", [{"status": ClientStatus.SUSPENDED}, {"backchannel_logout_uri": ""}])
def test_a_tool_that_takes_part_no_more_is_not_told(desk: Desk, change: dict[str, Any]) -> None:
    desk.clients.replace(client(**change))
    assert desk.tries().state is DeliveryState.FAILED
    assert desk.posted == []


def test_pauses_grow_and_vary() -> None:
    def bounds(attempts: int) -> tuple[float, float]:
        seconds = [pause(attempts).total_seconds() for _ in range(50)]
        return min(seconds), max(seconds)

    check: Callable[[int, float], None] = lambda attempts, middle: _between(bounds(attempts), middle)  # noqa: E731
    check(1, 2)
    check(2, 6)
    check(3, 18)
    check(30, 20)


def _between(bounds: tuple[float, float], middle: float) -> None:
    assert middle * 0.8 <= bounds[0] < bounds[1] <= middle * 1.2
