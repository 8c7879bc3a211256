"""What is known of citizen IDs that are out of order: for a time, told once, ended by what works (F-18)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from broker.core.provider import Trouble, TroubleSource
from broker.store.redis import Redis
from broker.store.troubles import Troubles

SOON = timedelta(minutes=5)
AT_NINE = datetime(2026, 11, 26, 9, tzinfo=UTC)
NOTICED = Trouble(TroubleSource.SIGN_INS, AT_NINE)
LOOKED = Trouble(TroubleSource.LOOK, AT_NINE)
SAID = Trouble(TroubleSource.NOTICE, AT_NINE, AT_NINE + SOON, {"de": "Wartung", "en": "Maintenance"})


@pytest.fixture
def troubles(redis: Redis) -> Troubles:
    return Troubles(redis)


def test_nothing_is_known_of_what_works(troubles: Troubles) -> None:
    assert troubles.find("bundid") is None


def test_one_is_marked_and_no_other(troubles: Troubles) -> None:
    troubles.note("bundid", NOTICED, SOON)
    assert troubles.find("bundid") == NOTICED
    assert troubles.find("bayernid") is None


def test_what_goes_on_is_known_since_it_began(troubles: Troubles) -> None:
    troubles.note("bundid", NOTICED, SOON)
    troubles.note("bundid", Trouble(TroubleSource.LOOK, AT_NINE + SOON), SOON)
    assert troubles.find("bundid") == NOTICED


def test_it_is_over_after_its_time(troubles: Troubles) -> None:
    troubles.note("bundid", NOTICED, timedelta(milliseconds=1))
    while troubles.find("bundid"):
        pass
    assert troubles.find("bundid") is None


def test_a_notice_says_more_and_stays_when_somebody_gets_in(troubles: Troubles) -> None:
    troubles.note("bundid", NOTICED, SOON)
    troubles.announce("bundid", SAID, SOON)
    assert troubles.find("bundid") == SAID
    troubles.end("bundid")
    assert troubles.find("bundid") == SAID
    assert troubles.withdraw("bundid")
    assert troubles.find("bundid") is None
    assert not troubles.withdraw("bundid")


def test_a_source_counts_once_and_each_citizen_id_for_itself(troubles: Troubles) -> None:
    assert troubles.count("bundid", "192.0.2.1", SOON) == 1
    assert troubles.count("bundid", "192.0.2.1", SOON) == 0
    assert troubles.count("bundid", "192.0.2.2", SOON) == 2
    assert troubles.count("bayernid", "192.0.2.2", SOON) == 1
    troubles.end("bundid")
    assert troubles.count("bundid", "192.0.2.3", SOON) == 1


def test_reaching_it_ends_what_a_look_noticed_and_not_what_sign_ins_did(troubles: Troubles) -> None:
    assert [troubles.missed("bundid", SOON), troubles.missed("bundid", SOON)] == [1, 2]
    troubles.note("bundid", LOOKED, SOON)
    troubles.note("sh", NOTICED, SOON)
    troubles.reached("bundid")
    troubles.reached("sh")
    assert troubles.find("bundid") is None
    assert troubles.find("sh") == NOTICED
    assert troubles.missed("bundid", SOON) == 1


def test_of_several_workers_one_looks(troubles: Troubles, redis: Redis) -> None:
    assert [troubles.take_turn(60), Troubles(redis).take_turn(60)] == [True, False]
