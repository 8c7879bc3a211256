"""Tool, broker, Keycloak and back with an organisation's account and with one that speaks OpenID Connect (A-18, A-29, UP-12)."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.demo.citizen import BROKER_HIGH, Citizen
from tests.support.servers import until
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

SUBSTANTIAL = "http://eidas.europa.eu/LoA/substantial"
BASIC = "urn:bp:loa:basic"
DELIVERY_SECONDS = 20


@pytest.fixture
def citizen() -> Citizen:
    """Somebody with a fresh browser."""
    return Citizen()


def _signs_in(citizen: Citizen, tool: str, provider: str, means: str, person: str, query: str = "") -> dict[str, Any]:
    """All the way in; what the tool received."""
    citizen.wants_to_sign_in(tool, query, provider)
    citizen.identifies(means, person)
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    return citizen.received()


def test_an_organisation_speaks_for_itself_and_never_as_a_citizen(stack: StartedStack, citizen: Citizen) -> None:
    received = _signs_in(citizen, stack.tool_url("karte"), "muk", "elster", "verein")
    assert (received["acr"], received["bp_subject_type"], received["name"]) == (SUBSTANTIAL, "organisation", "Vera Vorstand")
    citizen.wants_to_sign_in(stack.tool_url("haushalt"), provider="muk")
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    received = citizen.received()
    assert received["bp_subject_type"] == "organisation"
    assert not {"bp_resident_of", "bp_residence_evidence", "bp_age_over", "bp_vote_key"} & received.keys()


def test_two_people_of_one_association_are_two(stack: StartedStack) -> None:
    subjects = {_signs_in(Citizen(), stack.tool_url("karte"), "muk", "elster", one)["sub"] for one in ("verein", "kassenwart")}
    assert len(subjects) == 2


def test_a_test_account_is_turned_away_and_another_may_be_tried(stack: StartedStack, citizen: Citizen) -> None:
    karte = stack.tool_url("karte")
    citizen.wants_to_sign_in(karte, provider="muk")
    citizen.identifies("elster", "testfirma")
    assert citizen.browser.reads("error-code") == "BP-502-UPSTREAM"
    assert _signs_in(citizen, karte, "muk", "elster", "verein")["bp_subject_type"] == "organisation"


def test_level_high_is_not_offered_where_it_cannot_be_reached(stack: StartedStack, citizen: Citizen) -> None:
    citizen.browser.opens(f"{stack.tool_url('karte')}/login?level=high")
    assert citizen.browser.shows("provider-oidc")
    assert not citizen.browser.shows("provider-muk")


def test_signing_out_at_the_tool_ends_the_organisations_session(stack: StartedStack, citizen: Citizen) -> None:
    before = stack.hub_sessions()
    _signs_in(citizen, stack.tool_url("karte"), "muk", "elster", "verein")
    assert stack.hub_sessions() - before
    citizen.browser.opens(stack.parts.muk_url)
    assert citizen.browser.shows("session")
    citizen.browser.opens(stack.tool_url("karte"))
    citizen.signs_out()
    assert not stack.hub_sessions() - before
    citizen.browser.opens(stack.parts.muk_url)
    assert not citizen.browser.shows("session")


@pytest.mark.parametrize(("provider", "means", "person"), [("muk", "elster", "verein"), ("oidc", "eid", "jasper")])
def test_signing_out_at_the_citizen_id_reaches_the_tool(
    stack: StartedStack, citizen: Citizen, provider: str, means: str, person: str
) -> None:
    karte, before = stack.tool_url("karte"), stack.hub_sessions()
    _signs_in(citizen, karte, provider, means, person)
    citizen.browser.opens(getattr(stack.parts, f"{provider}_url"))
    citizen.browser.submits("end-session")
    assert citizen.browser.shows("told"), citizen.browser.where()
    assert not stack.hub_sessions() - before

    def is_out() -> bool:
        citizen.browser.opens(karte)
        return citizen.browser.shows("login")

    until(is_out, DELIVERY_SECONDS, "the tool to hear of it")


def test_a_step_up_at_an_openid_connect_account(stack: StartedStack, citizen: Citizen) -> None:
    """The level travels there as acr_values; what comes back is judged by its word, and the account stays the same."""
    karte = stack.tool_url("karte")
    weak = _signs_in(citizen, karte, "oidc", "password", "jasper")
    assert (weak["acr"], weak["bp_subject_type"]) == (BASIC, "person")
    strong = _signs_in(citizen, karte, "oidc", "eid", "jasper", "?level=high")
    assert (strong["acr"], strong["sub"]) == (BROKER_HIGH, weak["sub"])


def test_asked_for_high_a_password_is_not_enough(stack: StartedStack, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(stack.tool_url("karte"), "?level=high", "oidc")
    citizen.identifies("password", "jasper")
    assert not citizen.browser.shows("claims")
    citizen.browser.opens(stack.tool_url("karte"))
    assert citizen.browser.shows("login"), "nobody is signed in"


def test_cancelling_is_access_denied_at_the_tool(stack: StartedStack, citizen: Citizen) -> None:
    for provider in ("muk", "oidc"):
        citizen.wants_to_sign_in(stack.tool_url("karte"), provider=provider)
        citizen.browser.submits("cancel")
        citizen.is_told("access_denied")


@pytest.mark.parametrize("fault", ["smuggled-claims", "unknown-level"])
def test_al02_what_an_account_makes_up_reaches_no_tool(stack: StartedStack, citizen: Citizen, fault: str) -> None:
    haushalt = stack.tool_url("haushalt")
    citizen.wants_to_sign_in(haushalt, provider="oidc")
    citizen.identifies("password", "paul", fault)
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    received = citizen.received()
    assert (received["acr"], received["bp_subject_type"]) == (BASIC, "person")
    assert not {"bp_resident_of", "bp_vote_key", "groups", "admin", "roles", "realm_access"} & received.keys()
    assert 65 not in received.get("bp_age_over", [])
