"""`broker clients invite`, `list`, `approve`, `suspend`, `withdraw`: what an administrator is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from broker.cli import main
from broker.core.client import ClientStatus
from broker.core.client_policy import Registration
from broker.store.clients import Clients
from broker.store.registration_tokens import RegistrationTokens
from broker.store.sql import Database
from tests.support.makers import client

HIMSELF = Registration(token_hash="x" * 43, registered_at=datetime(2026, 11, 26, tzinfo=UTC))


pytestmark = pytest.mark.usefixtures("command_environment")


def clients(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["clients", *arguments])


def test_a_token_is_shown_once_and_kept_as_a_hash(quick_database: Database) -> None:
    shown = clients("invite", "--label", "fair", "--uses", "3", "--days", "2", "--oidc-basic")

    assert shown.exit_code == 0, shown.output
    token = shown.output.split()[-1]
    kept = RegistrationTokens(quick_database).list()[0]
    assert len(token) == 43
    assert token not in repr(kept)
    assert (kept.label, kept.uses_left, kept.status, kept.basic_profile, kept.public_subject) == ("fair", 3, "sandbox", True, False)
    assert (kept.expires_at - kept.created_at).days == 2


def test_an_invitation_is_withdrawn_by_its_label() -> None:
    clients("invite", "--label", "fair")
    assert clients("withdraw", "fair").output == "1 invitation(s) withdrawn.\n"
    assert "No invitation" in clients("withdraw", "fair").output


def test_tools_are_listed_approved_and_suspended(quick_database: Database) -> None:
    store = Clients(quick_database, seconds=0)
    assert "There is no tool yet." in clients("list").output
    waiting = client(
        client_id="self-1", managed_by="self", status=ClientStatus.SANDBOX, sector="sandbox:karte.example.org", registration=HIMSELF
    )
    store.add(waiting)
    assert "sandbox   self self-1  'Mitmachkarte'  https://karte.example.org/callback" in clients("list").output
    assert "run by 'Stadt Beispiel'" in clients("approve", "self-1", "--operator", "Stadt Beispiel").output
    assert store.get("self-1").sector == "karte.example.org"
    assert store.get("self-1").registration.approved_at
    assert "suspended" in clients("suspend", "self-1").output
    assert "suspended self self-1" in clients("list").output
    assert "is live" in clients("approve", "self-1").output


def test_what_cannot_be_approved_is_told_in_a_sentence(quick_database: Database) -> None:
    store = Clients(quick_database, seconds=0)
    store.add(client(client_id="filed"))
    store.add(client(client_id="gone", managed_by="self", registration=Registration()))
    taken = client(
        client_id="self-2", managed_by="self", status=ClientStatus.SANDBOX, sector="sandbox:karte.example.org", registration=HIMSELF
    )
    store.add(taken)
    assert "changed in their files" in clients("approve", "filed").output
    assert "changed in their files" in clients("suspend", "unknown").output
    assert "ended its own registration" in clients("approve", "gone").output
    refused = clients("approve", "self-2", "--operator", "Somebody else")
    assert refused.exit_code == 1
    assert "sector karte.example.org" in refused.output
