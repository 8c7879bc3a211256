"""Refresh tokens: exchanged once, whoever comes at the same time, and only while everything behind them stands (A-08, A-48, RT-04)."""

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
from broker.core.grant import Grant, RefreshToken
from broker.core.ids import fingerprint, keyed_hash, new_secret
from broker.core.subject import Subject, SubjectStatus
from broker.store.access_tokens import AccessTokens
from broker.store.clients import Clients
from broker.store.consents import Consents
from broker.store.grants import Grants
from broker.store.outbox import Outbox
from broker.store.refresh_tokens import RefreshTokens
from broker.store.sql import Database
from broker.store.tables import access_tokens as access_table
from broker.store.tables import refresh_tokens as refresh_table
from broker.store.tables import subjects as subjects_table
from tests.support import records
from tests.support.clock import Clock

_KEY = bytes(32)


@pytest.fixture
def refresh_tokens(database: Database, clock: Clock) -> RefreshTokens:
    return RefreshTokens(database, clock)


@pytest.fixture
def grant(citizen: Subject, consents: Consents, grants: Grants, tool: Client, clock: Clock) -> Grant:
    given = records.consent(citizen.id, tool.client_id, clock())
    consents.add(given)
    made = records.grant(citizen.id, clock(), tool.client_id, consent_id=given.id)
    assert grants.add(made)
    return made


@pytest.fixture
def secret(refresh_tokens: RefreshTokens, grant: Grant, clock: Clock) -> str:
    """The first refresh token of the grant."""
    made = new_secret()
    refresh_tokens.add(RefreshToken(fingerprint(made), grant.id, grant.scopes, clock()))
    return made


def exchanged(store: RefreshTokens, secret: str, grant: Grant, clock: Clock) -> bool:
    """Exchange a token for what is computed from it, as the flow does."""
    successor = RefreshToken(fingerprint(keyed_hash(_KEY, "refresh", secret)), grant.id, grant.scopes, clock())
    access = replace(grant.first_token, access_hash=fingerprint(keyed_hash(_KEY, "access", secret)))
    return store.replace(fingerprint(secret), successor, access)


def test_a_token_comes_back_with_its_grant(refresh_tokens: RefreshTokens, grant: Grant, secret: str, clock: Clock) -> None:
    found = refresh_tokens.find(fingerprint(secret))

    assert found
    assert found.token == RefreshToken(fingerprint(secret), grant.id, grant.scopes, clock())
    assert (found.grant, found.good) == (grant, True)
    assert refresh_tokens.find("unknown") is None


def test_a48_a_token_is_exchanged_once(
    refresh_tokens: RefreshTokens, access_tokens: AccessTokens, grant: Grant, secret: str, clock: Clock
) -> None:
    assert exchanged(refresh_tokens, secret, grant, clock)
    assert not exchanged(refresh_tokens, secret, grant, clock)

    used, successor = refresh_tokens.find(fingerprint(secret)), refresh_tokens.find(fingerprint(keyed_hash(_KEY, "refresh", secret)))
    assert used
    assert used.token.used_at == clock()
    assert successor
    assert successor.token.used_at is None
    assert access_tokens.find(fingerprint(keyed_hash(_KEY, "access", secret)))


def test_rt_04_what_cannot_be_kept_whole_is_not_kept_at_all(
    refresh_tokens: RefreshTokens, database: Database, grant: Grant, secret: str, clock: Clock
) -> None:
    """The successor's row is there already, so that the transaction fails after the gate."""
    refresh_tokens.add(RefreshToken(fingerprint(keyed_hash(_KEY, "refresh", secret)), grant.id, grant.scopes, clock()))

    with pytest.raises(IntegrityError):
        exchanged(refresh_tokens, secret, grant, clock)

    found = refresh_tokens.find(fingerprint(secret))
    assert found
    assert found.token.used_at is None
    assert database.all(access_table.select()) == []


@pytest.mark.parametrize("behind", ["consent", "tool", "account", "grant", "time"])
def test_rt_08_nothing_is_exchanged_when_anything_behind_it_is_gone(
    behind: str, refresh_tokens: RefreshTokens, grant: Grant, secret: str, grants: Grants, consents: Consents, clients: Clients,
    tool: Client, database: Database, clock: Clock,
) -> None:  # fmt: skip
    ends: dict[str, Callable[[], object]] = {
        "consent": lambda: consents.withdraw(grant.subject_id, tool.client_id),
        "tool": lambda: clients.replace(replace(tool, status=ClientStatus.SUSPENDED)),
        "account": lambda: database.run(subjects_table.update().values(status=SubjectStatus.BLOCKED.value)),
        "grant": lambda: grants.revoke(grant.id),
        "time": lambda: setattr(clock, "now", grant.expires_at),
    }
    ends[behind]()

    assert not exchanged(refresh_tokens, secret, grant, clock)
    found = refresh_tokens.find(fingerprint(secret))
    assert found
    assert (found.good, found.token.used_at) == (False, None)


def test_a_grant_is_revoked_once(grants: Grants, grant: Grant) -> None:
    assert grants.revoke(grant.id)
    assert not grants.revoke(grant.id)
    assert not grants.revoke("unknown")


def test_offline_grants_survive_the_sign_out(
    grants: Grants, outbox: Outbox, refresh_tokens: RefreshTokens, grant: Grant, clock: Clock
) -> None:
    lasting = replace(grant, id="lasting", code_hash=new_secret(), access_hash=new_secret(), offline=True)
    assert grants.add(lasting)
    for of in (grant, lasting):
        refresh_tokens.add(RefreshToken(of.id, of.id, of.scopes, clock()))

    outbox.end_session(grant.session_id, "logout")

    good = {name: found.good for name in (grant.id, lasting.id) if (found := refresh_tokens.find(name))}
    assert good == {grant.id: False, lasting.id: True}


def test_used_tokens_stay_until_their_grant_is_over(
    refresh_tokens: RefreshTokens, database: Database, grant: Grant, secret: str, clock: Clock
) -> None:
    assert exchanged(refresh_tokens, secret, grant, clock)

    assert refresh_tokens.purge_expired(grant.expires_at - timedelta(seconds=1)) == 0
    assert refresh_tokens.purge_expired(grant.expires_at) == 2
    assert database.all(refresh_table.select()) == []


def _refresh(url: str, tokens: list[tuple[str, Grant]], together: Barrier, clock: Clock) -> list[int]:
    """What one web process does: for each token, many threads that exchange it. How many passed, by token."""
    database = Database(url)
    store, passed = RefreshTokens(database, clock), []
    with ThreadPoolExecutor(8) as pool:
        for secret, grant in tokens:
            together.wait(60)
            passed.append(sum(pool.map(lambda _, s=secret, g=grant: exchanged(store, s, g, clock), range(32))))  # type: ignore[misc]
    database.dispose()
    return passed


def test_rt_04_of_64_exchanges_in_two_processes_one_passes(
    database_url: str, database: Database, refresh_tokens: RefreshTokens, grants: Grants, grant: Grant, clock: Clock
) -> None:
    tokens = []
    for _ in range(10):
        secret, family = new_secret(), replace(grant, id=new_secret(), code_hash=new_secret(), access_hash=new_secret())
        assert grants.add(family)
        refresh_tokens.add(RefreshToken(fingerprint(secret), family.id, family.scopes, clock()))
        tokens.append((secret, family))
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, context.Pool(2) as processes:
        passed = processes.starmap(_refresh, [(database_url, tokens, manager.Barrier(2), clock)] * 2, chunksize=1)

    assert [sum(both) for both in zip(*passed, strict=True)] == [1] * len(tokens)
    heads = database.all(refresh_table.select().where(refresh_table.c.used_at.is_(None)))
    assert sorted(row.grant_id for row in heads) == sorted(family.id for _, family in tokens), "one head for each family"
    assert len(database.all(access_table.select())) == len(tokens)
