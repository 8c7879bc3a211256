"""Sign-outs that the hub has still to hear of: sealed, one worker at a time, nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broker.core.delivery import HubLogout
from broker.store.hub_logouts import HubLogouts
from broker.store.seal import Seal
from broker.store.session_tables import hub_logouts as table
from broker.store.sql import Database
from tests.support.clock import Clock

TOKEN = "header.a-citizens-name.signature"


@pytest.fixture
def logouts(database: Database, clock: Clock) -> HubLogouts:
    return HubLogouts(database, Seal(bytes(32)), clock)


def _logout(name: str = "one") -> HubLogout:
    return HubLogout(name, f"sid-of-{name}", TOKEN)


def test_a41_the_token_is_sealed_and_shown_by_nothing(logouts: HubLogouts, database: Database) -> None:
    logouts.add([_logout()])

    (row,) = database.all(table.select())
    assert b"citizens-name" not in row.sealed
    assert b"sid-of-one" not in row.sealed
    assert "citizens-name" not in repr(_logout())
    assert logouts.take_due(10) == [_logout()]


def test_whoever_takes_one_has_it_alone_until_its_next_time(logouts: HubLogouts, clock: Clock) -> None:
    logouts.add([_logout("one"), _logout("two")])

    assert len(logouts.take_due(1)) == 1
    assert len(logouts.take_due(10)) == 1
    assert logouts.take_due(10) == []
    clock.advance(seconds=2)
    assert len(logouts.take_due(10)) == 2
    clock.advance(seconds=2)
    assert logouts.take_due(10) == [], "each pause is longer than the last"


def test_the_same_end_noted_twice_stands_there_once(logouts: HubLogouts) -> None:
    logouts.add([_logout()])
    logouts.add([_logout(), _logout("two")])
    assert logouts.pending()[0] == 2


def test_it_waits_for_whoever_tells_the_hub_at_once(logouts: HubLogouts, database: Database, clock: Clock) -> None:
    with database.transaction() as connection:
        logouts.add_within(connection, [_logout()], 10.0)
    assert logouts.take_due(10) == []
    clock.advance(seconds=10)
    assert logouts.take_due(10) == [_logout()]


def test_what_another_secret_sealed_is_dropped_and_holds_nobody_up(logouts: HubLogouts, database: Database, clock: Clock) -> None:
    HubLogouts(database, Seal(b"1" * 32), clock).add([_logout("old")])
    logouts.add([_logout("new")])

    assert logouts.take_due(10) == [_logout("new")]
    assert not logouts.is_open("old")


def test_a_row_put_in_the_place_of_another_does_not_open(logouts: HubLogouts, database: Database) -> None:
    logouts.add([_logout("one")])
    database.run(table.update().values(logout_id="two"))
    assert logouts.take_due(10) == []


def test_only_those_noted_before_are_cleared(logouts: HubLogouts, clock: Clock) -> None:
    logouts.add([_logout("old")])
    clock.advance(seconds=60)
    logouts.add([_logout("new")])

    assert logouts.purge_expired(clock() - timedelta(seconds=30)) == 1
    assert not logouts.is_open("old")
    assert logouts.is_open("new")
