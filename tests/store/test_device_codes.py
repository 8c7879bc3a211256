"""Devices that wait: found by either code, taken up once, answered once (RFC 8628; A-48)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from broker.core.device import DEVICE_LIFETIME, DeviceAnswer, DeviceAuthorization, DeviceTaker, PollPace, new_user_code
from broker.core.ids import fingerprint, new_secret
from broker.store.attempts import Attempts
from broker.store.device_codes import DeviceCodes
from broker.store.redis import Redis
from broker.store.seal import Seal
from tests.support import records
from tests.support.clock import Clock


@pytest.fixture
def device_codes(redis: Redis, seal: Seal) -> DeviceCodes:
    return DeviceCodes(redis, seal)


@pytest.fixture
def device(device_codes: DeviceCodes, clock: Clock) -> DeviceAuthorization:
    """One that waits."""
    made = DeviceAuthorization(fingerprint(new_secret()), new_user_code(), records.request(clock()), "192.0.2.7")
    assert device_codes.add(made)
    return made


def test_a_device_is_found_by_either_code(device_codes: DeviceCodes, device: DeviceAuthorization) -> None:
    assert device_codes.find(device.id) == device
    assert device_codes.find_by_user_code(device.user_code) == device
    assert device_codes.find(device.user_code) is None
    assert device_codes.find_by_user_code(device.id) is None


def test_no_two_devices_show_the_same_code(device_codes: DeviceCodes, device: DeviceAuthorization) -> None:
    other = replace(device, id=fingerprint(new_secret()))
    assert not device_codes.add(other)
    assert device_codes.find(other.id) is None
    assert device_codes.find_by_user_code(device.user_code) == device


def test_a48_of_many_browsers_one_takes_a_device_up(device_codes: DeviceCodes, device: DeviceAuthorization) -> None:
    assert device_codes.find_taker(device.id) is None
    takers = [DeviceTaker(f"browser-{number}", f"request-{number}") for number in range(32)]
    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(lambda taker: device_codes.add_taker(device.id, taker), takers))
    assert taken.count(True) == 1
    assert device_codes.find_taker(device.id) == takers[taken.index(True)]


def test_a48_the_first_decision_counts_and_is_fetched_once(device_codes: DeviceCodes, device: DeviceAuthorization, clock: Clock) -> None:
    yes = DeviceAnswer(records.issued_code(records.session("citizen", clock()), "sub"))
    with ThreadPoolExecutor(16) as pool:
        kept = list(
            pool.map(lambda number: device_codes.add_answer(device.id, (yes, DeviceAnswer())[number % 2], DEVICE_LIFETIME), range(32))
        )
    assert kept.count(True) == 1
    first = device_codes.find_answer(device.id)
    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(lambda _: device_codes.take_answer(device.id), range(32)))
    assert [one for one in taken if one] == [first]


def test_what_is_kept_ends_by_itself(device_codes: DeviceCodes, device: DeviceAuthorization, redis: Redis, clock: Clock) -> None:
    device_codes.add_answer(device.id, DeviceAnswer(), DEVICE_LIFETIME)
    device_codes.replace_pace(device.id, PollPace(clock()))
    keys = list(redis._client.scan_iter("bp:*"))
    assert len(keys) == 4
    assert all(0 < int(redis._client.pttl(key)) <= 2 * DEVICE_LIFETIME.total_seconds() * 1000 for key in keys)  # type: ignore[arg-type]


def test_a_device_that_was_served_is_unknown(device_codes: DeviceCodes, device: DeviceAuthorization) -> None:
    device_codes.revoke(device.id)
    assert device_codes.find(device.id) is None


def test_attempts_are_counted_up_and_taken_back(redis: Redis) -> None:
    attempts = Attempts(redis)
    counted = [attempts.add("user-code", "192.0.2.7", DEVICE_LIFETIME) for _ in range(3)]
    attempts.revoke("user-code", "192.0.2.7", DEVICE_LIFETIME)
    assert [*counted, attempts.add("user-code", "192.0.2.7", DEVICE_LIFETIME)] == [1, 2, 3, 3]
    assert attempts.add("user-code", "192.0.2.8", DEVICE_LIFETIME) == 1
