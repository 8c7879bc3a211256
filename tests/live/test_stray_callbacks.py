"""Answers of Keycloak that come twice, in another browser, or with parts of another answer, end on a page and never in a session."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from deploy.demo.citizen import Citizen
from tests.support.observed_browser import ObservedBrowser
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]


class Interrupted(Citizen):
    """A citizen whose browser stops right before it brings Keycloak's answer to the broker."""

    def __init__(self, stack: StartedStack) -> None:
        self.halted = ObservedBrowser(stops_before=f"{stack.broker_url}/callback")
        super().__init__(self.halted)

    def brings_from_bundid(self, stack: StartedStack, person: str) -> str:
        """The address with Keycloak's answer, not opened yet."""
        self.wants_to_sign_in(stack.tool_url("karte"))
        self.identifies("eid", person)
        return self.halted.stopped_at


def _changed(address: str, **parameters: str) -> str:
    parts = urlsplit(address)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | parameters)).geturl()


def _is_refused(citizen: Citizen, stack: StartedStack, code: str) -> None:
    """The page names the error, and nobody is signed in."""
    assert citizen.browser.reads("error-code") == code
    assert citizen.browser.reads("reference")
    citizen.browser.opens(f"{stack.tool_url('karte')}/login?silent=1")
    citizen.is_told("login_required")


@pytest.mark.parametrize("has_a_sign_in_of_their_own", [False, True])
def test_an_answer_carried_to_another_browser_up01_se02(stack: StartedStack, has_a_sign_in_of_their_own: bool) -> None:
    address = Interrupted(stack).brings_from_bundid(stack, "erika")
    victim = Citizen()
    if has_a_sign_in_of_their_own:
        victim.wants_to_sign_in(stack.tool_url("karte"))
    victim.browser.opens(address)
    _is_refused(victim, stack, "BP-403-BROWSER")


def test_an_answer_brought_twice_up03(stack: StartedStack) -> None:
    citizen = Interrupted(stack)
    address = citizen.brings_from_bundid(stack, "erika")
    citizen.halted.stops_before = ""
    citizen.browser.opens(address)
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    citizen.received()
    citizen.browser.opens(address)
    assert citizen.browser.reads("error-code") == "BP-410-REQUEST"
    citizen.browser.opens(f"{stack.tool_url('karte')}/login?silent=1")
    citizen.received()  # the first one stands

    citizen.signs_out()
    citizen.browser.opens(address)
    _is_refused(citizen, stack, "BP-410-REQUEST")


def test_an_unknown_state(stack: StartedStack) -> None:
    citizen = Interrupted(stack)
    address = citizen.brings_from_bundid(stack, "erika")
    citizen.browser.opens(_changed(address, state="never-given-out"))
    _is_refused(citizen, stack, "BP-410-REQUEST")


def test_an_answer_of_another_issuer_up02(stack: StartedStack) -> None:
    citizen = Interrupted(stack)
    address = citizen.brings_from_bundid(stack, "erika")
    citizen.halted.stops_before = ""
    citizen.browser.opens(_changed(address, iss="https://evil.example"))
    _is_refused(citizen, stack, "BP-502-UPSTREAM")


def test_a_code_of_somebody_elses_sign_in_a28(stack: StartedStack) -> None:
    """Code injection: the state is the victim's own, the code belongs to the attacker's sign-in."""
    foreign = dict(parse_qsl(urlsplit(Interrupted(stack).brings_from_bundid(stack, "hanne")).query))["code"]
    citizen = Interrupted(stack)
    address = citizen.brings_from_bundid(stack, "erika")
    citizen.halted.stops_before = ""
    citizen.browser.opens(_changed(address, code=foreign))
    _is_refused(citizen, stack, "BP-502-UPSTREAM")


def test_a_sign_in_handed_to_another_browser_se02(stack: StartedStack) -> None:
    """Neither the broker's page nor BundID's can be finished by somebody else for the browser that began."""
    starter, other = Citizen(), Citizen()
    starter.wants_to_sign_in(stack.tool_url("karte"))
    (pending,) = {place for place in starter.browser.visited if place.startswith(f"{stack.broker_url}/continue/")}
    other.browser.opens(pending)
    assert other.browser.reads("error-code") == "BP-403-BROWSER"

    other.browser.opens(starter.browser.address)
    other.identifies("eid", "hanne")
    assert other.browser.address.startswith(f"{stack.broker_url}/upstream/return")
    for citizen in (starter, other):
        citizen.browser.opens(f"{stack.tool_url('karte')}/login?silent=1")
        citizen.is_told("login_required")
