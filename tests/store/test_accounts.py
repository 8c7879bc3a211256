"""Blocking, letting in again and erasing accounts: what is open ends in the same transaction, and every tool is told (A-31, A-42)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.core.session import EndedBy
from broker.core.subject import Subject, SubjectStatus
from broker.store.access_tokens import AccessTokens
from broker.store.accounts import Accounts
from broker.store.clients import Clients
from broker.store.grants import Grants
from broker.store.outbox import Outbox
from broker.store.session_register import SessionRegister
from broker.store.subjects import Subjects
from tests.store.test_session_register import registered
from tests.support import records
from tests.support.clock import Clock
from tests.support.outbox import takes_all


@pytest.fixture
def tokens(clients: Clients, grants: Grants, register: SessionRegister, citizen: Subject, clock: Clock) -> list[str]:
    """A citizen with two sessions, one of them with a grant that outlives it; hashes of the access tokens."""
    clients.add(records.client("karte"))
    for session_id in ("s1", "s2"):
        register.add(registered(session_id, clock, subject_id=citizen.id))
    made = [records.grant(citizen.id, clock(), "karte", "s1"), replace(records.grant(citizen.id, clock(), "karte", "s2"), offline=True)]
    assert [grants.add(grant) for grant in made] == [True, True]
    return [grant.access_hash for grant in made]


@pytest.mark.parametrize("how", ["block", "erase"])
def test_a31_everything_ends_and_every_tool_is_told(
    how: str, accounts: Accounts, register: SessionRegister, outbox: Outbox, access_tokens: AccessTokens, tokens: list[str],
    citizen: Subject, clock: Clock,
) -> None:  # fmt: skip
    assert all(access_tokens.find(token) for token in tokens)

    assert sorted(getattr(accounts, how)(citizen.id)) == ["s1", "s2"]

    assert not any(access_tokens.find(token) for token in tokens), "also what outlives a session"
    assert sorted(delivery.sid for delivery in takes_all(outbox)) == ["karte-s1", "karte-s2"]
    assert list(register.live(citizen.id, clock())) == []
    by = EndedBy.ERASURE if how == "erase" else EndedBy.ADMINISTRATOR
    assert [one.ended_by for one in map(register.find, ("s1", "s2")) if one] == [by, by]


def test_a_blocked_account_can_be_let_in_again_and_nothing_comes_back(
    accounts: Accounts, subjects: Subjects, access_tokens: AccessTokens, tokens: list[str], citizen: Subject
) -> None:
    accounts.block(citizen.id)
    assert subjects.get(citizen.id).status is SubjectStatus.BLOCKED
    assert accounts.block(citizen.id) is None

    assert accounts.unblock(citizen.id)
    assert subjects.get(citizen.id).status is SubjectStatus.ACTIVE
    assert not accounts.unblock(citizen.id)
    assert not any(access_tokens.find(token) for token in tokens)


def test_an_erased_account_can_neither_be_blocked_nor_let_in(accounts: Accounts, subjects: Subjects, citizen: Subject) -> None:
    accounts.erase(citizen.id)

    assert accounts.block(citizen.id) is None
    assert not accounts.unblock(citizen.id)
    assert accounts.erase(citizen.id) == ()
    assert subjects.get(citizen.id).status is SubjectStatus.ERASED


def test_an_account_is_found_by_what_a_tool_calls_it_also_when_erased(accounts: Accounts, subjects: Subjects, citizen: Subject) -> None:
    known = subjects.tool_subject(citizen.id, "karte.test", "Amsel")

    assert accounts.find_by_sub(known.sub) == citizen.id
    assert accounts.find_by_sub("nobody") is None
    accounts.erase(citizen.id)
    assert accounts.find_by_sub(known.sub) == citizen.id
