"""Devices that wait for a citizen, in Redis: found by device code and by user code, with their pace and their answer.

Losing them loses nothing but a new try at the device. The gate against a second use is in SQL (`grants.py`), as it is for codes.
"""

from __future__ import annotations

from datetime import timedelta

from broker.core.device import DEVICE_LIFETIME, DeviceAnswer, DeviceAuthorization, DeviceTaker, PollPace
from broker.core.ids import fingerprint
from broker.store.records import Record
from broker.store.redis import Redis
from broker.store.seal import Seal
from broker.store.sealed_values import SealedValues

_AUTHORIZATION, _ANSWER = Record(DeviceAuthorization), Record(DeviceAnswer)
_TAKER, _PACE = Record(DeviceTaker), Record(PollPace)
_REMEMBERED = DEVICE_LIFETIME * 2  # a device that asks too late is told so, and not that its code is unknown


class DeviceCodes:
    """Neither code is stored: a device is known by the fingerprint of its code.

    A user code is short enough to be found from its fingerprint by trying; whoever has it can do no more than let the device in.
    """

    def __init__(self, redis: Redis, seal: Seal) -> None:
        self._redis = redis
        self._devices = SealedValues(redis, seal, "device", _AUTHORIZATION)
        self._user_codes = SealedValues(redis, seal, "user-code", _AUTHORIZATION)
        self._answers = SealedValues(redis, seal, "device-answer", _ANSWER)
        self._takers = SealedValues(redis, seal, "device-taker", _TAKER)
        self._paces = SealedValues(redis, seal, "device-pace", _PACE)

    def add(self, device: DeviceAuthorization) -> bool:
        """Keep a device that waits. False if its user code is another one's already."""
        if not self._user_codes.add(fingerprint(device.user_code), device, DEVICE_LIFETIME):
            return False
        self._devices.set(device.id, device, _REMEMBERED)
        return True

    def find(self, device_id: str) -> DeviceAuthorization | None:
        """The device, for a while also after its time is over; None if it is unknown or has got what it wanted."""
        return self._devices.get(device_id)

    def find_by_user_code(self, user_code: str) -> DeviceAuthorization | None:
        """The device that shows this code."""
        return self._user_codes.get(fingerprint(user_code))

    def add_taker(self, device_id: str, taker: DeviceTaker) -> bool:
        """Keep whose browser took the device up. True for exactly one."""
        return self._takers.add(device_id, taker, DEVICE_LIFETIME)

    def find_taker(self, device_id: str) -> DeviceTaker | None:
        """Who that was; None as long as nobody has."""
        return self._takers.get(device_id)

    def add_answer(self, device_id: str, answer: DeviceAnswer, lifetime: timedelta) -> bool:
        """Keep what the citizen decided. The first decision counts; False for any other."""
        return self._answers.add(device_id, answer, lifetime)

    def find_answer(self, device_id: str) -> DeviceAnswer | None:
        """The decision, if there is one that the device has not fetched yet."""
        return self._answers.get(device_id)

    def take_answer(self, device_id: str) -> DeviceAnswer | None:
        """The decision, for one caller only."""
        return self._answers.take(device_id)

    def find_pace(self, device_id: str) -> PollPace | None:
        """How the device has asked so far; None before its first call."""
        return self._paces.get(device_id)

    def replace_pace(self, device_id: str, pace: PollPace) -> None:
        """Note a call of the device."""
        self._paces.set(device_id, pace, _REMEMBERED)

    def revoke(self, device_id: str) -> None:
        """Forget a device; its code is unknown from now on."""
        self._redis.delete(self._devices.key(device_id))
