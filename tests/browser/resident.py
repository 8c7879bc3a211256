"""Somebody without a citizen ID in a real Chromium, in front of the running demo: reads mail, has a device that keeps passkeys."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

import requests
from playwright.sync_api import Browser, Page

PATIENCE_MS = 60_000
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
    """One person, one browser, one address."""

    page: Page
    mailbox_url: str
    address: str = field(default_factory=lambda: f"resident-{secrets.token_hex(4)}@town.example")

    @classmethod
    def comes(cls, chromium: Browser, mailbox_url: str, locale: str = "de-DE") -> ResidentInChromium:
        """In a browser that has never been here."""
        page = chromium.new_context(locale=locale).new_page()
        page.set_default_timeout(PATIENCE_MS)
        return cls(page, mailbox_url)

    def has_a_device_for_passkeys(self) -> str:
        """W3C Web Authentication, section 11: a virtual authenticator in place of a phone's. Returns its id."""
        self.device = self.page.context.new_cdp_session(self.page)
        self.device.send("WebAuthn.enable")
        return str(self.device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"])

    def wants_to_sign_in(self, tool_url: str) -> None:
        """Takes the account without a citizen ID."""
        self.page.goto(f"{tool_url}/login")
        self.page.click("#provider-local")
        self.page.wait_for_selector("#email")

    def asks_for_a_link(self, button: str = "send") -> None:
        """Types the address and presses a button."""
        self.page.fill("#email", self.address)
        if not self.page.is_visible(f"#{button}"):
            self.page.click("summary")
        self.page.click(f"#{button}")
        self.page.wait_for_selector("#code")

    def opens_the_link(self) -> None:
        """The newest one, from the demo's mailbox, in this browser."""
        mails = requests.get(self.mailbox_url, timeout=10).text
        number = re.findall(rf'href="(/mails/\d+)">[^<]*</a><br>an {re.escape(self.address)}', mails)[0]
        mail = requests.get(self.mailbox_url + number, timeout=10).text
        found = re.search(r'id="link" href="([^"]+)"', mail)
        assert found is not None, mail
        self.page.goto(found[1].replace("&amp;", "&"))

    def agrees_if_asked(self) -> dict[str, Any]:
        """What the tool then shows as received."""
        self.page.wait_for_selector("#consent-allow, #claims")
        if self.page.locator("#consent-allow").count():
            self.page.click("#consent-allow")
        self.page.wait_for_selector("#claims")
        rows = self.page.locator("[data-claim]").all()
        return {str(row.get_attribute("data-claim")): row.get_attribute("data-value") for row in rows}
