"""The account without a citizen ID in a real browser on a real Keycloak: passkeys, and pages for everybody."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from deploy.demo.keycloak_server import KeycloakServer
from tests.browser.accessibility import troubles_of
from tests.live.residents_place import ResidentsPlace, residents_place

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.timeout(900)]

PATIENCE_MS = 120_000
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class ResidentInChromium:
    """One person, one browser, one address, and a device that can keep passkeys (W3C Web Authentication, 11: in place of a phone's)."""

    page: Page
    place: ResidentsPlace
    locale: str = "de"
    address: str = field(default_factory=lambda: f"resident-{secrets.token_hex(4)}@town.example")
    device: CDPSession = field(init=False)
    authenticator: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.device = self.page.context.new_cdp_session(self.page)
        self.device.send("WebAuthn.enable")
        self.authenticator = self.device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    def comes_from_the_broker(self) -> None:
        self.page.goto(self.place.sends(self.locale))
        self.page.wait_for_selector("#email")

    def asks_for_a_link(self, button: str = "send") -> None:
        self.page.fill("#email", self.address)
        if not self.page.is_visible(f"#{button}"):
            self.page.click("summary")
        self.page.click(f"#{button}")
        self.page.wait_for_selector("#code")

    def opens_the_link(self) -> None:
        self.page.goto(self.place.mailbox.to(self.address)[0].link)

    def is_at_the_broker(self) -> dict[str, Any]:
        """The claims that the broker then gets."""
        self.page.wait_for_url(f"{self.place.callback.broker_url}/callback?*")
        return self.place.redeems(parse_qs(urlsplit(self.page.url).query)["code"][0])

    def passkeys(self) -> list[dict[str, Any]]:
        """What the device keeps."""
        return list(self.device.send("WebAuthn.getCredentials", self.authenticator)["credentials"])


@pytest.fixture(scope="module")
def place(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResidentsPlace]:
    with residents_place(keycloak, tmp_path_factory.mktemp("residents")) as made:
        yield made


@pytest.fixture
def resident(chromium: Browser, place: ResidentsPlace) -> Iterator[ResidentInChromium]:
    context = chromium.new_context()
    yield ResidentInChromium(context.new_page(), place)
    context.close()


def test_a_passkey_signs_in_after_a_link_made_the_account(resident: ResidentInChromium) -> None:
    resident.comes_from_the_broker()
    resident.asks_for_a_link("set-up-passkey")
    resident.opens_the_link()
    resident.page.click("#create")
    resident.page.click("#make-passkey")
    first = resident.is_at_the_broker()
    assert [each["isResidentCredential"] for each in resident.passkeys()] == [True], "found on the device without a name"

    resident.comes_from_the_broker()
    resident.page.click("#use-passkey")
    resident.page.click("#ask-passkey")
    again = resident.is_at_the_broker()
    assert (again["up_idp"], again["up_principal"]) == ("local", first["up_principal"])

    resident.comes_from_the_broker()
    resident.asks_for_a_link("forget-passkeys")
    resident.opens_the_link()
    resident.is_at_the_broker()
    resident.comes_from_the_broker()
    resident.page.click("#use-passkey")
    resident.page.click("#ask-passkey")
    resident.page.wait_for_selector("#try-again")  # the device still has it, the account no longer


def test_without_a_passkey_on_the_device_a_link_still_does(resident: ResidentInChromium) -> None:
    resident.comes_from_the_broker()
    resident.page.click("#use-passkey")
    resident.page.click("#ask-passkey")
    resident.page.wait_for_selector("#passkey-failed:visible")
    resident.page.click("#other-way")
    resident.asks_for_a_link("set-up-passkey")
    resident.opens_the_link()
    resident.page.click("#create")
    resident.page.click("#without-passkey")
    assert resident.is_at_the_broker()["up_idp"] == "local"
    assert resident.passkeys() == []


@pytest.mark.parametrize("locale", ["de", "en"])
def test_every_page_is_accessible(resident: ResidentInChromium, chromium: Browser, axe: str, locale: str) -> None:
    """WCAG 2.0 to 2.2 A and AA and best practice."""
    troubles: list[str] = []

    def looks(shown: str, page: Page = resident.page) -> None:
        page.evaluate(axe)
        troubles.extend(f"{shown}: {one}" for one in troubles_of(page))

    resident.locale = locale
    resident.comes_from_the_broker()
    resident.page.click("summary")
    looks("start")
    resident.page.fill("#email", "nonsense")
    resident.page.click("#send")
    resident.page.wait_for_selector("[role=alert]")
    looks("start, with a malformed address")
    resident.page.click("#use-passkey")
    resident.page.wait_for_selector("#ask-passkey")
    looks("passkey")
    resident.page.click("#other-way")
    resident.asks_for_a_link("set-up-passkey")
    looks("sent")
    resident.opens_the_link()
    looks("new")
    resident.page.click("#create")
    resident.page.wait_for_selector("#make-passkey")
    looks("passkey to set up")
    resident.page.click("#without-passkey")
    resident.is_at_the_broker()
    resident.comes_from_the_broker()
    resident.asks_for_a_link("delete")
    elsewhere = chromium.new_context().new_page()
    elsewhere.goto(resident.place.mailbox.to(resident.address)[0].link)
    looks("link elsewhere", elsewhere)
    elsewhere.context.close()
    resident.opens_the_link()
    looks("delete")
    resident.page.click("#delete")
    resident.page.wait_for_selector("#back-to-broker")
    looks("deleted")
    assert not troubles, "\n".join(troubles)
