"""`broker providers list`, `disable`, `enable` and `notice`: what an administrator does when a citizen ID is in trouble (A-31, F-18)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from broker.cli import main
from broker.core.transforms import GERMANY
from broker.opened_stores import utc_now
from broker.store.providers import Providers
from broker.store.sql import Database
from tests.support.makers import provider
from tests.support.services import RedisServer

pytestmark = pytest.mark.usefixtures("command_environment")


@pytest.fixture
def known(quick_database: Database) -> Providers:
    """Two citizen IDs, one of them disabled by its file."""
    providers = Providers(quick_database, seconds=0)
    providers.replace_all([provider("bundid"), provider("muk", enabled=False, position=2)])
    return providers


def providers(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["providers", *arguments])


def in_hours(hours: int) -> str:
    return f"{utc_now().astimezone(GERMANY) + timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def test_all_are_listed_with_their_state(known: Providers) -> None:
    shown = providers("list").output
    assert [line.split() for line in shown.splitlines()] == [["bundid", "enabled"], ["muk", "disabled"]]


def test_disabling_counts_at_once_and_enabling_takes_it_back(known: Providers) -> None:
    assert providers("disable", "bundid").exit_code == 0
    assert known.list() == ()
    assert "switched off" in providers("list").output
    assert providers("enable", "bundid").exit_code == 0
    assert [one.alias for one in known.list()] == ["bundid"]


def test_enabling_does_not_overrule_the_file(known: Providers) -> None:
    providers("enable", "muk")
    assert [one.alias for one in known.list()] == ["bundid"]


@pytest.mark.parametrize("arguments", [("disable", "nobody"), ("enable", "nobody"), ("notice", "nobody", "--end")])
def test_an_unknown_alias_is_refused_with_those_there_are(known: Providers, arguments: tuple[str, ...]) -> None:
    refused = providers(*arguments)
    assert refused.exit_code == 1
    assert "There is no citizen ID 'nobody'; there are: bundid, muk." in refused.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "--down-until"),
        (("--down-until", "tomorrow"), "does not match"),
        (("--down-until", "2020-01-01T00:00"), "has to lie ahead"),
        (("--down-until", "2099-01-01T00:00"), "at most 30 days"),
    ],
)
def test_a_notice_without_a_sensible_end_is_refused(known: Providers, arguments: tuple[str, ...], says: str) -> None:
    refused = providers("notice", "bundid", *arguments)
    assert refused.exit_code != 0
    assert says in refused.output


def test_a_notice_is_listed_until_it_is_taken_back(known: Providers, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_REDIS_URL", redis_server.url)
    until = in_hours(2)
    assert providers("notice", "bundid", "--down-until", until, "--text", "Wartung").exit_code == 0
    assert "(notice), until" in providers("list").output
    assert "taken back" in providers("notice", "bundid", "--end").output
    assert "notice" not in providers("list").output
    assert "There was no notice" in providers("notice", "bundid", "--end").output
