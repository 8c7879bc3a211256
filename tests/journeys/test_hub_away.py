"""An outage of the hub is said to be one, signs nobody out, and is over when it is over (F-12)."""

from __future__ import annotations

from deploy.demo.citizen import Citizen
from tests.journeys.town import Town


def test_nobody_can_sign_in_but_those_who_are_in_stay_in(town: Town, citizen: Citizen) -> None:
    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.identifies("eid", "erika")
    citizen.agrees()
    assert town.hub
    hub, town.hub.application = town.hub.application, None

    newcomer = Citizen()
    newcomer.wants_to_sign_in(town.tool_url("karte"))
    assert newcomer.browser.status == 503
    assert newcomer.browser.shows("reference")

    citizen.wants_to_sign_in(town.tool_url("karte"))
    citizen.expects("claims", "the tool's page")

    town.hub.application = hub
    second = Citizen()
    second.wants_to_sign_in(town.tool_url("karte"))
    second.expects("means-eid", "BundID's choice of means")
