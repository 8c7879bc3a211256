"""A device asks at the pace it was told, and not for ever (RFC 8628 3.5)."""

from __future__ import annotations

import pytest

from tests.support.app import Broker
from tests.support.clock import Clock
from tests.support.device import Device, begins, device_tool, enters, lets_in
from tests.support.tool import Tool


@pytest.fixture
def tafel(broker: Broker) -> Tool:
    """A tool whose devices may wait."""
    return device_tool(broker)


@pytest.fixture
def device(tafel: Tool) -> Device:
    """One of them, waiting."""
    return begins(tafel)


def test_a_device_that_asks_too_often_is_slowed_down_for_good(device: Device, clock: Clock) -> None:
    """RFC 8628 3.5: five seconds more for this and all calls to come."""
    assert device.hears() == "authorization_pending"
    clock.advance(seconds=1)
    assert device.hears() == "slow_down"
    clock.advance(seconds=6)
    assert device.hears() == "slow_down"
    clock.advance(seconds=15)
    assert device.hears() == "authorization_pending"
    clock.advance(seconds=6)
    assert device.hears() == "slow_down"


def test_a_device_at_the_pace_it_was_told_is_never_slowed_down(device: Device, clock: Clock) -> None:
    for _ in range(20):
        assert device.hears() == "authorization_pending"
        clock.advance(seconds=device.told["interval"])


def test_a_device_that_waited_too_long_is_told_so(broker: Broker, device: Device, clock: Clock) -> None:
    clock.advance(seconds=device.told["expires_in"] - 1)
    assert device.hears() == "authorization_pending"
    clock.advance(seconds=1)
    assert device.hears() == "expired_token"
    assert "Es gibt kein Gerät mit diesem Code" in enters(broker.browser(), device).text


def test_an_answer_that_nobody_fetched_in_time_is_worth_nothing(broker: Broker, device: Device, clock: Clock) -> None:
    lets_in(broker.browser(), device)
    clock.advance(seconds=device.told["expires_in"])
    assert device.hears() == "expired_token"


def test_a_citizen_who_comes_too_late_is_told_so(broker: Broker, device: Device, clock: Clock) -> None:
    browser = broker.browser()
    clock.advance(minutes=14)
    consent = browser.signs_in(browser.presses(enters(browser, device), "device-confirm"))
    clock.advance(minutes=2)
    late = browser.presses(consent, "consent-allow")
    assert (late.response.status_code, late.error_code) == (410, "BP-410-REQUEST")
    assert device.hears() == "expired_token"
