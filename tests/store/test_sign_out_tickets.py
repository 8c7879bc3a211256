"""Tickets of sign-outs: one for each browser, gone with the next sign-in there, unreadable for others (LO-08, SE-03)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.core.ids import new_secret
from broker.core.sign_out_ticket import TICKET_LIFETIME, LeftTool, SignOutTicket
from broker.store.redis import Redis
from broker.store.seal import Seal
from broker.store.sessions import Sessions
from broker.store.sign_out_tickets import SignOutTickets, ticket_key
from tests.support import records
from tests.support.clock import Clock

SECRET = new_secret()


@pytest.fixture
def tickets(redis: Redis, seal: Seal, clock: Clock) -> SignOutTickets:
    return SignOutTickets(redis, seal, clock)


@pytest.fixture
def ticket(tickets: SignOutTickets, clock: Clock) -> SignOutTicket:
    """A ticket that was given out."""
    tools = (LeftTool("karte", "sid", "Mitmachkarte", frontchannel="https://karte.example.org/out"),)
    made = SignOutTicket(SECRET, "browser", tools, "bundid", True, clock(), clock() + TICKET_LIFETIME)
    tickets.add(made)
    return made


def test_it_is_found_by_its_secret_in_its_browser_alone(tickets: SignOutTickets, ticket: SignOutTicket) -> None:
    assert tickets.find(SECRET, "browser") == ticket
    assert tickets.find(SECRET, "other") is None
    assert tickets.find(SECRET, "") is None
    assert tickets.find(new_secret(), "browser") is None
    assert tickets.find_latest("browser") == ticket
    assert tickets.find_latest("other") is None


def test_it_is_over_with_its_time(tickets: SignOutTickets, ticket: SignOutTicket, clock: Clock) -> None:
    clock.advance(seconds=TICKET_LIFETIME.total_seconds() - 1)
    assert tickets.find(SECRET, "browser")
    clock.advance(seconds=1)
    assert tickets.find(SECRET, "browser") is None


def test_the_next_sign_out_takes_its_place(tickets: SignOutTickets, ticket: SignOutTicket) -> None:
    other = new_secret()
    tickets.add(replace(ticket, secret=other))
    assert tickets.find(SECRET, "browser") is None
    assert tickets.find(other, "browser")


def test_se03_a_sign_in_in_that_browser_takes_it_away_for_good(
    tickets: SignOutTickets, ticket: SignOutTicket, sessions: Sessions, clock: Clock
) -> None:
    sessions.add(replace(records.session("max", clock()), browser_id="other"))
    assert tickets.find(SECRET, "browser")
    sessions.add(replace(records.session("max", clock()), browser_id="browser"))
    assert tickets.find(SECRET, "browser") is None
    assert not tickets.replace(replace(ticket, frames_loaded=True)), "a page that was just being made does not bring it back"
    assert tickets.find(SECRET, "browser") is None


def test_it_can_be_changed_and_taken_away(tickets: SignOutTickets, ticket: SignOutTicket) -> None:
    assert tickets.replace(replace(ticket, frames_loaded=True))
    found = tickets.find(SECRET, "browser")
    assert found
    assert found.frames_loaded
    tickets.revoke("browser")
    assert tickets.find(SECRET, "browser") is None


def test_redis_holds_no_name_and_not_for_longer_than_needed(redis: Redis, ticket: SignOutTicket) -> None:
    stored = redis.get(ticket_key("browser"))
    assert stored
    assert b"Mitmachkarte" not in stored
    assert SECRET.encode() not in stored
    with redis.pipeline(atomic=False) as pipeline:
        pipeline.pttl(ticket_key("browser"))
        (left,) = pipeline.execute()
    assert 0 < left <= timedelta(minutes=10).total_seconds() * 1000
