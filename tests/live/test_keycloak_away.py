"""Keycloak killed and frozen: said to be an outage, signs nobody out, and is over when it is over (F-11, F-12, F-14, A-47)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from deploy.demo.citizen import Citizen
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

PAGE_SECONDS = 2.0
FROZEN_SECONDS = 6.0  # the deadline for a hub that says nothing is 5 s


@pytest.fixture
def signed_in(stack: StartedStack) -> Citizen:
    """Somebody who was in before the trouble began."""
    citizen = Citizen()
    citizen.wants_to_sign_in(stack.tool_url("haushalt"))
    citizen.identifies("eid", "erika")
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    citizen.received()
    return citizen


def _meets_an_outage(stack: StartedStack, newcomer: Citizen) -> None:
    newcomer.wants_to_sign_in(stack.tool_url("karte"))
    assert newcomer.browser.status == 503
    assert newcomer.browser.reads("error-code") == "BP-503-UPSTREAM"
    assert newcomer.browser.reads("reference")


def _seconds(action: Callable[[], None]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def _nothing_changes_for(citizen: Citizen, stack: StartedStack) -> None:
    """Who is signed in stays so, also at a tool they have not been to yet."""
    citizen.browser.opens(f"{stack.tool_url('haushalt')}/login?silent=1")
    citizen.received()
    citizen.wants_to_sign_in(stack.tool_url("karte"))
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    citizen.received()


def test_keycloak_is_killed_and_comes_back_f11_f14(stack: StartedStack, signed_in: Citizen) -> None:
    on_the_way = Citizen()
    on_the_way.wants_to_sign_in(stack.tool_url("karte"))
    newcomers = [Citizen() for _ in range(3)]
    with stack.hub_away():
        took = [_seconds(lambda newcomer=newcomer: _meets_an_outage(stack, newcomer)) for newcomer in newcomers]  # type: ignore[misc]
        assert min(took) < PAGE_SECONDS, "the quickest counts: other programs may hold up one of them"
        _nothing_changes_for(signed_in, stack)
        silent = Citizen()
        silent.browser.opens(f"{stack.tool_url('karte')}/login?silent=1")
        silent.is_told("login_required")
        signed_in.browser.opens(stack.tool_url("haushalt"))
        signed_in.signs_out()

    _goes_on(newcomers[0])
    on_the_way.identifies("eid", "hanne")  # Keycloak has forgotten this sign-in; its page leads home
    _goes_on(on_the_way)
    signed_in.browser.opens(f"{stack.tool_url('haushalt')}/login?silent=1")
    signed_in.is_told("login_required")


def _goes_on(citizen: Citizen) -> None:
    """The page about the trouble offers to try again, or the citizen IDs at once; BundID leads on to the tool."""
    if citizen.browser.shows("try-again"):
        citizen.browser.follows("try-again")
    citizen.expects("provider-bundid", "the choice of citizen IDs")
    citizen.chooses_bundid()
    citizen.identifies("eid", "hanne")
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    citizen.received()


@contextmanager
def _frozen(stack: StartedStack) -> Iterator[None]:
    group = stack.keycloak.process_group
    assert group
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


def test_keycloak_is_frozen_f12(stack: StartedStack, signed_in: Citizen) -> None:
    with _frozen(stack):
        newcomers = [Citizen() for _ in range(2)]
        took = [_seconds(lambda newcomer=newcomer: _meets_an_outage(stack, newcomer)) for newcomer in newcomers]  # type: ignore[misc]
        assert min(took) < FROZEN_SECONDS
        _nothing_changes_for(signed_in, stack)
        assert requests.get(f"{stack.broker_url}/jwks", timeout=2).status_code == 200
        assert requests.get(f"{stack.broker_url}/healthz", timeout=2).status_code == 200
    _goes_on(newcomers[0])
