"""Sign-ins that end oddly on the real chain: a guest, a change of mind at a step-up, a lower level than last time, one switched off."""

from __future__ import annotations

import pytest

from deploy.demo.citizen import BROKER_HIGH, Citizen
from tests.support.servers import until
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

SWITCH_SECONDS = 20  # five, on a machine with nothing else to do


@pytest.fixture
def citizen() -> Citizen:
    """Somebody with a fresh browser."""
    return Citizen()


def _signs_in(citizen: Citizen, tool: str, means: str, person: str) -> dict[str, object]:
    citizen.wants_to_sign_in(tool)
    citizen.identifies(means, person)
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    return citizen.received()


def test_a_guest_reads_why_that_is_not_enough_and_can_leave(stack: StartedStack, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(stack.tool_url("karte"))
    citizen.browser.follows("means-eid")
    citizen.browser.submits("person-erika")
    citizen.browser.submits("confirm", {"fault": "without-bpk2"})
    assert citizen.browser.reads("error-code") == "BP-403-GUEST"
    assert "als Gast" in citizen.browser.reads()
    reference = citizen.browser.reads("reference")
    assert any(reference in log for log in stack.logs().values())
    citizen.browser.submits("sign-in-cancel")
    citizen.is_told("access_denied")


@pytest.mark.parametrize("spelling", ["cancel-request-denied", "cancel-authn-failed"])
def test_up13_a_change_of_mind_at_a_step_up_keeps_the_sign_in(stack: StartedStack, citizen: Citizen, spelling: str) -> None:
    karte = stack.tool_url("karte")
    before = _signs_in(citizen, karte, "password", "paul")
    citizen.wants_to_sign_in(karte, "?level=high")
    citizen.browser.submits(spelling)
    assert citizen.browser.reads("error-code") == "BP-403-CANCELLED"
    citizen.expects("provider-bundid", "the choice of citizen IDs")
    citizen.browser.submits("sign-in-cancel")
    citizen.is_told("unmet_authentication_requirements")
    citizen.browser.opens(f"{karte}/login?silent=1")
    assert citizen.received() == before, "the old sign-in stands, at its level"


def test_a29_a_lower_level_than_last_time_counts_as_it_is(stack: StartedStack) -> None:
    karte = stack.tool_url("karte")
    strong, weak = _signs_in(Citizen(), karte, "eid", "erika"), _signs_in(Citizen(), karte, "password", "erika")
    assert (strong["acr"], weak["acr"]) == (BROKER_HIGH, "urn:bp:loa:basic")
    assert strong["sub"] == weak["sub"]


def test_up09_a_citizen_id_switched_off_meanwhile_signs_nobody_in(stack: StartedStack, citizen: Citizen) -> None:
    karte = stack.tool_url("karte")
    citizen.wants_to_sign_in(karte)
    citizen.expects("means-eid", "BundID's choice of means")
    stack.runs_broker("providers", "disable", "bundid")
    try:
        until(lambda: not any(_is_offered(karte) for _ in range(12)), SWITCH_SECONDS, "every process to know of it")
        citizen.identifies("eid", "erika")
        assert citizen.browser.reads("error-code") == "BP-403-DENIED"
        assert "! bundid stays switched off" in stack.runs_broker("realm", "apply", "--environment", "local", "--only-broker")
        assert not _is_offered(karte)
    finally:
        stack.runs_broker("providers", "enable", "bundid")
    until(lambda: all(_is_offered(karte) for _ in range(12)), SWITCH_SECONDS, "every process to offer it again")


def _is_offered(tool: str) -> bool:
    somebody = Citizen()
    somebody.browser.opens(f"{tool}/login")
    return somebody.browser.shows("provider-bundid")
