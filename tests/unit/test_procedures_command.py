"""`broker procedures`: opening, listing, reviewing and closing votes, and what whoever closes one is told first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from broker.cli import main
from broker.core.client import ClientClaim
from broker.core.procedure import VoteKey, VoteStrength
from broker.store.clients import Clients
from broker.store.procedures import Procedures
from broker.store.seal import Seal
from broker.store.sql import Database
from tests.support.app import settings
from tests.support.clock import Clock
from tests.support.makers import client


@pytest.fixture(autouse=True)
def tools(command_environment: None, quick_database: Database) -> None:
    clients = Clients(quick_database)
    clients.add(client(scopes=("openid", "voting"), claims=(ClientClaim("bp_vote_key", {"de": "Abstimmung"}),)))
    clients.add(client(client_id="ohne"))


@pytest.fixture
def kept(quick_database: Database) -> Procedures:
    """What the commands wrote."""
    return Procedures(
        quick_database, Seal(settings("sqlite://", "fake://").keys.field), Clock(datetime(2026, 11, 26, tzinfo=UTC)), seconds=0
    )


def procedures(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["procedures", *arguments], input=typed)


def opened(procedure_id: str = "haushalt", *more: str) -> Result:
    return procedures("open", procedure_id, "--client", "karte", "--title", "Bürgerhaushalt", *more)


def test_a_procedure_is_opened_to_the_end_of_a_german_day(kept: Procedures) -> None:
    shown = opened("haushalt", "--last-day", "2126-07-31")
    assert shown.exit_code == 0, shown.output
    assert "voting:haushalt" in shown.output
    assert [one.closes_at for one in kept.list()] == [datetime(2126, 7, 31, 22, tzinfo=UTC)]
    assert "open until 2126-07-31 22:00 UTC" in procedures("list").output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("open", "Groß", "--client", "karte", "--title", "x"), "small letters"),
        (("open", "a" * 64, "--client", "karte", "--title", "x"), "small letters"),
        (("open", "eins", "--client", "nobody", "--title", "x"), "there is no tool nobody"),
        (("open", "eins", "--client", "ohne", "--title", "x"), "does not have the scope"),
        (("open", "eins", "--client", "karte", "--title", "x", "--last-day", "2020-01-01"), "over already"),
        (("close", "nirgends", "--yes"), "there is no procedure"),
        (("review", "nirgends"), "there is no procedure"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(kept: Procedures, arguments: tuple[str, ...], sentence: str) -> None:
    shown = procedures(*arguments)
    assert shown.exit_code == 1
    assert sentence in shown.output
    assert kept.list() == ()


def test_an_id_is_not_given_twice() -> None:
    opened()
    procedures("close", "haushalt", "--yes")
    assert "never used again" in opened().output


def test_closing_says_what_it_destroys_and_asks(kept: Procedures) -> None:
    opened()
    refused = procedures("close", "haushalt", typed="n\n")
    assert refused.exit_code == 1
    assert "for ever" in refused.output
    assert "Backups" in refused.output
    assert kept.list()[0].closed_at is None
    assert "keys are destroyed" in procedures("close", "haushalt", typed="y\n").output
    assert kept.list()[0].closed_at is not None
    assert "closed before" in procedures("close", "haushalt", "--yes").output
    assert "closed 20" in procedures("list").output


def test_review_lists_shared_keys_and_nothing_else(kept: Procedures) -> None:
    opened()
    assert "nothing to look at" in procedures("review", "haushalt").output
    for account in ("erika", "erika-again"):
        kept.vote_key("haushalt", account, lambda _: VoteKey("shared-key", VoteStrength.PERSON))
    shown = procedures("review", "haushalt").output
    assert "shared-key  2 accounts" in shown
    assert "erika" not in shown


def test_without_procedures_the_list_says_so() -> None:
    assert "no procedure yet" in procedures("list").output
