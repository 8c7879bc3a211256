"""One sign-in for all tools, and tools that cannot tell that it is the same citizen (A-38)."""

from __future__ import annotations

from deploy.demo.citizen import BROKER_HIGH, Citizen
from tests.journeys.town import Town


def test_each_tool_knows_the_citizen_by_another_name_and_keeps_it(town: Town, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.identifies("eid", "erika")
    citizen.agrees()
    at_one = citizen.received()
    citizen.wants_to_sign_in(town.tool_url("haushalt"))
    citizen.agrees()
    at_two = citizen.received()
    assert at_one["sub"] != at_two["sub"]
    assert at_one["preferred_username"] != at_two["preferred_username"]

    elsewhere = Citizen()
    elsewhere.wants_to_sign_in(town.tool_url("karte"))
    elsewhere.identifies("eid", "erika")
    again = elsewhere.received()
    assert (again["sub"], again["preferred_username"]) == (at_one["sub"], at_one["preferred_username"])


def test_a_tool_that_needs_no_more_than_the_citizen_id_was_asked_for_asks_for_consent_only(town: Town, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(town.tool_url("haushalt"))
    citizen.identifies("eid", "erika")
    citizen.agrees()
    visited_before = len(citizen.browser.visited)
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.agrees()
    assert "name" not in citizen.received(), "nobody asked the citizen ID for it"
    assert not any(place.startswith(town.hub_url) for place in citizen.browser.visited[visited_before:])


def test_nothing_but_what_the_tool_registered_arrives(town: Town, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(town.tool_url("haushalt"))
    citizen.identifies("eid", "erika")
    citizen.agrees()
    shown = citizen.browser.reads()
    for secret in ("MUSTERMANN", "1964-08-12", "HEIDESTRA", "02760503150000"):
        assert secret not in shown


def test_a_stronger_sign_in_on_the_way(town: Town, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.identifies("password", "erika")
    citizen.agrees()
    assert citizen.received()["acr"] == "urn:bp:loa:basic"

    citizen.wants_to_sign_in(town.tool_url("karte"), "?level=high")
    citizen.identifies("eid", "erika")
    assert citizen.received()["acr"] == BROKER_HIGH


def test_after_signing_out_another_person_uses_the_browser(town: Town, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.identifies("eid", "erika")
    citizen.agrees()
    erika = citizen.received()["sub"]
    citizen.signs_out()
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.identifies("eid", "jasper")
    citizen.sees_in_consent("JASPER THOMSEN")
    citizen.agrees()
    assert citizen.received()["sub"] != erika
