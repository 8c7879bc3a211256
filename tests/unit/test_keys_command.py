"""`broker keys`: what people are told, and asked, before keys change."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from broker.cli import main

pytestmark = pytest.mark.usefixtures("command_environment")


def keys(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, ["keys", *arguments], input=answer)


def listed() -> list[tuple[str, ...]]:
    """State, algorithm and kid of every key."""
    return [tuple(line.split()[:3]) for line in keys("list").output.splitlines()]


def test_first_keys_then_nothing_then_next_ones() -> None:
    assert keys("rotate", "--if-missing").output.count("active") == 4
    assert "nothing changed" in keys("rotate", "--if-missing").output
    assert keys("rotate", "--alg", "ES256").output.startswith("next")
    assert sorted(state for state, _, _ in listed()) == ["active"] * 4 + ["next"]
    assert keys("rotate").output.count("next") == 3
    assert "nothing changed" in keys("rotate").output


def test_the_list_says_when_and_shows_no_private_part() -> None:
    keys("rotate", "--if-missing")

    shown = keys("list").output

    assert "signs from 20" in shown
    assert "UTC" in shown
    assert not any(private in shown for private in ('"d"', "{", "kty"))


def test_an_emergency_says_what_breaks_and_asks() -> None:
    keys("rotate", "--if-missing")
    before = listed()

    refused = keys("rotate", "--emergency", answer="n\n")

    assert refused.exit_code == 1
    assert "What breaks:" in refused.output
    assert "refuse sign-ins" in refused.output
    assert "whoever is signed in stays so" in refused.output
    assert listed() == before


@pytest.mark.parametrize(("arguments", "answer"), [(("--yes",), None), ((), "y\n")])
def test_an_emergency_for_one_algorithm(arguments: tuple[str, ...], answer: str | None) -> None:
    keys("rotate", "--if-missing")

    done = keys("rotate", "--emergency", "--alg", "ES256", *arguments, answer=answer)

    assert done.exit_code == 0
    assert done.output.index("What breaks:") < done.output.index("next")
    assert sorted((state, name) for state, name, _ in listed() if name == "ES256") == [("next", "ES256"), ("withdrawn", "ES256")]
    assert {state for state, name, _ in listed() if name != "ES256"} == {"active"}


def test_an_unknown_algorithm_or_two_wishes_at_once_change_nothing() -> None:
    assert keys("rotate", "--alg", "HS256").exit_code == 2
    assert keys("rotate", "--emergency", "--if-missing").exit_code == 2
    assert listed() == []


def test_another_secret_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    keys("rotate", "--if-missing")
    monkeypatch.setenv("BROKER_SECRET", "another-secret-0123456789-abcdefghijk")

    told = keys("list")

    assert told.exit_code == 1
    assert "BROKER_SECRET is not the one it was sealed with" in told.output
    assert "Traceback" not in told.output
