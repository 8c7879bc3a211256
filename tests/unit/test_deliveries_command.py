"""`broker deliveries list`: what became of sign-outs, tool by tool, without anything about a citizen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from broker.cli import main
from broker.core.delivery import Delivery, DeliveryState
from broker.store.clients import Clients
from broker.store.grants import Grants
from broker.store.seal import Seal
from broker.store.sql import Database
from broker.store.subjects import Subjects
from tests.support import records
from tests.support.clock import Clock
from tests.support.outbox import outbox_of, takes_all

pytestmark = pytest.mark.usefixtures("command_environment")


@pytest.fixture
def taken(quick_database: Database, clock: Clock) -> list[Delivery]:
    """A session ended at two tools; the deliveries are on their way."""
    clock.now = datetime.now(UTC).replace(microsecond=0)
    subjects, grants, outbox = (
        Subjects(quick_database, Seal(bytes(32)), clock),
        Grants(quick_database, clock),
        outbox_of(quick_database, clock),
    )
    citizen = records.subject(clock(), "erika")
    subjects.add(citizen, records.link(citizen, clock()))
    for tool in ("haushalt", "karte"):
        Clients(quick_database, seconds=0).add(records.client(tool))
        assert grants.add(records.grant(citizen.id, clock(), tool, "session"))
    outbox.end_session("session", "logout")
    return sorted(takes_all(outbox), key=lambda one: one.client_id)


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["deliveries", "list", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_only_trouble_is_shown_unless_all_is_asked_for(quick_database: Database, clock: Clock, taken: list[Delivery]) -> None:
    assert shown() == "Nothing failed or had to be repeated.\n"
    well, ill = taken
    outbox = outbox_of(quick_database, clock)
    outbox.settle(
        [
            replace(well, state=DeliveryState.DELIVERED, attempts=1, outcome="200", duration_ms=12),
            replace(ill, attempts=3, outcome="timeout", duration_ms=5001),
        ]
    )

    (line,) = shown().splitlines()
    assert line.split() == ["karte", "pending", "3", "timeout", "5001", "ms", clock.now.isoformat()]
    assert {line.split()[0] for line in shown("--all").splitlines()} == {"haushalt", "karte"}
    assert shown("--tool", "haushalt") == "Nothing failed or had to be repeated.\n"
    assert len(shown("--all", "--limit", "1").splitlines()) == 1
    assert ill.sub not in shown("--all")


def test_figures_for_each_tool(quick_database: Database, clock: Clock, taken: list[Delivery]) -> None:
    well, ill = taken
    outbox = outbox_of(quick_database, clock)
    outbox.settle(
        [
            replace(well, state=DeliveryState.DELIVERED, attempts=1, outcome="200", duration_ms=12),
            replace(ill, state=DeliveryState.FAILED, attempts=3, outcome="400", duration_ms=7),
        ]
    )

    haushalt, karte = shown("--summary").splitlines()
    assert haushalt.split() == ["haushalt", "sent", "1", "failed", "0", "pending", "0", "oldest", "-", "median", "12", "ms"]
    assert karte.split() == ["karte", "sent", "0", "failed", "1", "pending", "0", "oldest", "-", "median", "-"]
    assert shown("--summary", "--tool", "karte").splitlines() == [karte]
    assert shown("--summary", "--tool", "nobody") == "No tool was to be told of anything in the last 24 hours.\n"


def test_figures_say_how_long_the_oldest_has_waited(clock: Clock, taken: list[Delivery]) -> None:
    words = shown("--summary", "--tool", "karte").split()
    assert words[:9] == ["karte", "sent", "0", "failed", "0", "pending", "1", "oldest", words[8]]
    assert 0 <= int(words[8]) < 60


def test_nonsense_is_refused() -> None:
    assert CliRunner().invoke(main, ["deliveries", "list", "--limit", "0"]).exit_code == 2
