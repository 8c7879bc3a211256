"""A citizen may stop at every point, reads what happened at the tool, and can begin again at once."""

from __future__ import annotations

from deploy.demo.citizen import Citizen
from tests.journeys.town import Town


def test_refusing_at_the_consent_page(town: Town, citizen: Citizen) -> None:
    karte = town.tool_url("karte")
    citizen.wants_to_sign_in(karte)
    citizen.identifies("eid", "erika")
    citizen.browser.submits("consent-deny")
    citizen.is_told("access_denied")
    assert "ERIKA" not in citizen.browser.reads()

    citizen.wants_to_sign_in(karte)
    citizen.sees_in_consent("ERIKA MUSTERMANN")  # still signed in, still asked
    citizen.agrees()
    assert citizen.received()["name"] == "ERIKA MUSTERMANN"


def test_cancelling_at_bundid_and_trying_again(town: Town, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.cancels_at_bundid()
    citizen.is_told("access_denied")
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.identifies("eid", "erika")
    citizen.agrees()
    assert citizen.received()["name"] == "ERIKA MUSTERMANN"


def test_agreeing_is_asked_once_per_tool(town: Town, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.identifies("eid", "erika")
    citizen.agrees()
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.expects("claims", "the tool's page, without being asked again")


def test_two_tabs_both_end_well(town: Town, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(town.tool_url("karte"))
    first_tab = citizen.browser.address
    citizen.wants_to_sign_in(town.tool_url("haushalt"))
    citizen.identifies("eid", "erika")
    citizen.agrees()
    citizen.browser.opens(first_tab)
    citizen.identifies("eid", "erika")
    citizen.agrees()
    assert citizen.received()["name"] == "ERIKA MUSTERMANN"
