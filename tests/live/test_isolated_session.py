"""A tool with sessions of its own beside the common one, at a real Keycloak, which has one session for each browser (SE-03, LO-03)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.demo.citizen import Citizen
from tests.support.servers import until
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

SWITCH_SECONDS = 20  # five, on a machine with nothing else to do


@pytest.fixture(scope="module")
def apart(stack: StartedStack) -> Iterator[str]:
    """The second tool, which takes no part in the common session for as long as these tests run."""
    file = stack.parts.state.clients / "buergerhaushalt.toml"
    text, tool = file.read_text(encoding="utf-8"), stack.tool_url("haushalt")
    stack.registers({file.stem: f"{text}\n[logout]\nisolated_session = true\n"})
    try:
        until(lambda: all(_keeps_to_itself(tool) for _ in range(12)), SWITCH_SECONDS, "every process to know of it")
        yield tool
    finally:
        stack.registers({file.stem: text})
    until(lambda: not any(_keeps_to_itself(tool) for _ in range(12)), SWITCH_SECONDS, "it to take part again")


def _keeps_to_itself(tool: str) -> bool:
    browser = Citizen().browser
    browser.opens(f"{tool}/login")
    return "hat eine eigene Anmeldung" in browser.reads()


def _signs_in(citizen: Citizen, tool: str, person: str) -> dict[str, object]:
    """By an account that has a logout, so that Keycloak's session is kept."""
    citizen.wants_to_sign_in(tool, provider="sh")
    citizen.identifies("plus", person)
    citizen.agrees_if_asked()
    return citizen.received()


def _is_known_silently(citizen: Citizen, tool: str) -> bool:
    citizen.browser.opens(f"{tool}/login?silent=1")
    return citizen.browser.shows("claims")


def _signs_out(citizen: Citizen, tool: str) -> None:
    citizen.browser.opens(tool)
    citizen.signs_out()


@pytest.mark.parametrize("first", ["apart", "common"])
def test_neither_sign_out_ends_the_other_and_the_last_one_ends_it_at_keycloak(stack: StartedStack, apart: str, first: str) -> None:
    citizen, karte = Citizen(), stack.tool_url("karte")
    before = stack.hub_sessions()
    _signs_in(citizen, karte, "peer")
    _signs_in(citizen, apart, "hanne")
    (at_hub,) = stack.hub_sessions() - before
    assert _is_known_silently(citizen, karte)

    _signs_out(citizen, apart if first == "apart" else karte)

    assert at_hub in stack.hub_sessions(), "the other one hangs on it"
    assert _is_known_silently(citizen, karte) == (first == "apart")
    citizen.browser.opens(karte if first == "apart" else apart)
    assert not citizen.browser.shows("login"), "the other tool knows its citizen still"
    _signs_out(citizen, karte if first == "apart" else apart)
    assert at_hub not in stack.hub_sessions()


def test_a18_it_asks_for_a_sign_in_each_time(stack: StartedStack, apart: str) -> None:
    citizen = Citizen()
    _signs_in(citizen, apart, "hanne")
    citizen.browser.opens(f"{apart}/login?silent=1")
    citizen.is_told("login_required")
    citizen.wants_to_sign_in(apart, provider="sh")
    citizen.expects("means-plus", "the account's choice of means")
