"""Procedures and their vote keys: made once, gone for ever with the closing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from broker.core.errors import ConfigurationError, SealBroken
from broker.core.procedure import Procedure, VoteKey, VoteStrength
from broker.store.accounts import Accounts
from broker.store.eligibility_tables import procedures as procedures_table
from broker.store.eligibility_tables import vote_keys
from broker.store.procedures import Procedures
from broker.store.seal import Seal
from broker.store.sql import Database
from broker.store.subjects import Subjects
from tests.support import records
from tests.support.clock import Clock


@pytest.fixture
def procedures(database: Database, seal: Seal, clock: Clock) -> Procedures:
    return Procedures(database, seal, clock, seconds=0)


@pytest.fixture
def budget(procedures: Procedures, clock: Clock) -> Procedure:
    """Open for a day."""
    made = Procedure("haushalt", "karte", "Bürgerhaushalt", clock(), clock() + timedelta(days=1))
    procedures.add(made)
    return made


def compute(procedure_key: bytes) -> VoteKey:
    return VoteKey(procedure_key.hex()[:43], VoteStrength.PERSON)


def key(text: str) -> VoteKey:
    return VoteKey(text, VoteStrength.ACCOUNT)


def other(_: bytes) -> VoteKey:
    return VoteKey("another", VoteStrength.ACCOUNT)


def test_what_is_open_is_found_for_its_tool_only(procedures: Procedures, budget: Procedure, clock: Clock) -> None:
    assert procedures.open_of("karte") == (budget,)
    assert procedures.open_of("haushalt") == ()
    clock.advance(days=1)
    assert procedures.open_of("karte") == ()


def test_an_id_is_never_used_again(procedures: Procedures, budget: Procedure) -> None:
    procedures.revoke(budget.id)
    with pytest.raises(ConfigurationError):
        procedures.add(budget)


def test_the_first_key_of_an_account_stays_its_key(procedures: Procedures, budget: Procedure) -> None:
    first = procedures.vote_key(budget.id, "erika", compute)
    assert first is not None
    assert procedures.vote_key(budget.id, "erika", other) == first
    assert procedures.find_vote_key(budget.id, "erika") == first


def test_of_many_at_once_all_get_the_same(procedures: Procedures, budget: Procedure) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda n: procedures.vote_key(budget.id, "erika", lambda _: key(f"k{n}")), range(16)))
    assert len(set(made)) == 1


def test_two_procedures_have_two_keys(procedures: Procedures, budget: Procedure, clock: Clock) -> None:
    procedures.add(Procedure("zweite", "karte", "Zweite", clock()))
    assert procedures.vote_key(budget.id, "erika", compute) != procedures.vote_key("zweite", "erika", compute)


@pytest.mark.parametrize("procedure_id", ["unknown", ""])
def test_an_unknown_procedure_has_no_keys(procedures: Procedures, procedure_id: str) -> None:
    assert procedures.vote_key(procedure_id, "erika", compute) is None


def test_nothing_to_make_makes_nothing(procedures: Procedures, budget: Procedure) -> None:
    assert procedures.vote_key(budget.id, "erika", lambda _: None) is None
    assert procedures.find_vote_key(budget.id, "erika") is None


def test_closing_destroys_key_and_vote_keys(procedures: Procedures, budget: Procedure, database: Database) -> None:
    procedures.vote_key(budget.id, "erika", compute)
    assert procedures.revoke(budget.id)
    assert not procedures.revoke(budget.id)
    assert database.all(select(vote_keys)) == []
    assert database.all(select(procedures_table.c.sealed_key)) == [(None,)]
    assert procedures.vote_key(budget.id, "erika", compute) is None


def test_a_key_asked_for_while_the_procedure_closes_is_not_left_behind(
    procedures: Procedures, budget: Procedure, database: Database
) -> None:
    def closing(_: bytes) -> VoteKey:
        procedures.revoke(budget.id)
        return VoteKey("late", VoteStrength.ACCOUNT)

    assert procedures.vote_key(budget.id, "erika", closing) is None
    assert database.all(select(vote_keys)) == []


def test_many_sign_in_while_it_closes_and_nothing_is_left(procedures: Procedures, budget: Procedure, database: Database) -> None:
    def sign_in(number: int) -> None:
        procedures.vote_key(budget.id, f"citizen-{number}", compute)
        if number == 10:
            procedures.revoke(budget.id)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(sign_in, range(40)))
    assert database.all(select(vote_keys)) == []


def test_what_is_due_is_closed_and_the_rest_stays(procedures: Procedures, budget: Procedure, clock: Clock) -> None:
    procedures.add(Procedure("ohne-ende", "karte", "Ohne Ende", clock()))
    procedures.vote_key(budget.id, "erika", compute)
    assert procedures.revoke_due() == 0
    clock.advance(days=1)
    assert procedures.find_vote_key(budget.id, "erika") is None, "over is over, also before the worker came"
    assert procedures.revoke_due() == 1
    assert [one.id for one in procedures.list() if one.closed_at is None] == ["ohne-ende"]


def test_keys_that_accounts_share_are_listed(procedures: Procedures, budget: Procedure, clock: Clock) -> None:
    procedures.vote_key(budget.id, "erika", compute)
    clock.advance(hours=1)
    procedures.vote_key(budget.id, "erika-again", compute)
    procedures.vote_key(budget.id, "paul", other)
    (shared,) = procedures.shared(budget.id)
    assert (shared.accounts, shared.last_at - shared.first_at, shared.last_at) == (2, timedelta(hours=1), clock())


def test_a_sealed_key_is_good_for_its_own_procedure_only(
    procedures: Procedures, budget: Procedure, database: Database, clock: Clock
) -> None:
    procedures.add(Procedure("zweite", "karte", "Zweite", clock()))
    with database.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE procedures SET sealed_key = (SELECT sealed_key FROM procedures WHERE procedure_id = 'zweite')"
            " WHERE procedure_id = 'haushalt'"
        )
    with pytest.raises(SealBroken):
        procedures.vote_key(budget.id, "erika", compute)


def test_an_erased_account_leaves_no_vote_key(
    procedures: Procedures, budget: Procedure, accounts: Accounts, subjects: Subjects, clock: Clock
) -> None:
    erika = records.subject(clock())
    subjects.add(erika, records.link(erika, clock()))
    procedures.vote_key(budget.id, erika.id, compute)
    accounts.erase(erika.id)
    assert procedures.find_vote_key(budget.id, erika.id) is None
