"""Debian's mod_auth_openidc hears of a sign-out in the browser's frames (Front-Channel Logout 1.0, LO-03); it needs no Keycloak."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from broker.core.client_policy import LogoutPolicy
from tests.interop.apache import Site, apache
from tests.support.app import Broker, start
from tests.support.browser import form_of
from tests.support.clock import RealTime
from tests.support.servers import free_port
from tests.support.serving import serving

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


@dataclass
class Visitor:
    """A citizen's browser without scripts, at one broker."""

    issuer: str
    session: requests.Session = field(default_factory=requests.Session)

    def opens(self, url: str) -> requests.Response:
        """GET, and on through redirects, also those to the hub and back."""
        return self._followed(self.session.get(url, allow_redirects=False, timeout=20))

    def presses(self, page: requests.Response, button: str) -> requests.Response:
        """Press a button of the broker's page."""
        action, fields = form_of(page.text, button)
        return self._followed(self.session.post(urljoin(page.url, action), fields, allow_redirects=False, timeout=20))

    def _followed(self, page: requests.Response) -> requests.Response:
        for _ in range(12):
            location = page.headers.get("Location")
            if location is None:
                return page
            if location.startswith("https://hub.test/"):
                state = parse_qs(urlsplit(location).query)["state"][0]
                location = f"{self.issuer}/callback?state={state}&code=x"
            page = self.session.get(urljoin(page.url, location), allow_redirects=False, timeout=20)
        raise AssertionError("the redirects do not end")

    def signs_in(self, site: Site) -> requests.Response:
        """To the site's protected page, through whatever is asked."""
        page = self.opens(site.protected)
        for button in ("provider-bundid", "consent-allow"):
            if f'id="{button}"' in page.text:
                page = self.presses(page, button)
        return page


@pytest.fixture
def broker(sqlite_url: str) -> Iterator[Broker]:
    """The broker at a port of its own, in real time."""
    clock, issuer = RealTime(), f"http://localhost:{free_port()}"
    broker = start(sqlite_url, "fake://", clock, issuer=issuer)
    broker.issuer = issuer
    with serving(broker.app, urlsplit(issuer).port or 80):
        yield broker
    broker.parts.stores.database.dispose()


@pytest.fixture
def sites(broker: Broker) -> Iterator[tuple[Site, Site]]:
    """Two sites at one Apache that are told by the browser alone."""
    secret = secrets.token_urlsafe(32)
    made = tuple(Site(f"front-{number}", free_port(), "client_secret_basic", "query") for number in (1, 2))
    for site in made:
        broker.tool(
            site.client_id,
            secret=secret,
            redirect_uris=(f"{site.protected}answer",),
            post_logout_redirect_uris=(f"{site.url}/signed-out.html",),
            backchannel_logout_uri="",
            logout=LogoutPolicy(f"{site.protected}answer?logout=get", frontchannel_session_required=True),
        )
    folder = Path(tempfile.mkdtemp(prefix="broker-apache-"))  # not pytest's: Apache's user must be able to enter
    try:
        with apache(folder, broker.issuer, made, secret):
            yield made[0], made[1]
    finally:
        shutil.rmtree(folder)


def test_lo_03_signing_out_at_one_site_ends_the_others_session_in_a_frame(broker: Broker, sites: tuple[Site, Site]) -> None:
    asking, other = sites
    visitor = Visitor(broker.issuer)
    for site in sites:
        assert 'id="remote-user"' in visitor.signs_in(site).text

    page = visitor.opens(asking.sign_out_address())
    frames = [unescape(address) for address in re.findall(r'<iframe[^>]* src="([^"]*)"', page.text)]
    assert 'id="remote-user"' in visitor.opens(other.protected).text, "until the frames are loaded"
    assert sorted(address.split("?")[0] for address in frames) == sorted(f"{site.protected}answer" for site in sites)
    for address in frames:
        assert visitor.session.get(address, timeout=20).status_code == 200

    assert 'id="remote-user"' not in visitor.opens(other.protected).text
    onward = re.search(r'id="logout-continue"[^>]* href="([^"]*)"', page.text)
    assert onward is not None
    assert 'id="signed-out"' in visitor.opens(unescape(onward[1])).text
