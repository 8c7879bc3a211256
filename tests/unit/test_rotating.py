"""The signing keys' life: next, active, retired, withdrawn (A-21, JT-10, JT-15, F-31)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from broker.core.signing_key import (
    ALGORITHMS,
    NOTICE,
    PUBLISHED_AFTER_USE,
    PUBLISHED_BEFORE_USE,
    READ_FOR,
    KeyState,
    SigningKey,
    signing_at,
)
from broker.flows.rotating import Rotating
from broker.store.seal import Seal
from broker.store.signing_keys import CACHE_SECONDS, SigningKeys
from broker.store.sql import Database
from tests.support.clock import Clock

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def store(quick_database: Database) -> SigningKeys:
    return SigningKeys(quick_database, Seal(bytes(32)), seconds=0)


@pytest.fixture
def rotating(store: SigningKeys, clock: Clock) -> Rotating:
    return Rotating(store, clock, timedelta(days=90))


def in_state(rotating: Rotating, state: KeyState) -> dict[str, str]:
    found = [key for key in rotating.list() if key.state is state]
    assert len({key.algorithm for key in found}) == len(found), "one key per algorithm"
    return {key.algorithm: key.kid for key in found}


def signing(rotating: Rotating) -> dict[str, str]:
    now, keys = rotating.clock(), rotating.list()
    return {key.algorithm: key.kid for key in (signing_at(keys, name, now) for name in ALGORITHMS) if key}


def kids(keys: Iterable[SigningKey]) -> set[str]:
    return {key.kid for key in keys}


def test_the_first_keys_sign_at_once_and_are_strong_jt_10(rotating: Rotating) -> None:
    made = {key.algorithm: json.loads(key.private_jwk) for key in rotating.ensure()}

    assert list(made) == ["RS256", "ES256", "PS256", "Ed25519"]
    assert in_state(rotating, KeyState.ACTIVE) == signing(rotating)
    for name in ("RS256", "PS256"):
        assert (made[name]["kty"], made[name]["e"]) == ("RSA", "AQAB")
        assert len(made[name]["n"]) * 6 >= 2048
    assert (made["ES256"]["kty"], made["ES256"]["crv"]) == ("EC", "P-256")
    assert (made["Ed25519"]["kty"], made["Ed25519"]["crv"]) == ("OKP", "Ed25519")
    assert rotating.ensure() == ()


def test_a_key_for_a_new_algorithm_waits_until_every_process_knows_it(rotating: Rotating, clock: Clock) -> None:
    rotating.ensure(["RS256", "ES256"])

    made = rotating.ensure()

    assert {key.algorithm for key in made} == {"PS256", "Ed25519"}
    assert signing(rotating).keys() == {"RS256", "ES256"}
    clock.now += NOTICE
    assert signing(rotating).keys() == set(ALGORITHMS)


def test_f_31_a_next_key_is_shown_for_25_hours_before_it_signs_jt_15(rotating: Rotating, clock: Clock) -> None:
    rotating.ensure()
    before = signing(rotating)
    made = rotating.rotate()
    assert {key.state for key in made} == {KeyState.NEXT}
    assert all(key.published_at(clock()) for key in made)

    clock.advance(hours=24, minutes=59)
    assert rotating.advance() == ()
    assert signing(rotating) == before

    clock.advance(minutes=1)
    assert signing(rotating) == {key.algorithm: key.kid for key in made}, "by the clock, before any worker has been here"
    assert kids(rotating.advance()) == kids(made)
    assert in_state(rotating, KeyState.ACTIVE) == signing(rotating)
    assert in_state(rotating, KeyState.RETIRED) == before


def test_a_worker_that_comes_late_changes_nothing_about_who_signed_when(rotating: Rotating, clock: Clock) -> None:
    rotating.ensure()
    made = rotating.rotate()
    clock.advance(days=3)

    rotating.advance()

    retired = [key for key in rotating.list() if key.state is KeyState.RETIRED]
    assert {key.retire_at for key in retired} == {made[0].activate_at}


def test_one_next_key_at_a_time(rotating: Rotating) -> None:
    rotating.ensure()
    assert len(rotating.rotate(["ES256"])) == 1
    assert {key.algorithm for key in rotating.rotate()} == set(ALGORITHMS) - {"ES256"}
    assert rotating.rotate() == ()


def test_rotating_without_any_key_makes_the_first_ones(rotating: Rotating) -> None:
    assert {key.state for key in rotating.rotate()} == {KeyState.ACTIVE}


def test_the_worker_renews_what_is_90_days_old(rotating: Rotating, clock: Clock) -> None:
    rotating.ensure(["RS256"])
    first = signing(rotating)
    clock.advance(days=89, hours=23)
    rotating.run_once()
    assert in_state(rotating, KeyState.NEXT) == {}

    clock.advance(hours=1)
    rotating.run_once()
    rotating.run_once()
    assert in_state(rotating, KeyState.NEXT).keys() == {"RS256"}, "algorithms without a key get none by schedule"

    clock.now += PUBLISHED_BEFORE_USE
    rotating.run_once()
    assert signing(rotating).keys() == {"RS256"}
    assert signing(rotating) != first
    assert in_state(rotating, KeyState.NEXT) == {}


def test_the_schedule_can_be_switched_off(rotating: Rotating, clock: Clock) -> None:
    rotating.ensure()
    clock.advance(days=5000)

    replace(rotating, renew_after=None).run_once()

    assert in_state(rotating, KeyState.NEXT) == {}


def test_an_emergency_withdraws_active_next_and_retired_keys_of_the_algorithm_only(rotating: Rotating, clock: Clock) -> None:
    rotating.ensure(["RS256", "ES256"])
    rotating.rotate()
    clock.advance(hours=25)
    rotating.run_once()
    retired = in_state(rotating, KeyState.RETIRED)["RS256"]
    waiting = kids(rotating.rotate(["RS256"]))
    active = signing(rotating)

    (made,) = rotating.replace_leaked(["RS256"])

    by_kid = {key.kid: key for key in rotating.list()}
    assert not by_kid[retired].published_at(clock())
    assert not by_kid[retired].read_at(clock())
    assert signing(rotating) == active, "for a minute, until every process knows the new one"
    clock.now += NOTICE
    assert signing(rotating) == {**active, "RS256": made.kid}
    for kid in {active["RS256"], *waiting}:
        assert not by_kid[kid].published_at(clock())
        assert not by_kid[kid].read_at(clock())
    rotating.run_once()
    assert in_state(rotating, KeyState.ACTIVE) == signing(rotating)


def test_an_emergency_twice_ends_with_the_last_key(rotating: Rotating, clock: Clock) -> None:
    rotating.ensure()
    rotating.replace_leaked()
    clock.advance(seconds=5)

    made = rotating.replace_leaked()

    clock.now += NOTICE
    rotating.run_once()
    assert set(signing(rotating).values()) == kids(made)
    assert all(not key.read_at(clock()) for key in rotating.list() if key.kid not in kids(made))


def test_a_worker_with_an_old_list_does_not_bring_back_what_was_withdrawn(store: SigningKeys, rotating: Rotating, clock: Clock) -> None:
    rotating.ensure(["RS256"])
    rotating.rotate(["RS256"])
    clock.now += PUBLISHED_BEFORE_USE
    remembered = rotating.list()
    rotating.replace_leaked(["RS256"])

    behind = Rotating(_WithOldList(store, remembered), clock)  # type: ignore[arg-type]  # all that is used of a store
    assert behind.advance() == ()

    assert in_state(rotating, KeyState.ACTIVE) == {}
    assert in_state(rotating, KeyState.NEXT).keys() == {"RS256"}


class _WithOldList:
    def __init__(self, store: SigningKeys, remembered: tuple[SigningKey, ...]) -> None:
        self.replace = store.replace
        self.list = lambda: remembered


@pytest.mark.parametrize(
    ("state", "retire_at", "signs", "published", "read"),
    [
        (KeyState.NEXT, None, -SECOND, True, True),
        (KeyState.ACTIVE, None, 5000 * DAY, True, True),
        (KeyState.RETIRED, DAY, DAY - SECOND, True, True),
        (KeyState.RETIRED, DAY, DAY, True, True),
        (KeyState.RETIRED, DAY, DAY + PUBLISHED_AFTER_USE - SECOND, True, True),
        (KeyState.RETIRED, DAY, DAY + PUBLISHED_AFTER_USE, False, True),
        (KeyState.RETIRED, DAY, DAY + READ_FOR - SECOND, False, True),
        (KeyState.RETIRED, DAY, DAY + READ_FOR, False, False),
        (KeyState.WITHDRAWN, DAY, DAY - SECOND, True, True),
        (KeyState.WITHDRAWN, DAY, DAY, False, False),
    ],
)
def test_what_a_key_is_good_for_is_a_matter_of_time(
    state: KeyState, retire_at: timedelta | None, signs: timedelta, published: bool, read: bool
) -> None:
    start = datetime.fromisoformat("2026-11-26T09:00:00+00:00")
    key = SigningKey("kid", "RS256", "{}", state, start, start, None if retire_at is None else start + retire_at)
    now = start + signs

    assert (key.published_at(now), key.read_at(now)) == (published, read)
    assert key.signs_at(now) is (start <= now and (key.retire_at is None or now < key.retire_at))


def test_the_times_fit_what_tools_and_our_own_processes_remember() -> None:
    assert timedelta(hours=24) < PUBLISHED_BEFORE_USE
    assert timedelta(hours=24) < PUBLISHED_AFTER_USE
    assert timedelta(days=395) < READ_FOR
    assert timedelta(seconds=CACHE_SECONDS + 20) <= NOTICE, "clocks may differ by seconds"
