"""Ids that others chose count once, whatever happens at the same time (A-48; CO-11, CL-02)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from broker.store.one_time_ids import OneTimeIds
from broker.store.sql import Database
from tests.support.clock import Clock


@pytest.fixture
def ids(database: Database) -> OneTimeIds:
    return OneTimeIds(database)


def test_co_11_the_second_time_is_seen_by_the_returned_row(ids: OneTimeIds, clock: Clock) -> None:
    until = clock() + timedelta(minutes=1)

    assert ids.add("dpop", "key", "one", until)
    assert not ids.add("dpop", "key", "one", until)
    assert not ids.add("dpop", "key", "one", until + timedelta(hours=1))


def test_each_kind_and_each_issuer_has_ids_of_its_own(ids: OneTimeIds, clock: Clock) -> None:
    until = clock() + timedelta(minutes=1)
    taken = [("dpop", "key", "one"), ("dpop", "key", "two"), ("dpop", "other", "one"), ("assertion", "key", "one")]
    odd = [("dpop", "", "key\x00one"), ("dpop", 'key", "one', ""), ("dpop", "ü", "\U0001f600"), ("dpop", "key", "x" * 5000)]

    assert all(ids.add(*one, until) for one in [*taken, *odd])
    assert not any(ids.add(*one, until) for one in [*taken, *odd])


def test_of_many_at_once_exactly_one_is_first(ids: OneTimeIds, clock: Clock) -> None:
    until = clock() + timedelta(minutes=1)

    for number in range(5):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: ids.add("dpop", "key", str(number), until), range(16)))  # noqa: B023
        assert answers.count(True) == 1


def test_what_has_expired_is_cleared_away(ids: OneTimeIds, clock: Clock) -> None:
    ids.add("dpop", "key", "soon", clock() + timedelta(minutes=1))
    ids.add("dpop", "key", "later", clock() + timedelta(minutes=2))

    assert ids.purge_expired(clock() + timedelta(minutes=1)) == 1
    assert ids.add("dpop", "key", "soon", clock() + timedelta(minutes=1))
    assert not ids.add("dpop", "key", "later", clock() + timedelta(minutes=2))
