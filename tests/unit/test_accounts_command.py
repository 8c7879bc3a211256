"""`broker accounts show`, `sign-out`, `block`, `unblock`, `erase`: an account by its id or by what a tool calls it (A-31, A-34, A-42)."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from broker.cli import main
from broker.core.subject import Subject, SubjectStatus
from broker.opened_stores import utc_now
from broker.store.clients import Clients
from broker.store.grants import Grants
from broker.store.seal import Seal
from broker.store.session_register import SessionRegister
from broker.store.sql import Database
from broker.store.subjects import Subjects
from tests.store.test_session_register import registered
from tests.support import records
from tests.support.clock import Clock
from tests.support.outbox import outbox_of, takes_all

pytestmark = pytest.mark.usefixtures("command_environment")


@pytest.fixture
def now() -> Clock:
    """The commands look at the wall clock."""
    return Clock(utc_now())


@pytest.fixture
def subjects(quick_database: Database, now: Clock) -> Subjects:
    return Subjects(quick_database, Seal(bytes(32)), now)


@pytest.fixture
def erika(quick_database: Database, subjects: Subjects, now: Clock) -> Subject:
    """Signed in at one tool."""
    made = records.subject(now())
    subjects.add(made, records.link(made, now()))
    Clients(quick_database).add(records.client("karte"))
    SessionRegister(quick_database).add(registered("s1", now, subject_id=made.id))
    assert Grants(quick_database, now).add(records.grant(made.id, now(), "karte", "s1"))
    return made


@pytest.fixture
def sub(subjects: Subjects, erika: Subject) -> str:
    """What the tool calls her."""
    return subjects.tool_subject(erika.id, "karte.test", "Amsel").sub


def accounts(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["accounts", *arguments])


def test_an_account_is_shown_by_id_and_by_what_a_tool_calls_it(erika: Subject, sub: str) -> None:
    by_id, by_sub = accounts("show", erika.id), accounts("show", sub)

    assert by_id.output == by_sub.output
    assert "active" in by_id.output
    assert "bundid" in by_id.output
    assert "Firefox, Windows" in by_id.output
    assert "Amsel" not in by_id.output


@pytest.mark.parametrize("command", ["sign-out", "block", "erase"])
def test_each_signs_out_everywhere(
    command: str, erika: Subject, sub: str, subjects: Subjects, quick_database: Database, now: Clock
) -> None:
    done = accounts(command, sub, *(["--yes"] if command == "erase" else []))

    assert done.exit_code == 0
    assert "1 session ended" in done.output
    assert list(SessionRegister(quick_database).live(erika.id, now())) == []
    now.advance(minutes=1)
    assert [delivery.client_id for delivery in takes_all(outbox_of(quick_database, now))] == ["karte"]
    status = {"sign-out": SubjectStatus.ACTIVE, "block": SubjectStatus.BLOCKED, "erase": SubjectStatus.ERASED}
    assert subjects.get(erika.id).status is status[command]


def test_after_an_incident_everybody_is_signed_out(erika: Subject, quick_database: Database, now: Clock) -> None:
    SessionRegister(quick_database).add(registered("s2", now, subject_id="max"))

    assert "2 sessions ended" in accounts("sign-out", "--everybody").output
    assert list(SessionRegister(quick_database).live(erika.id, now())) == []
    assert "0 sessions ended" in accounts("sign-out", "--everybody").output
    assert accounts("sign-out").exit_code == accounts("sign-out", erika.id, "--everybody").exit_code == 2


def test_blocked_and_let_in_again(erika: Subject, subjects: Subjects) -> None:
    assert accounts("unblock", erika.id).exit_code == 1
    accounts("block", erika.id)
    assert "only an active account" in accounts("block", erika.id).output

    assert accounts("unblock", erika.id).exit_code == 0
    assert subjects.get(erika.id).status is SubjectStatus.ACTIVE


def test_nothing_is_erased_without_a_yes(erika: Subject, subjects: Subjects) -> None:
    assert accounts("erase", erika.id).exit_code == 1
    assert subjects.get(erika.id).status is SubjectStatus.ACTIVE


def test_a_name_that_looks_like_an_option_is_a_name() -> None:
    assert "there is no account" in accounts("show", "-hello").output


@pytest.mark.parametrize("name", ["nobody", "", "x" * 5000, "a\x00b", "ä"])
def test_an_account_that_does_not_exist_is_said_to_be_none(quick_database: Database, name: str) -> None:
    for command in (["show"], ["sign-out"], ["block"], ["unblock"], ["erase", "--yes"]):
        done = accounts(command[0], name, *command[1:])
        assert done.exit_code == (1 if name or command != ["sign-out"] else 2)
        assert "there is no account" in done.output or not name
