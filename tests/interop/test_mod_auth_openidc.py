"""Debian's Apache with mod_auth_openidc signs citizens in and out (A-04, A-06, A-16, A-19, A-20)."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.citizen import BROKER_HIGH, Citizen
from tests.interop.apache import Site, apache
from tests.support.servers import free_port, until
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]

QUERY = Site("apache-query", free_port(), "client_secret_basic", "query")
FORM_POST = Site("apache-form-post", free_port(), "client_secret_post", "form_post")


@pytest.fixture(scope="module", autouse=True)
def server(stack: StartedStack) -> Iterator[None]:
    """Apache with both sites, registered at the broker."""
    secret = secrets.token_urlsafe(32)
    stack.registers({site.client_id: site.client_file() for site in (QUERY, FORM_POST)}, APACHE_CLIENT_SECRET=secret)
    folder = Path(tempfile.mkdtemp(prefix="broker-apache-"))  # not pytest's: Apache's user must be able to enter
    try:
        with apache(folder, stack.broker_url, (QUERY, FORM_POST), secret):
            yield
    finally:
        shutil.rmtree(folder)


def _signs_in(citizen: Citizen, site: Site) -> None:
    citizen.browser.opens(site.protected)
    citizen.chooses_bundid()
    if citizen.browser.shows("means-eid"):
        citizen.identifies("eid", "erika")
    if citizen.browser.shows("consent-allow"):
        citizen.browser.submits("consent-allow")
    citizen.expects("remote-user", "Apache's protected page")


@pytest.mark.parametrize("site", [QUERY, FORM_POST], ids=lambda site: site.response_mode)
def test_signing_in_with_pkce_nonce_and_userinfo_a04_a06_a16(site: Site) -> None:
    citizen = Citizen()
    _signs_in(citizen, site)
    assert citizen.browser.reads("sub") == citizen.browser.reads("remote-user") != ""
    assert citizen.browser.reads("acr") == BROKER_HIGH
    assert citizen.browser.reads("name") == "ERIKA MUSTERMANN"
    assert citizen.browser.reads("preferred_username") != "(none)"


def test_a_citizen_who_cancels_is_not_let_in() -> None:
    """Version 2.4.12 takes an error with `iss` (RFC 9207) for the beginning of a sign-in, so its own page does not say access_denied."""
    citizen = Citizen()
    citizen.browser.opens(QUERY.protected)
    citizen.chooses_bundid()
    citizen.cancels_at_bundid()
    assert citizen.browser.address.startswith(f"{QUERY.protected}answer?error=access_denied&")
    assert not citizen.browser.shows("remote-user")


def test_signing_out_at_the_site_ends_the_brokers_session_a20(stack: StartedStack) -> None:
    citizen = Citizen()
    _signs_in(citizen, QUERY)
    citizen.browser.opens(QUERY.sign_out_address())
    citizen.expects("signed-out", "the site's page for those who are out, without a question in between")
    citizen.browser.opens(f"{stack.tool_url('karte')}/login?silent=1")
    citizen.is_told("login_required")
    citizen.browser.opens(QUERY.protected)
    assert not citizen.browser.shows("remote-user")


def test_signing_out_elsewhere_ends_the_sites_session_by_back_channel_a19(stack: StartedStack) -> None:
    citizen = Citizen()
    _signs_in(citizen, QUERY)
    _signs_in(citizen, FORM_POST)
    citizen.browser.opens(FORM_POST.sign_out_address())
    citizen.expects("signed-out", "the site's page for those who are out")

    def is_out() -> bool:
        citizen.browser.opens(QUERY.protected)
        return not citizen.browser.shows("remote-user")

    until(is_out, 20, "Apache to hear of the sign-out")
    citizen.expects("provider-bundid", "the broker's choice of citizen IDs: the protected page asks for a sign-in again")


def test_its_tokens_are_refreshed_for_as_long_as_the_session_lives_a08(stack: StartedStack) -> None:
    citizen = Citizen()
    _signs_in(citizen, QUERY)
    first = citizen.browser.reads("access_token")
    citizen.browser.opens(QUERY.refresh_address(first))
    citizen.expects("access_token", "Apache's protected page")
    second = citizen.browser.reads("access_token")
    assert second not in ("", "(none)", first)
    citizen.browser.opens(QUERY.refresh_address(second))
    citizen.expects("access_token", "Apache's protected page: the rotated token works as well")
    assert citizen.browser.reads("access_token") not in ("", "(none)", first, second)
