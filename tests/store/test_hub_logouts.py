"""Sign-outs that the hub has still to hear of: one worker at a time, nothing twice, and nothing about a citizen in SQL."""

from __future__ import annotations

import pytest

from broker.core.delivery import HubLogout
from broker.store.hub_logouts import HEAD_START, HUB_SESSION, HubLogouts
from broker.store.redis import Redis
from broker.store.seal import Seal
from broker.store.session_tables import hub_logouts as table
from broker.store.sql import Database
from tests.support.clock import Clock

TOKEN = "header.a-citizens-name.signature"
AT_ONCE, SOON = HEAD_START.total_seconds(), 2


@pytest.fixture
def logouts(database: Database, redis: Redis, clock: Clock) -> HubLogouts:
    return HubLogouts(database, redis, Seal(bytes(32)), clock)


def _logout(name: str = "one") -> HubLogout:
    return HubLogout(name, f"sid-of-{name}", TOKEN)


def test_a42_sql_learns_nothing_of_a_citizen_and_redis_only_what_is_sealed(
    logouts: HubLogouts, database: Database, redis: Redis, clock: Clock
) -> None:
    logouts.add([_logout()])

    (row,) = database.all(table.select())
    assert set(row._asdict()) == {"logout_id", "taken", "created_at", "next_attempt_at"}
    kept = redis.get("bp:hub_logout:one")
    assert kept is not None
    assert b"citizens-name" not in kept
    assert "citizens-name" not in repr(_logout())
    clock.advance(seconds=AT_ONCE)
    assert logouts.take_due(10) == [_logout()]


def test_nothing_is_left_of_what_the_hub_has_confirmed(logouts: HubLogouts, redis: Redis) -> None:
    logouts.add([_logout()])
    assert logouts.is_open("one")
    logouts.remove("one")
    assert not logouts.is_open("one")
    assert redis.get("bp:hub_logout:one") is None


def test_whoever_takes_one_has_it_alone_until_its_next_time(logouts: HubLogouts, clock: Clock) -> None:
    logouts.add([_logout("one"), _logout("two")])
    clock.advance(seconds=AT_ONCE)

    assert len(logouts.take_due(1)) == 1
    assert len(logouts.take_due(10)) == 1
    assert logouts.take_due(10) == []
    clock.advance(seconds=SOON)
    assert len(logouts.take_due(10)) == 2
    clock.advance(seconds=SOON)
    assert logouts.take_due(10) == [], "each pause is longer than the last"


def test_the_same_end_noted_twice_stands_there_once(logouts: HubLogouts) -> None:
    logouts.add([_logout()])
    logouts.add([_logout(), _logout("two")])
    assert logouts.pending()[0] == 2


def test_it_waits_for_whoever_tells_the_hub_at_once(logouts: HubLogouts, clock: Clock) -> None:
    logouts.add([_logout()])
    assert logouts.take_due(10) == []
    clock.advance(seconds=AT_ONCE)
    assert logouts.take_due(10) == [_logout()]


def test_what_redis_has_lost_or_another_secret_sealed_holds_nobody_up(
    logouts: HubLogouts, database: Database, redis: Redis, clock: Clock
) -> None:
    HubLogouts(database, redis, Seal(b"1" * 32), clock).add([_logout("sealed-before")])
    logouts.add([_logout("lost"), _logout("new")])
    redis.delete("bp:hub_logout:lost")
    clock.advance(seconds=AT_ONCE)

    assert logouts.take_due(10) == [_logout("new")]
    assert logouts.pending()[0] == 1


def test_what_stands_in_the_place_of_another_does_not_open(logouts: HubLogouts, redis: Redis, clock: Clock) -> None:
    logouts.add([_logout("one"), _logout("two")])
    other = redis.get("bp:hub_logout:one")
    assert other is not None
    redis.set("bp:hub_logout:two", other, 60_000)
    clock.advance(seconds=AT_ONCE)
    assert logouts.take_due(10) == [_logout("one")]


def test_only_what_the_hub_has_ended_by_itself_is_cleared(logouts: HubLogouts, clock: Clock) -> None:
    logouts.add([_logout("old")])
    clock.advance(seconds=60)
    logouts.add([_logout("new")])
    clock.advance(seconds=HUB_SESSION.total_seconds() - 60)

    assert logouts.purge_expired() == 1
    assert not logouts.is_open("old")
    assert logouts.is_open("new")
