"""Registered tools: kept whole, remembered for seconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from broker.core.client import Client, ClientStatus
from broker.core.client_policy import AuthMethod, GrantType, LoginStart, Registration, TokenPolicy
from broker.core.errors import ConfigurationError, UnknownClient
from broker.store.clients import Clients
from broker.store.sql import Database
from tests.support import records
from tests.support.statements import Statements


def test_a_client_comes_back_as_it_was(tool: Client, database: Database) -> None:
    assert Clients(database).find(tool.client_id) == tool
    assert Clients(database).list() == (tool,)


def test_every_field_is_kept(clients: Clients, database: Database) -> None:
    made = records.client(
        "all", managed_by="portal", preset="decidim", base_url="https://a.example", login_start=LoginStart("https://a.example/in"),
        auth_method=AuthMethod.POST, release_without_scope=("nickname",), allowed_providers=("bundid",), municipalities=("05315000",),
        first_party=True, pkce_waived=True, claims_in_id_token=True, id_token_alg="ES256", response_modes=("query",),
        email_verified_only=False, version="7", tokens=TokenPolicy(grant_types=(GrantType.REFRESH_TOKEN,), resources=("https://api.example",)),
    )  # fmt: skip
    assert all(getattr(made, name) != getattr(records.client(), name) for name in ("preset", "first_party", "version", "id_token_alg"))
    clients.add(made)
    assert Clients(database).get("all") == made


def test_an_unknown_client(clients: Clients) -> None:
    assert clients.find("unknown") is None
    with pytest.raises(UnknownClient):
        clients.get("unknown")
    with pytest.raises(UnknownClient):
        clients.replace(records.client("unknown"))


def test_a_doubled_id_is_refused_and_changes_nothing(clients: Clients, tool: Client) -> None:
    with pytest.raises(ConfigurationError, match="karte"):
        clients.add(replace(tool, name="Another"))
    assert clients.get(tool.client_id) == tool


def test_a_change_is_seen_at_once_here_and_soon_elsewhere(clients: Clients, tool: Client, database: Database) -> None:
    elsewhere = Clients(database, seconds=0)
    assert elsewhere.get(tool.client_id).status is ClientStatus.LIVE
    suspended = replace(tool, status=ClientStatus.SUSPENDED)
    clients.replace(suspended)
    assert clients.get(tool.client_id) == suspended
    assert elsewhere.get(tool.client_id) == suspended


def test_clients_are_read_once_and_then_remembered(clients: Clients, tool: Client, database: Database) -> None:
    with Statements(database) as statements:
        for _ in range(3):
            assert clients.find(tool.client_id)
            assert clients.find("unknown") is None
    assert len(statements) == 2


def test_lo02_an_address_after_sign_out_names_one_live_client_or_none(clients: Clients, tool: Client) -> None:
    uri = tool.post_logout_redirect_uris[0]
    assert clients.find_by_post_logout_uri(uri) == tool
    assert clients.find_by_post_logout_uri(uri + "x") is None
    clients.add(replace(records.client("tried"), post_logout_redirect_uris=(uri, uri + "y"), status=ClientStatus.SANDBOX))
    assert clients.find_by_post_logout_uri(uri) == tool
    assert clients.find_by_post_logout_uri(uri + "y") == clients.get("tried")
    clients.add(replace(records.client("second"), post_logout_redirect_uris=(uri,)))
    assert clients.find_by_post_logout_uri(uri) is None
    clients.replace(replace(records.client("second"), post_logout_redirect_uris=(uri,), status=ClientStatus.SUSPENDED))
    assert clients.find_by_post_logout_uri(uri) == tool


def test_op_08_a_change_counts_only_while_status_token_and_approval_are_what_they_were(clients: Clients, database: Database) -> None:
    approved = Registration(token_hash="t" * 43, approved_at=datetime(2026, 11, 26, 9, tzinfo=UTC))
    known = replace(records.client("self-1"), registration=approved)
    clients.add(known)
    changed = replace(known, name="New")
    for other in (
        replace(known, status=ClientStatus.SANDBOX),
        replace(known, registration=replace(approved, token_hash="u" * 43)),
        replace(known, registration=replace(approved, token_hash="")),
        replace(known, registration=replace(approved, approved_at=None)),
    ):
        assert not clients.replace_while(changed, other)
    assert Clients(database).get("self-1") == known
    assert clients.replace_while(changed, known)
    assert clients.get("self-1") == changed
    plain = records.client("plain")
    clients.add(plain)
    assert clients.replace_while(replace(plain, name="New"), plain)


def test_what_is_not_remembered_is_read_now(clients: Clients, tool: Client, database: Database) -> None:
    clients.find(tool.client_id)
    Clients(database).replace(replace(tool, name="New"))
    assert clients.find(tool.client_id) == tool
    found = clients.find(tool.client_id, remembered=False)
    assert found is not None
    assert found.name == "New"
