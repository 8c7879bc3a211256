"""The judge and tools that keep a session of their own: neither side of the wall counts for the other (A-18, A-35, SE-03)."""

from __future__ import annotations

from typing import Any

from broker.core.account_errors import LinkInterrupted
from broker.core.client_policy import LogoutPolicy
from broker.core.errors import AccessDenied, LoginRequired
from broker.core.next_step import ChooseProvider, Issue
from tests.support.makers import NOW, client, request, session
from tests.unit.test_next_step import BASIC, JUST_NOW, SILENT, fresh, refusal, steps

APART: dict[str, Any] = {"client": client(logout=LogoutPolicy(isolated_session=True))}


def test_the_common_session_is_none_for_it() -> None:
    assert steps(**APART) == ChooseProvider(("bundid",), BASIC)


def test_its_own_session_is_none_for_others() -> None:
    assert steps(session=session(only_for="karte")) == ChooseProvider(("bundid",), BASIC)


def test_nor_is_another_such_tools() -> None:
    assert steps(**APART, session=session(only_for="forum")) == ChooseProvider(("bundid",), BASIC)


def test_its_own_lets_in() -> None:
    own = {"request": request(signed_in_at=JUST_NOW), "session": session(only_for="karte", authenticated_at=JUST_NOW)}
    assert isinstance(steps(**APART, **own), Issue)


def test_after_a_sign_in_a_session_of_the_wrong_kind_does_not_ask_again() -> None:
    assert refusal(**APART, **fresh()) is AccessDenied


def test_silently_it_is_always_a_sign_in_that_is_missing_a_18() -> None:
    assert refusal(**APART, request=request(prompts=SILENT)) is LoginRequired


def test_no_link_is_made_with_it() -> None:
    asked = request(links_to="erika", signed_in_at=JUST_NOW, created_at=NOW)
    mine = session(only_for="karte", authenticated_at=JUST_NOW)
    assert refusal(request=asked, session=mine) is LinkInterrupted
