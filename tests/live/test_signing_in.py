"""A citizen's way on the real chain: tool, broker, Keycloak, BundID and back (issue's acceptance; A-18, A-20, A-29, A-38, SE-03)."""

from __future__ import annotations

import pytest

from deploy.demo.citizen import BROKER_HIGH, Citizen
from tests.support.servers import until
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

DELIVERY_SECONDS = 20


@pytest.fixture
def citizen() -> Citizen:
    """Somebody with a fresh browser."""
    return Citizen()


def _signs_in(citizen: Citizen, tool: str, means: str = "eid", person: str = "erika") -> None:
    """All the way in, whether or not the tool's consent was given before."""
    citizen.wants_to_sign_in(tool)
    citizen.identifies(means, person)
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()


def _is_signed_in_at(citizen: Citizen, tool: str) -> bool:
    citizen.browser.opens(tool)
    return not citizen.browser.shows("login")


def test_one_sign_in_two_tools_and_one_sign_out_a18_a20_a38(stack: StartedStack, citizen: Citizen) -> None:
    karte, haushalt = stack.tool_url("karte"), stack.tool_url("haushalt")
    at_hub_before = stack.hub_sessions()

    citizen.wants_to_sign_in(karte)
    citizen.identifies("eid", "doris")
    citizen.sees_in_consent("Mitmachkarte", "Stadtplanungsamt", "DORIS DÖPPEL", "Damit die Stadt Sie bei Rückfragen ansprechen kann.")
    citizen.agrees()
    at_one = citizen.received()
    assert (at_one["acr"], at_one["name"]) == (BROKER_HIGH, "DORIS DÖPPEL")
    assert stack.hub_sessions() == at_hub_before, "BundID has no logout, so nothing is kept at Keycloak"

    visited_before = len(citizen.browser.visited)
    citizen.wants_to_sign_in(haushalt)
    citizen.sees_in_consent("Bürgerhaushalt")
    assert not any(place.startswith(stack.hub_url) for place in citizen.browser.visited[visited_before:])
    citizen.agrees()
    at_two = citizen.received()
    assert (at_two["bp_resident_of"], at_two["bp_age_over"]) == (["01002000"], [16])
    assert {at_one["sub"], at_one["preferred_username"]}.isdisjoint({at_two["sub"], at_two["preferred_username"]})
    assert "name" not in at_two

    citizen.browser.opens(f"{karte}/login?silent=1")
    assert citizen.received()["sub"] == at_one["sub"]

    citizen.browser.opens(karte)
    citizen.signs_out()
    citizen.browser.opens(f"{karte}/login?silent=1")
    citizen.is_told("login_required")
    until(lambda: not _is_signed_in_at(citizen, haushalt), DELIVERY_SECONDS, "the second tool to hear of the sign-out")
    citizen.wants_to_sign_in(karte)
    citizen.expects("means-eid", "BundID's choice of means")


@pytest.mark.parametrize("spelling", ["cancel-request-denied", "cancel-authn-failed"])
def test_cancelling_at_bundid_is_access_denied_at_the_tool(stack: StartedStack, citizen: Citizen, spelling: str) -> None:
    citizen.wants_to_sign_in(stack.tool_url("karte"))
    citizen.browser.submits(spelling)
    citizen.is_told("access_denied")
    assert "abgebrochen" in citizen.browser.reads()
    assert not _is_signed_in_at(citizen, stack.tool_url("karte"))


def test_a_password_is_not_enough_where_level_high_is_asked_a29(stack: StartedStack, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(stack.tool_url("karte"), "?level=high")
    citizen.identifies("password", "paul")
    citizen.expects("unmet-back", "the broker's page about the level")
    citizen.browser.submits("unmet-back")
    citizen.is_told("unmet_authentication_requirements")


def test_a_password_is_basic_and_a_card_on_top_of_it_is_high_a29(stack: StartedStack, citizen: Citizen) -> None:
    karte = stack.tool_url("karte")
    _signs_in(citizen, karte, "password", "erika")
    weak = citizen.received()
    assert weak["acr"] == "urn:bp:loa:basic"
    citizen.wants_to_sign_in(karte, "?level=high")
    citizen.identifies("eid", "erika")
    strong = citizen.received()
    assert strong["acr"] == BROKER_HIGH
    assert strong["sub"] == weak["sub"]


@pytest.mark.parametrize(
    ("means", "person", "acr"),
    [("elster", "elke", "http://eidas.europa.eu/LoA/substantial"), ("eidas", "theresia", BROKER_HIGH), ("eid", "suharto", BROKER_HIGH)],
)
def test_other_means_and_names_a29(stack: StartedStack, citizen: Citizen, means: str, person: str, acr: str) -> None:
    _signs_in(citizen, stack.tool_url("karte"), means, person)
    assert citizen.received()["acr"] == acr


def test_what_bundid_does_not_know_is_said_before_it_is_missing(stack: StartedStack, citizen: Citizen) -> None:
    """Otto has no address in Germany, so nothing proves where he lives."""
    citizen.wants_to_sign_in(stack.tool_url("haushalt"))
    citizen.identifies("eid", "otto")
    citizen.sees_in_consent("Ihr Bürgerkonto hat uns diese Angabe nicht gegeben.")
    citizen.agrees()
    received = citizen.received()
    assert received["bp_age_over"] == [16]
    assert "bp_resident_of" not in received


def test_bundid_offers_no_guests(stack: StartedStack, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(stack.tool_url("karte"))
    citizen.expects("means-eid", "BundID's choice of means")
    assert not citizen.browser.shows("means-guest")


def test_somebody_without_a_key_is_brought_home_to_try_again(stack: StartedStack, citizen: Citizen) -> None:
    """A guest has no bPK2. Should BundID send one all the same, Keycloak stops and its page leads back to the broker."""
    karte = stack.tool_url("karte")
    citizen.wants_to_sign_in(karte)
    citizen.browser.follows("means-eid")
    citizen.browser.submits("person-erika")
    citizen.browser.submits("confirm", {"fault": "without-bpk2"})
    citizen.expects("try-again", "the broker's page about an interrupted sign-in")
    assert citizen.browser.address.startswith(f"{stack.broker_url}/upstream/return")
    citizen.browser.follows("try-again")
    citizen.chooses_bundid()
    citizen.identifies("eid", "erika")
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    assert citizen.received()["acr"] == BROKER_HIGH


def test_after_signing_out_the_next_person_is_somebody_else_se03(stack: StartedStack, citizen: Citizen) -> None:
    karte = stack.tool_url("karte")
    _signs_in(citizen, karte, person="hanne")
    hanne = citizen.received()["sub"]
    citizen.signs_out()
    _signs_in(citizen, karte, person="babette")
    babette = citizen.received()
    assert babette["sub"] != hanne
    assert "HANNE" not in citizen.browser.reads()


def test_the_realm_is_exactly_as_described(stack: StartedStack) -> None:
    stack.runs_broker("realm", "drift", "--environment", "local")  # its exit status says so
