"""Initial access tokens are used up one by one (A-48)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.core.client import ClientStatus
from broker.core.invitation import Invitation
from broker.store.registration_tokens import RegistrationTokens
from broker.store.sql import Database
from tests.support.clock import Clock


@pytest.fixture
def tokens(database: Database) -> RegistrationTokens:
    return RegistrationTokens(database)


@pytest.fixture
def invitation(clock: Clock) -> Invitation:
    return Invitation("h" * 43, "fair", ClientStatus.LIVE, 3, clock(), clock() + timedelta(days=1), basic_profile=True, public_subject=True)


def test_every_field_is_kept(tokens: RegistrationTokens, invitation: Invitation, clock: Clock) -> None:
    tokens.add(invitation)
    assert tokens.find(invitation.token_hash, clock()) == invitation
    assert tokens.list() == [invitation]
    assert tokens.find("unknown", clock()) is None


def test_op_09_it_ends_to_the_second(tokens: RegistrationTokens, invitation: Invitation, clock: Clock) -> None:
    tokens.add(invitation)
    clock.advance(hours=23, minutes=59, seconds=59)
    assert tokens.take(invitation.token_hash, clock()) == replace(invitation, uses_left=2)
    clock.advance(seconds=1)
    assert tokens.find(invitation.token_hash, clock()) is None
    assert tokens.take(invitation.token_hash, clock()) is None
    assert tokens.purge_expired(clock()) == 1


def test_op_09_of_many_at_once_as_many_succeed_as_it_has_uses(tokens: RegistrationTokens, invitation: Invitation, clock: Clock) -> None:
    tokens.add(invitation)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: tokens.take(invitation.token_hash, clock()) is not None, range(16)))
    assert taken.count(True) == 3


def test_op_09_withdrawn_is_withdrawn(tokens: RegistrationTokens, invitation: Invitation, clock: Clock) -> None:
    tokens.add(invitation)
    assert tokens.revoke("other") == 0
    assert tokens.revoke("fair") == 1
    assert tokens.take(invitation.token_hash, clock()) is None
