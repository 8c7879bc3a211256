"""What Keycloak lets through, the broker judges: no level and no claim rises above what BundID vouched for (UP-12, A-29)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.demo.citizen import BROKER_HIGH, Citizen
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

BASIC = "urn:bp:loa:basic"


def _identifies_with(citizen: Citizen, fault: str) -> None:
    """Jasper's card, with BundID's answer bent in one way."""
    citizen.browser.follows("means-eid")
    citizen.browser.submits("person-jasper")
    citizen.browser.submits("confirm", {"fault": fault})


def _signs_in(stack: StartedStack, tool: str, fault: str) -> Citizen:
    citizen = Citizen()
    citizen.wants_to_sign_in(stack.tool_url(tool))
    _identifies_with(citizen, fault)
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    return citizen


def _arrives(stack: StartedStack, tool: str, fault: str) -> dict[str, Any]:
    """What the tool receives."""
    return _signs_in(stack, tool, fault).received()


@pytest.mark.parametrize("fault", ["level-basic", "qaa-above-context"])
def test_up12_the_lowest_level_counts(stack: StartedStack, fault: str) -> None:
    assert _arrives(stack, "karte", fault)["acr"] == BASIC


@pytest.mark.parametrize("fault", ["level-basic", "qaa-above-context"])
def test_up12_asked_for_high_a_lower_level_is_unmet(stack: StartedStack, fault: str) -> None:
    citizen = Citizen()
    citizen.wants_to_sign_in(stack.tool_url("karte"), "?level=high")
    _identifies_with(citizen, fault)
    citizen.expects("unmet-back", "the broker's page about the level")
    citizen.browser.submits("unmet-back")
    citizen.is_told("unmet_authentication_requirements")


def test_up12_a_level_nobody_knows_is_no_sign_in(stack: StartedStack) -> None:
    citizen = Citizen()
    citizen.wants_to_sign_in(stack.tool_url("karte"))
    _identifies_with(citizen, "level-unknown")
    assert citizen.browser.reads("error-code") == "BP-502-UPSTREAM"
    citizen.browser.opens(f"{stack.tool_url('karte')}/login?silent=1")
    citizen.is_told("login_required")


@pytest.mark.parametrize("fault", ["without-trust", "unknown-trust-word", "low-trust"])
def test_a29_what_bundid_does_not_vouch_for_counts_as_self_asserted(stack: StartedStack, fault: str) -> None:
    citizen = _signs_in(stack, "haushalt", fault)
    received = json.loads(citizen.browser.reads("userinfo"))
    assert citizen.received()["acr"] == BROKER_HIGH
    assert received["bp_attr_loa"] == {"bp_age_over": "self"}
    assert "bp_resident_of" not in received, "a residence that nobody vouches for is none"


@pytest.mark.parametrize(
    ("fault", "lost"),
    [("malformed-community-id", "bp_resident_of"), ("foreign-community-id", "bp_resident_of"), ("partial-birthdate", "bp_age_over")],
)
def test_a_value_that_cannot_be_read_makes_no_claim(stack: StartedStack, fault: str, lost: str) -> None:
    received = _arrives(stack, "haushalt", fault)
    assert {"bp_resident_of", "bp_age_over"} - received.keys() == {lost}


@pytest.mark.parametrize("fault", ["tampered", "expired", "wrong-audience", "signature-wrapping"])
def test_a28_what_keycloak_refuses_leads_home_and_can_be_tried_again(stack: StartedStack, fault: str) -> None:
    citizen = Citizen()
    citizen.wants_to_sign_in(stack.tool_url("karte"))
    _identifies_with(citizen, fault)
    assert citizen.browser.address.startswith(f"{stack.broker_url}/upstream/return")
    citizen.browser.follows("try-again")
    citizen.chooses_bundid()
    citizen.expects("means-eid", "BundID's choice of means")
