"""What citizens do in the demo, in words: sign in at a tool, choose a means at BundID, agree, look at what arrived, sign out.

The same words work with Keycloak and the BundID simulator and with the simulated hub, and for every tool of the demo.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from deploy.demo.citizen_browser import CitizenBrowser, Lost

BROKER_HIGH = "http://eidas.europa.eu/LoA/high"


@dataclass(slots=True)
class Citizen:
    """Somebody with a browser in front of the demo's tools."""

    browser: CitizenBrowser = field(default_factory=CitizenBrowser)

    def wants_to_sign_in(self, tool_url: str, query: str = "", provider: str = "bundid") -> None:
        """Presses a sign-in button of the tool, and picks a citizen ID if the broker asks."""
        self.browser.opens(f"{tool_url}/login{query}")
        self.chooses(provider)

    def chooses_bundid(self) -> None:
        self.chooses("bundid")

    def chooses(self, provider: str) -> None:
        """Picks a citizen ID where the broker offers a choice; does nothing elsewhere."""
        if self.browser.shows(f"provider-{provider}"):
            self.browser.submits(f"provider-{provider}")

    def identifies(self, means: str, person: str, fault: str = "") -> None:
        """At the citizen ID: chooses a means and a test citizen, and lets the data go; a named fault bends the answer."""
        self.expects(f"means-{means}", "the citizen ID's choice of means")
        self.browser.follows(f"means-{means}")
        self.browser.submits(f"person-{person}")
        self.browser.submits("confirm", {"fault": fault} if fault else None)

    def cancels_at_bundid(self) -> None:
        self.expects("cancel", "BundID's cancel button")
        self.browser.submits("cancel")

    def sees_in_consent(self, *texts: str) -> None:
        """The consent page shows these values."""
        self.expects("consent-allow", "the broker's consent page")
        shown = self.browser.reads()
        for text in texts:
            if text not in shown:
                raise Lost(f"{text!r} is not on the consent page")

    def agrees(self) -> None:
        self.browser.submits("consent-allow")
        self.expects("claims", "the tool's page with what it received")

    def agrees_if_asked(self) -> None:
        """Consent is remembered: who has given it is not asked again."""
        if self.browser.shows("consent-allow"):
            self.agrees()

    def received(self) -> dict[str, Any]:
        """The claims the tool shows as received, by name."""
        self.expects("claims", "the tool's page with what it received")
        return {row.get("data-claim", ""): json.loads(row.get("data-value", "")) for row in self.browser.finds("//*[@data-claim]")}

    def signs_out(self) -> None:
        """Presses the tool's sign-out button, and confirms if the broker asks."""
        self.browser.submits("logout")
        if self.browser.shows("logout-confirm"):
            self.browser.submits("logout-confirm")
        self.expects("signed-out", "the tool's page that says so")

    def is_told(self, error: str) -> None:
        """The tool shows a readable page for this error of the protocol."""
        self.expects("error", f"the tool's page about {error}")
        shown = self.browser.reads("error")
        if shown != error:
            raise Lost(f"the tool was told {shown}, not {error}")

    def expects(self, element_id: str, what: str) -> None:
        """The page shown now has this element; otherwise Lost says which page came instead, and its reference number."""
        if not self.browser.shows(element_id):
            reference = f", reference {self.browser.reads('reference')}" if self.browser.shows("reference") else ""
            raise Lost(f"{what} was expected, but {self.browser.where()} came{reference}")
