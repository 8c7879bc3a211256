"""Access tokens beside the first one of a grant: good only while they themselves and everything behind them are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.core.client import Client, ClientStatus
from broker.core.grant import AccessToken, Grant, access_hash
from broker.core.ids import new_id, new_secret
from broker.core.subject import Subject, SubjectStatus
from broker.store.access_tokens import AccessTokens
from broker.store.clients import Clients
from broker.store.consents import Consents
from broker.store.grants import Grants
from broker.store.sql import Database
from broker.store.tables import subjects as subjects_table
from tests.support import records
from tests.support.clock import Clock


@pytest.fixture
def grant(citizen: Subject, consents: Consents, grants: Grants, tool: Client, clock: Clock) -> Grant:
    """A grant that stands on a consent to `given_name`."""
    given = records.consent(citizen.id, tool.client_id, clock(), "given_name")
    consents.add(given)
    made = records.grant(citizen.id, clock(), tool.client_id, consent_id=given.id)
    assert grants.add(made)
    return made


@pytest.fixture
def token(grant: Grant, access_tokens: AccessTokens) -> AccessToken:
    """A second token of that grant, for an API, bound to a key."""
    made = replace(grant.first_token, access_hash=new_secret(), audience=("https://api.test",), confirmation="jkt:x")
    access_tokens.add(made)
    return made


def test_a_token_comes_back_as_it_was_with_its_grant(access_tokens: AccessTokens, token: AccessToken, grant: Grant) -> None:
    found = access_tokens.find(token.access_hash)

    assert found
    assert (found.token, found.grant) == (token, grant)
    assert found.claims == ("given_name",), "the newest consent does not name the e-mail address"


def test_a_service_clients_token_has_no_grant(access_tokens: AccessTokens, tool: Client, clock: Clock) -> None:
    own = AccessToken(new_secret(), None, tool.client_id, ("read",), (), "", clock(), clock() + timedelta(minutes=10))
    access_tokens.add(own)

    found = access_tokens.find(own.access_hash)

    assert found
    assert (found.token, found.grant, found.claims) == (own, None, ())


@pytest.mark.parametrize("behind", ["consent", "tool", "account", "grant", "its time", "the grant's time"])
def test_a_token_is_dead_when_anything_behind_it_is(
    behind: str, access_tokens: AccessTokens, token: AccessToken, grant: Grant, grants: Grants, consents: Consents, clients: Clients,
    tool: Client, database: Database, clock: Clock,
) -> None:  # fmt: skip
    long = replace(token, access_hash=new_secret(), expires_at=grant.expires_at + timedelta(hours=1))
    access_tokens.add(long)
    ends: dict[str, Callable[[], object]] = {
        "consent": lambda: consents.withdraw(grant.subject_id, tool.client_id),
        "tool": lambda: clients.replace(replace(tool, status=ClientStatus.SUSPENDED)),
        "account": lambda: database.run(subjects_table.update().values(status=SubjectStatus.BLOCKED.value)),
        "grant": lambda: grants.revoke_by_code(grant.code_hash),
        "its time": lambda: setattr(clock, "now", token.expires_at),
        "the grant's time": lambda: setattr(clock, "now", grant.expires_at),
    }
    assert access_tokens.find(token.access_hash)
    ends[behind]()
    assert access_tokens.find(token.access_hash) is None
    assert (access_tokens.find(long.access_hash) is None) is (behind != "its time")


def test_one_token_dies_alone_whichever_it_is(access_tokens: AccessTokens, token: AccessToken, grant: Grant) -> None:
    assert access_tokens.revoke(token.access_hash)
    assert access_tokens.find(token.access_hash) is None
    assert access_tokens.find(grant.access_hash)

    assert access_tokens.revoke(grant.access_hash)
    assert access_tokens.find(grant.access_hash) is None
    assert not access_tokens.revoke(grant.access_hash)
    assert not access_tokens.revoke("unknown")


def test_only_old_tokens_are_purged(access_tokens: AccessTokens, token: AccessToken) -> None:
    assert access_tokens.purge_expired(token.expires_at - timedelta(seconds=1)) == 0
    assert access_tokens.purge_expired(token.expires_at) == 1


def test_the_two_kinds_of_tokens_have_different_hashes() -> None:
    secret = new_id()

    assert access_hash(secret, as_jwt=True) != access_hash(secret, as_jwt=False)
