"""Nonces for DPoP proofs: known to every process, to nobody else, and for minutes only (RFC 9449 8)."""

from __future__ import annotations

import pytest

from broker.oidc.dpop_nonce import WINDOW_SECONDS, DpopNonces
from tests.support.clock import Clock

KEY, OTHER_KEY = bytes(32), bytes([1]) * 32


def test_every_process_knows_it_and_no_other_installation(clock: Clock) -> None:
    nonce = DpopNonces(KEY, clock).fresh()

    assert DpopNonces(KEY, clock).knows(nonce)
    assert not DpopNonces(OTHER_KEY, clock).knows(nonce)


def test_it_lives_at_least_one_window_and_at_most_two(clock: Clock) -> None:
    nonces = DpopNonces(KEY, clock)
    nonce = nonces.fresh()

    clock.advance(seconds=WINDOW_SECONDS)
    assert nonces.knows(nonce)
    assert nonces.fresh() != nonce
    clock.advance(seconds=WINDOW_SECONDS)
    assert not nonces.knows(nonce)


def test_one_from_the_future_is_unknown(clock: Clock) -> None:
    nonces = DpopNonces(KEY, clock)
    clock.advance(seconds=WINDOW_SECONDS)
    later = nonces.fresh()
    clock.advance(seconds=-WINDOW_SECONDS)

    assert not nonces.knows(later)


@pytest.mark.parametrize("nonsense", ["", "x", "x" * 43, "x" * 5000])
def test_nothing_else_is_known(clock: Clock, nonsense: str) -> None:
    nonces = DpopNonces(KEY, clock)

    assert not nonces.knows(nonsense)
    assert not nonces.knows(nonces.fresh()[:-1])
    assert not nonces.knows(nonces.fresh() + "x")


def test_its_key_is_not_shown(clock: Clock) -> None:
    assert repr(KEY) not in repr(DpopNonces(KEY, clock))
