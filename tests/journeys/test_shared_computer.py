"""At a computer that others use: signing out at the broker itself, cookies that are gone, and whoever comes next (SE-03, SE-06, A-34)."""

from __future__ import annotations

from deploy.demo.citizen import Citizen
from tests.journeys.town import Town


def _signs_in(citizen: Citizen, town: Town, person: str) -> None:
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.identifies("eid", person)
    citizen.agrees()


def test_signing_out_at_the_broker_reaches_every_tool(town: Town, citizen: Citizen) -> None:
    _signs_in(citizen, town, "erika")
    citizen.wants_to_sign_in(town.tool_url("haushalt"))
    citizen.agrees()

    citizen.browser.opens(f"{town.broker_url}/")
    assert "BundID" in citizen.browser.reads()
    citizen.browser.follows("sign-out")
    citizen.browser.submits("logout-confirm")
    for tool in ("Mitmachkarte", "Bürgerhaushalt"):
        assert tool in citizen.browser.reads(), "the page tells which tools hear of it"

    town.worker_runs()
    for tool in town.tools:
        citizen.browser.opens(town.tool_url(tool))
        citizen.expects("login", "the tool's sign-in button")


def test_cookies_cleared_in_the_middle_of_a_sign_in(town: Town, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.identifies("eid", "erika")
    citizen.sees_in_consent("ERIKA MUSTERMANN")
    citizen.browser.forgets_everything()
    citizen.browser.submits("consent-allow")
    citizen.expects("reference", "a page that says what happened")
    assert "ERIKA" not in citizen.browser.reads()

    _signs_in(citizen, town, "erika")
    assert citizen.received()["name"] == "ERIKA MUSTERMANN"


def test_the_next_person_starts_from_nothing(town: Town, citizen: Citizen) -> None:
    _signs_in(citizen, town, "erika")
    before = citizen.received()
    citizen.browser.forgets_everything()
    citizen.browser.opens(f"{town.tool_url('karte')}/login?silent=1")
    citizen.is_told("login_required")
    _signs_in(citizen, town, "hanne")
    after = citizen.received()
    assert after["sub"] != before["sub"]
    assert after["preferred_username"] != before["preferred_username"]


def test_at_a_public_computer_two_tools_one_sign_out_and_nothing_for_the_next(town: Town, citizen: Citizen) -> None:
    browser = citizen.browser
    browser.opens(f"{town.tool_url('karte')}/login")
    browser.submits("provider-bundid", {"public-computer": "yes", "remember": "yes"})
    citizen.identifies("eid", "erika")
    assert browser.shows("public-until"), "the consent page says when it ends, and to sign out"
    citizen.agrees()
    citizen.wants_to_sign_in(town.tool_url("haushalt"))
    citizen.agrees()
    browser.opens(f"{town.broker_url}/account/links")
    assert browser.shows("public-until")

    browser.opens(f"{town.broker_url}/")
    assert browser.shows("public-until")
    browser.follows("sign-out")
    browser.submits("logout-confirm")
    town.worker_runs()
    for tool in town.tools:
        browser.opens(town.tool_url(tool))
        citizen.expects("login", "the tool's sign-in button")

    browser.opens(f"{town.tool_url('karte')}/login")
    assert browser.shows("provider-bundid")
    assert not browser.shows("choice-forget"), "no choice was remembered"
    browser.submits("provider-bundid")
    citizen.identifies("eid", "hanne")
    citizen.agrees()
    assert "ERIKA" not in browser.reads()
