"""The signing keys' life: next, active, retired (A-21, JT-10, JT-15)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from broker.core.signing_key import KeyState, SigningKey
from broker.flows.rotating import ALGORITHMS, PUBLISHED_BEFORE_USE, Rotating
from broker.store.seal import Seal
from broker.store.signing_keys import SigningKeys
from broker.store.sql import Database
from tests.support.clock import Clock


@pytest.fixture
def rotating(quick_database: Database, clock: Clock) -> Rotating:
    return Rotating(SigningKeys(quick_database, Seal(bytes(32)), seconds=0), clock)


def active(rotating: Rotating) -> dict[str, str]:
    found = [key for key in rotating.list() if key.state is KeyState.ACTIVE]
    assert len(found) == len(ALGORITHMS)
    return {key.algorithm: key.kid for key in found}


def test_the_first_keys_sign_at_once_and_are_strong_jt_10(rotating: Rotating, clock: Clock) -> None:
    made = rotating.ensure()
    assert {key.algorithm for key in made} == {"RS256", "ES256"}
    assert {key.state for key in made} == {KeyState.ACTIVE}
    rsa = json.loads(next(key.private_jwk for key in made if key.algorithm == "RS256"))
    assert len(rsa["n"]) * 6 >= 2048
    assert rsa["e"] == "AQAB"
    assert rotating.ensure() == ()


def test_a_next_key_waits_until_everybody_knows_it_jt_15(rotating: Rotating, clock: Clock) -> None:
    rotating.ensure()
    before = active(rotating)
    made = rotating.rotate()
    assert {key.state for key in made} == {KeyState.NEXT}
    clock.advance(hours=24)
    assert rotating.advance() == ()
    assert active(rotating) == before
    clock.advance(hours=2)
    assert {key.kid for key in rotating.advance()} == {key.kid for key in made}
    after = active(rotating)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())


def test_a_retired_key_stays_to_verify(rotating: Rotating, clock: Clock) -> None:
    rotating.ensure()
    before = set(active(rotating).values())
    rotating.rotate()
    clock.advance(hours=26)
    rotating.advance()
    retired = [key for key in rotating.list() if key.state is KeyState.RETIRED]
    assert {key.kid for key in retired} == before
    assert all(isinstance(key, SigningKey) and key.retire_at == clock() for key in retired)


def test_one_next_key_at_a_time(rotating: Rotating) -> None:
    rotating.ensure()
    assert len(rotating.rotate()) == 2
    assert rotating.rotate() == ()


def test_rotating_without_any_key_makes_the_first_ones(rotating: Rotating) -> None:
    assert {key.state for key in rotating.rotate()} == {KeyState.ACTIVE}


def test_the_wait_is_longer_than_tools_keep_the_key_set() -> None:
    assert timedelta(hours=24) < PUBLISHED_BEFORE_USE
