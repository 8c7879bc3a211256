"""Devices that have no browser of their own: what one asked for, and what the citizen answered on another one (RFC 8628)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.core.grant import IssuedCode
from broker.core.request import REQUEST_LIFETIME, AuthorizationRequest
from broker.core.typed_code import grouped, letters_of

DEVICE_LIFETIME = REQUEST_LIFETIME  # from the device's request to the citizen's answer: typing a code and an eID sign-in take time
POLL_INTERVAL = timedelta(seconds=5)
SLOWER_BY = timedelta(seconds=5)  # RFC 8628 3.5
_MARKS = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 6.1: no vowels, so no words; no digits, so nothing looks like another
_LENGTH, _GROUP = 8, 4  # 34 bits, guessed at only a few times an address


@dataclass(frozen=True, slots=True)
class DeviceAuthorization:
    """A device that waits. `id` is the fingerprint of its device code.

    `request` is what it wants, not yet any browser's; `address` is where the request came from, shown to the citizen (A-15).
    """

    id: str
    user_code: str
    request: AuthorizationRequest
    address: str = ""

    @property
    def client_id(self) -> str:
        """Whose device it is."""
        return self.request.client_id

    @property
    def expires_at(self) -> datetime:
        """From then on neither code is good for anything."""
        return self.request.created_at + DEVICE_LIFETIME

    def expired(self, now: datetime) -> bool:
        """Whether the time is over."""
        return now >= self.expires_at


@dataclass(frozen=True, slots=True)
class DeviceAnswer:
    """What the device will hear at its next call: the record of a grant to be written, or, without one, no."""

    issued: IssuedCode | None = None


@dataclass(frozen=True, slots=True)
class DeviceTaker:
    """The one browser in which a citizen said that the device is theirs, and the request that came of it."""

    browser_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class PollPace:
    """When a device asked last, and how many seconds it has to wait before it asks again (RFC 8628 3.5)."""

    asked_at: datetime
    seconds: int = int(POLL_INTERVAL.total_seconds())

    def too_fast(self, now: datetime) -> bool:
        """Whether asking now is earlier than told; a second is given for the network."""
        return now - self.asked_at < timedelta(seconds=self.seconds - 1)

    def next(self, now: datetime) -> PollPace:
        """The pace after a call made now: slower if it came too early."""
        return PollPace(now, self.seconds + int(SLOWER_BY.total_seconds()) if self.too_fast(now) else self.seconds)


def new_user_code() -> str:
    """A code that a citizen types: eight letters that nobody takes for others, in two groups."""
    return grouped("".join(secrets.choice(_MARKS) for _ in range(_LENGTH)), _GROUP)


def typed_user_code(text: str) -> str | None:
    """What a citizen typed as the code it can only have been: case, blanks and hyphens do not matter. None if it cannot be one."""
    letters = letters_of(text)
    if len(letters) != _LENGTH or not set(letters) <= set(_MARKS):
        return None
    return grouped(letters, _GROUP)
