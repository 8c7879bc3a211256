"""The demo's story, walked without a screen: starts the stack on free ports, signs citizens in and out, stops, and says how it went."""

import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

from deploy.demo.citizen import BROKER_HIGH, Citizen
from deploy.demo.citizen_browser import Lost
from deploy.demo.launcher import Demo
from deploy.demo.ports import Ports
from deploy.demo.stack import REALM, HubKind, Stack
from deploy.demo.state import DemoState

BACKCHANNEL_SECONDS = 20.0
Say = Callable[[str], None]


def check(hub: HubKind, say: Say) -> int:
    """Walks the whole story on a stack of its own; returns 0, or 1 with the failed step named. Raises SetupError."""
    folder = Path(tempfile.mkdtemp(prefix="participation-broker-check."))
    demo = Demo(Stack(Ports.any_free(), DemoState(folder), hub), say)
    passed = False
    try:
        demo.start()
        passed = Walk(demo.stack, say).all_steps()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        demo.stop()
        if passed:
            shutil.rmtree(folder)
    say("All steps passed; everything has stopped." if passed else f"Stopped. The logs are in {demo.stack.state.logs}.")
    return 0 if passed else 1


class Addresses(Protocol):
    """Where the parts of a running stack are."""

    @property
    def broker_url(self) -> str: ...
    @property
    def hub_url(self) -> str: ...
    def tool_url(self, tool: str) -> str: ...


@dataclass(slots=True)
class Walk:
    """One walk through a running stack."""

    stack: Addresses
    say: Say
    erika: Citizen = field(default_factory=Citizen)
    paul: Citizen = field(default_factory=Citizen)

    def all_steps(self) -> bool:
        """Takes each step in order and tells it; stops at the first that fails."""
        for number, (sentence, step) in enumerate(self.steps(), start=1):
            began = time.monotonic()
            try:
                step()
            except Lost as lost:
                self.say(f"  ✗ {number:2} {sentence}: {lost}")
                return False
            self.say(f"  ✓ {number:2} {sentence} ({time.monotonic() - began:.1f} s)")
        return True

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """The story: a sentence and what is done for it."""
        return [
            ("Erika opens the Mitmachkarte and signs in at BundID with her identity card", self.signs_in_at_one),
            ("the consent page shows what the tool will get, with her real name", self.sees_real_values),
            ("she agrees and is in, with level high", self.is_in_with_level_high),
            ("the Bürgerhaushalt asks for its own consent only, not for a sign-in", self.second_tool_asks_consent_only),
            ("she returns to the Mitmachkarte without seeing any page or BundID", self.returns_silently),
            ("she signs out at the Mitmachkarte", self.signs_out),
            ("the broker's session is gone", self.broker_session_is_gone),
            ("the hub's session is gone", self.hub_session_is_gone),
            ("the Bürgerhaushalt has signed her out as well", self.second_tool_signed_out),
            ("a new sign-in asks for BundID again", self.new_sign_in_asks_again),
            ("she cancels at BundID and reads at the tool that she did (access_denied)", self.cancels),
            ("Paul signs in with a password and is in with level basic", self.password_is_basic),
            ("asked for level high, his password is not enough: the broker says so", self.password_is_not_enough),
            ("back at the tool he reads why (unmet_authentication_requirements)", self.tool_tells_unmet),
        ]

    @property
    def _one(self) -> str:
        return self.stack.tool_url("karte")

    @property
    def _two(self) -> str:
        return self.stack.tool_url("haushalt")

    def signs_in_at_one(self) -> None:
        self.erika.wants_to_sign_in(self._one)
        self.erika.identifies("eid", "erika")

    def sees_real_values(self) -> None:
        self.erika.sees_in_consent("Mitmachkarte", "ERIKA MUSTERMANN")

    def is_in_with_level_high(self) -> None:
        self.erika.agrees()
        _must_be(self.erika.received(), acr=BROKER_HIGH, name="ERIKA MUSTERMANN")

    def second_tool_asks_consent_only(self) -> None:
        visited_before = len(self.erika.browser.visited)
        self.erika.wants_to_sign_in(self._two)
        self.erika.sees_in_consent("Bürgerhaushalt")
        if any(address.startswith(self.stack.hub_url) for address in self.erika.browser.visited[visited_before:]):
            raise Lost("the browser was sent to the hub although there is a session")
        self.erika.agrees()
        _must_be(self.erika.received(), acr=BROKER_HIGH, bp_resident_of=["05315000"])

    def returns_silently(self) -> None:
        visited_before = len(self.erika.browser.visited)
        self.erika.browser.opens(f"{self._one}/login?silent=1")
        _must_be(self.erika.received(), acr=BROKER_HIGH, name="ERIKA MUSTERMANN")
        if any(address.startswith(self.stack.hub_url) for address in self.erika.browser.visited[visited_before:]):
            raise Lost("the browser was sent to the hub although there is a session")

    def signs_out(self) -> None:
        self.erika.signs_out()

    def broker_session_is_gone(self) -> None:
        self.erika.browser.opens(f"{self._one}/login?silent=1")
        self.erika.is_told("login_required")

    def hub_session_is_gone(self) -> None:
        """Asks the hub itself, in the citizen's browser, for an answer without any page."""
        asked = {
            "client_id": "broker",
            "redirect_uri": f"{self.stack.broker_url}/callback",
            "response_type": "code",
            "scope": "openid",
            "prompt": "none",
            "state": "demo-check",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636, appendix B
            "code_challenge_method": "S256",
        }
        address = f"{self.stack.hub_url}/realms/{REALM}/protocol/openid-connect/auth?{urlencode(asked)}"
        answer = parse_qs(urlsplit(self.erika.browser.asks(address)).query)
        if answer.get("error") != ["login_required"]:
            raise Lost(f"the hub answered {answer.get('error', ['with a code'])[0]} instead of login_required")

    def second_tool_signed_out(self) -> None:
        deadline = time.monotonic() + BACKCHANNEL_SECONDS
        while True:
            self.erika.browser.opens(self._two)
            if self.erika.browser.shows("login"):
                return
            if time.monotonic() > deadline:
                raise Lost(f"still signed in there {BACKCHANNEL_SECONDS:.0f} s later")
            time.sleep(0.3)

    def new_sign_in_asks_again(self) -> None:
        self.erika.wants_to_sign_in(self._one)
        self.erika.expects("means-eid", "BundID's choice of means")

    def cancels(self) -> None:
        self.erika.cancels_at_bundid()
        self.erika.is_told("access_denied")

    def password_is_basic(self) -> None:
        self.paul.wants_to_sign_in(self._one)
        self.paul.identifies("password", "paul")
        self.paul.sees_in_consent("Mitmachkarte")
        self.paul.agrees()
        _must_be(self.paul.received(), acr="urn:bp:loa:basic")

    def password_is_not_enough(self) -> None:
        self.paul.wants_to_sign_in(self._one, "?level=high")
        self.paul.identifies("password", "paul")
        self.paul.expects("unmet-back", "the broker's page about the level")

    def tool_tells_unmet(self) -> None:
        self.paul.browser.submits("unmet-back")
        self.paul.is_told("unmet_authentication_requirements")


def _must_be(received: dict[str, object], **expected: object) -> None:
    for claim, value in expected.items():
        if received.get(claim) != value:
            raise Lost(f"the claim {claim} is {received.get(claim)!r}, not {value!r}")
