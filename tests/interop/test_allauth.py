"""adhocracy+ signs citizens in: django-allauth with its settings and our preset (participation tools 1a, 2; A-04, A-07)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.demo.citizen import Citizen
from tests.interop.allauth import AllauthSite
from tests.support.servers import free_port
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]

SITE = AllauthSite("adhocracy", free_port())


@pytest.fixture(scope="module", autouse=True)
def server(stack: StartedStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The site, registered at the broker."""
    secret = secrets.token_urlsafe(32)
    stack.registers({SITE.client_id: SITE.client_file()}, ALLAUTH_CLIENT_SECRET=secret)
    folder: Path = tmp_path_factory.mktemp("allauth")
    with SITE.served(folder, stack.broker_url, secret):
        yield


def _arrives(citizen: Citizen, person: str) -> None:
    """From the site's button to wherever the site leads whoever comes back."""
    citizen.browser.opens(SITE.login)
    citizen.browser.submits("start")
    citizen.chooses_bundid()
    if citizen.browser.shows("means-eid"):
        citizen.identifies("eid", person)
    if citizen.browser.shows("consent-allow"):
        citizen.browser.submits("consent-allow")


def _joins(citizen: Citizen, person: str, name: str) -> None:
    _arrives(citizen, person)
    citizen.expects("signup", "the site's own page that asks for a name and the terms")
    citizen.browser.submits("signup", {"username": name, "terms_of_use": "on"})
    citizen.expects("username", "the site's page for who is signed in")


def _asked(citizen: Citizen) -> dict[str, list[str]]:
    """The authorization request that the site made last."""
    addresses = [urlsplit(address) for address in citizen.browser.visited]
    return parse_qs(next(address.query for address in reversed(addresses) if address.path == "/authorize"))


def test_a_first_sign_in_leads_to_the_sites_own_page_and_in_a04_a07() -> None:
    citizen = Citizen()
    _joins(citizen, "erika", "erika-m")
    asked = _asked(citizen)
    assert asked["code_challenge_method"] == ["S256"]
    assert "nonce" not in asked, "this is what django-allauth does; a provider that insists on one loses it"
    assert citizen.browser.reads("username") == "erika-m"
    assert citizen.browser.reads("uid") == citizen.browser.reads("claim-sub")
    assert len(citizen.browser.reads("claim-preferred_username")) >= 5, "the site takes no shorter name"


def test_the_second_time_the_same_person_comes_straight_in() -> None:
    citizen, later = Citizen(), Citizen()
    _joins(citizen, "hanne", "hanne-k")
    _arrives(later, "hanne")
    later.expects("username", "the site's page for who is signed in")
    assert later.browser.reads("username") == "hanne-k"


def test_signing_out_is_the_sites_own_affair_and_the_way_back_is_silent() -> None:
    """It knows no sign-out at the provider: that is what the preset's note tells operators."""
    citizen = Citizen()
    _joins(citizen, "ayse", "ayse-d")
    citizen.browser.opens(f"{SITE.url}/accounts/logout/")
    citizen.browser.submits("logout")
    citizen.expects("out", "the site's page for nobody")
    _arrives(citizen, "ayse")
    citizen.expects("username", "the site's page for who is signed in")


def test_a_citizen_who_cancels_reads_so_on_the_site() -> None:
    citizen = Citizen()
    citizen.browser.opens(SITE.login)
    citizen.browser.submits("start")
    citizen.chooses_bundid()
    citizen.cancels_at_bundid()
    citizen.expects("cancelled", "the site's page for a cancelled sign-in")
