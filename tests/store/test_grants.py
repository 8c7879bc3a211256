"""The gate: a code becomes one grant, once, while subject, tool and consent stand; and what revokes it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from broker.core.client import Client, ClientStatus
from broker.core.consent import Consent
from broker.core.grant import Grant
from broker.core.ids import new_id, new_secret
from broker.core.subject import Subject, SubjectStatus
from broker.store.access_tokens import AccessTokens
from broker.store.clients import Clients
from broker.store.consents import Consents
from broker.store.grants import Grants
from broker.store.sql import Database
from broker.store.tables import grants as grants_table
from broker.store.tables import subjects as subjects_table
from tests.support import records
from tests.support.clock import Clock

Change = Callable[[], object]


@pytest.fixture
def consent(consents: Consents, citizen: Subject, tool: Client, clock: Clock) -> Consent:
    given = replace(records.consent(citizen.id, tool.client_id, clock()), expires_at=clock() + timedelta(minutes=5))
    consents.add(given)
    return given


@pytest.fixture
def grant(citizen: Subject, tool: Client, consent: Consent, clock: Clock) -> Grant:
    return records.grant(citizen.id, clock(), tool.client_id, consent_id=consent.id)


@pytest.fixture
def changes(consents: Consents, clients: Clients, citizen: Subject, tool: Client, database: Database, clock: Clock) -> dict[str, Change]:
    """Everything that may change between code and token, or between token and userinfo."""
    table = subjects_table
    return {
        "consent withdrawn": lambda: consents.withdraw(citizen.id, tool.client_id),
        "consent expired": lambda: clock.advance(minutes=5),
        "tool suspended": lambda: clients.replace(replace(tool, status=ClientStatus.SUSPENDED)),
        "account blocked": lambda: database.run(table.update().values(status=SubjectStatus.BLOCKED.value)),
        "account erased": lambda: database.run(table.update().values(status=SubjectStatus.ERASED.value)),
    }


_CHANGES = ["consent withdrawn", "consent expired", "tool suspended", "account blocked", "account erased"]


def test_a48_a_code_passes_the_gate_once(grants: Grants, grant: Grant) -> None:
    assert grants.add(grant)
    assert not grants.add(replace(grant, id=new_id(), access_hash=new_secret()))


def test_a_grant_comes_back_as_it_was(grants: Grants, access_tokens: AccessTokens, grant: Grant) -> None:
    grants.add(grant)
    found = access_tokens.find(grant.access_hash)
    assert found
    assert (found.grant, found.token) == (grant, grant.first_token)
    assert access_tokens.find("unknown") is None


def test_a_tool_of_the_city_itself_needs_no_consent(grants: Grants, access_tokens: AccessTokens, grant: Grant) -> None:
    assert grants.add(replace(grant, consent_id=None))
    assert access_tokens.find(grant.access_hash)


@pytest.mark.parametrize("change", _CHANGES)
def test_co08_nothing_is_granted_after(change: str, grants: Grants, grant: Grant, changes: dict[str, Change]) -> None:
    changes[change]()
    assert not grants.add(grant)


@pytest.mark.parametrize("change", _CHANGES)
def test_co08_an_access_token_is_dead_after(
    change: str, grants: Grants, access_tokens: AccessTokens, grant: Grant, changes: dict[str, Change]
) -> None:
    assert grants.add(grant)
    changes[change]()
    assert access_tokens.find(grant.access_hash) is None


def test_co08_an_unknown_consent_or_one_about_another_tool_grants_nothing(
    grants: Grants, grant: Grant, consents: Consents, clock: Clock
) -> None:
    assert not grants.add(replace(grant, consent_id="unknown"))
    other = records.consent(grant.subject_id, "another tool", clock())
    consents.add(other)
    assert not grants.add(replace(grant, consent_id=other.id))


def test_an_unknown_account_or_tool_gets_nothing(grants: Grants, grant: Grant) -> None:
    assert not grants.add(replace(grant, subject_id="unknown"))
    assert not grants.add(replace(grant, client_id="unknown"))


def test_an_access_token_lives_for_its_time(grants: Grants, access_tokens: AccessTokens, grant: Grant, clock: Clock) -> None:
    free = replace(grant, consent_id=None)
    grants.add(free)
    clock.now = free.access_expires_at - timedelta(microseconds=1)
    assert access_tokens.find(free.access_hash)
    clock.now = free.access_expires_at
    assert access_tokens.find(free.access_hash) is None


def test_co01_a_code_that_comes_again_revokes_what_it_gave(grants: Grants, access_tokens: AccessTokens, grant: Grant) -> None:
    assert not grants.revoke_by_code(grant.code_hash)
    grants.add(grant)
    assert grants.revoke_by_code(grant.code_hash)
    assert access_tokens.find(grant.access_hash) is None
    assert not grants.revoke_by_code(grant.code_hash)


def test_only_grants_of_ended_sessions_are_purged(grants: Grants, grant: Grant, database: Database, clock: Clock) -> None:
    grants.add(grant)
    assert grants.purge_expired(grant.expires_at - timedelta(seconds=1)) == 0
    assert grants.purge_expired(grant.expires_at) == 1
    assert database.all(grants_table.select()) == []


def test_co11_a_taken_access_hash_is_an_error_and_not_a_used_code(grants: Grants, grant: Grant) -> None:
    grants.add(grant)
    with pytest.raises(IntegrityError):
        grants.add(replace(grant, id=new_id(), code_hash=new_secret()))


def _redeem(url: str, codes: list[Grant], together: Barrier, clock: Clock) -> list[int]:
    """What one web process does: for each code, many threads that redeem it. How many passed, by code."""
    database = Database(url)
    gate = Grants(database, clock)
    passed = []
    with ThreadPoolExecutor(8) as pool:
        for code in codes:
            copies = [replace(code, id=new_id(), access_hash=new_secret()) for _ in range(32)]
            together.wait(60)
            passed.append(sum(pool.map(gate.add, copies)))
    database.dispose()
    return passed


def test_co02_of_64_redemptions_in_two_processes_one_passes(database_url: str, grants: Grants, grant: Grant, clock: Clock) -> None:
    codes = [replace(grant, code_hash=new_secret()) for _ in range(10)]
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, context.Pool(2) as processes:
        passed = processes.starmap(_redeem, [(database_url, codes, manager.Barrier(2), clock)] * 2, chunksize=1)
    assert [sum(both) for both in zip(*passed, strict=True)] == [1] * len(codes)
