"""A second citizen ID in one browser, at a real Keycloak, which has one session for each browser (LO-03, UP-13).

Whoever signs in by one account and then by another one in the same browser is signed out of both in the end. Without the broker's
care the newer sign-in would take Keycloak's session over, and the account before it would never hear of a sign-out.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploy.demo.citizen import Citizen
from tests.journeys.town import Town
from tests.live.all_ids import AllIds
from tests.live.signed_in import WITH_LOGOUT, SignedIn

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

WEAKLY = {"sh": ("password", "hanne"), "muk": ("elster", "verein"), "oidc": ("password", "jasper")}
STRONGLY = {"bundid": ("eid", "erika"), "sh": ("plus", "hanne"), "oidc": ("eid", "jasper")}


def _begins(town: Town, ids: AllIds, alias: str, who: tuple[str, str] = ("", "")) -> SignedIn:
    citizen = Citizen()
    others = frozenset(SignedIn(town, ids, alias, citizen).hub_sessions())
    citizen.wants_to_sign_in(town.tool_url("karte"), provider=alias)
    citizen.identifies(*(who if who[0] else WEAKLY[alias]))
    citizen.agrees_if_asked()
    found = SignedIn(town, ids, alias, citizen, others)
    assert found.is_signed_in_at_account()
    return found


def by_a_step_up(signed_in: SignedIn, alias: str) -> None:
    """A tool asks for a higher level than the citizen has."""
    signed_in.citizen.wants_to_sign_in(signed_in.town.tool_url("haushalt"), "?level=high", provider=alias)


def by_a_new_sign_in(signed_in: SignedIn, alias: str) -> None:
    """A tool asks for a new sign-in, whoever is there."""
    asked = signed_in.citizen.browser.asks(f"{signed_in.town.tool_url('haushalt')}/login")
    signed_in.citizen.browser.opens(f"{asked}&prompt=login")
    signed_in.citizen.chooses(alias)


def _signs_out(signed_in: SignedIn) -> None:
    signed_in.citizen.browser.opens(f"{signed_in.town.broker_url}/logout")
    signed_in.citizen.browser.submits("logout-confirm")


@pytest.mark.parametrize(("first", "second"), [("sh", "bundid"), ("sh", "oidc"), ("oidc", "sh"), ("muk", "sh")])
@pytest.mark.parametrize("way", [by_a_step_up, by_a_new_sign_in], ids=lambda way: way.__name__)
def test_lo_03_signing_out_reaches_both(town: Town, ids: AllIds, first: str, second: str, way: Callable[[SignedIn, str], None]) -> None:
    signed_in = _begins(town, ids, first)
    way(signed_in, second)
    signed_in.citizen.identifies(*STRONGLY[second])
    signed_in.citizen.agrees_if_asked()
    signed_in.citizen.received()
    assert second not in WITH_LOGOUT or signed_in.is_signed_in_at_account(second)

    _signs_out(signed_in)

    signed_in.has_ended_everywhere()


def test_up13_who_turns_back_half_way_is_signed_in_here_and_no_longer_at_the_first_account(town: Town, ids: AllIds) -> None:
    signed_in = _begins(town, ids, "sh")
    by_a_step_up(signed_in, "oidc")
    signed_in.citizen.expects("means-eid", "the other account's choice of means")

    assert not signed_in.is_signed_in_at_account("sh")
    assert not signed_in.hub_sessions()
    assert signed_in.is_known_silently()
    _signs_out(signed_in)
    signed_in.has_ended_everywhere()


def test_al01_adding_another_one_signs_nobody_out_here(town: Town, ids: AllIds) -> None:
    """The one that is added is signed out of at once, and Keycloak says so to the broker: not of the session that is to be kept.

    No other test here knows these two accounts: they are one person's from now on.
    """
    signed_in = _begins(town, ids, "sh", ("plus", "jasper"))
    browser = signed_in.citizen.browser
    for decision, links in (("link-cancel", 1), ("link-confirm", 2)):
        browser.opens(f"{town.broker_url}/account/links")
        browser.submits("link-add")
        signed_in.citizen.chooses("oidc")
        signed_in.citizen.identifies("eid", "babette")
        browser.submits(decision)
        browser.opens(f"{town.broker_url}/account/links")
        assert len(browser.finds("//li[@class='choice']")) == links

    assert signed_in.is_known_silently()
    _signs_out(signed_in)
    signed_in.has_ended_everywhere()
