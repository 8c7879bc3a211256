"""Letting a device in by way of a browser: the device waits, the citizen decides elsewhere, the device fetches what came of it (RFC 8628).

Between the two codes stands an ordinary request: judge, sign-in and consent are the same as for every tool. Only the answer goes another
way: it waits here until the device asks for it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from broker.core.client import Client
from broker.core.client_policy import GrantType
from broker.core.device import DeviceAnswer, DeviceAuthorization, DeviceTaker, PollPace, new_user_code, typed_user_code
from broker.core.errors import BrokerError, InvalidGrant, RequestExpired, StoreUnavailable
from broker.core.ids import fingerprint, new_id, new_secret, same
from broker.core.next_step import Issue
from broker.core.oauth_errors import AuthorizationPending, DeviceRefused, ExpiredToken, SlowDown, TooManyGuesses
from broker.core.ports import Clock
from broker.core.request import AuthorizationRequest
from broker.core.session import BrokerSession
from broker.flows.issuing import Issuing, Redeemed, bound
from broker.flows.throttling import source_of
from broker.store.attempts import Attempts
from broker.store.clients import Clients
from broker.store.device_codes import DeviceCodes
from broker.store.requests import Requests

MOST_GUESSES = 20
"""Wrong user codes from one source in ten minutes; a whole office may share an address."""

_GUESS, _COUNTED = "user-code", timedelta(minutes=10)

_TRIES = 5


@dataclass(frozen=True, slots=True)
class StartedDevice:
    """What the device is told: the code it keeps, and the one it shows."""

    device_code: str
    user_code: str


@dataclass(frozen=True, slots=True)
class WaitingDevice:
    """What the citizen is shown before anything happens."""

    device: DeviceAuthorization
    client: Client


@dataclass(frozen=True, slots=True)
class AuthorizingDevices:
    """From `start` over `look_up`, `take_up` and `approve` or `refuse` to `redeem`."""

    codes: DeviceCodes
    attempts: Attempts
    clients: Clients
    requests: Requests
    issuing: Issuing
    clock: Clock

    def start(self, request: AuthorizationRequest, address: str) -> StartedDevice:
        """A device begins to wait. `request` is what it wants, `address` where it asked from."""
        device_code = new_secret()
        for _ in range(_TRIES):
            device = DeviceAuthorization(fingerprint(device_code), new_user_code(), request, address)
            if self.codes.add(device):
                return StartedDevice(device_code, device.user_code)
        raise StoreUnavailable("no free user code was found")  # 20 ** 8 of them: somebody fills the store

    def look_up(self, typed: str, address: str, browser_id: str) -> WaitingDevice | None:
        """The device that shows this code and is not taken up in another browser. `address` is where this one is (RFC 8628 5.1).

        Raises TooManyGuesses, also for a right code: it would tell a guesser that it is right.
        """
        source = source_of(address)
        if self.attempts.add(_GUESS, source, _COUNTED) > MOST_GUESSES:
            raise TooManyGuesses
        user_code = typed_user_code(typed)
        device = self.codes.find_by_user_code(user_code) if user_code else None
        waiting = self._waiting(device, browser_id) if device else None
        if waiting:
            self.attempts.revoke(_GUESS, source, _COUNTED)
        return waiting

    def take_up(self, waiting: WaitingDevice, browser_id: str) -> str:
        """The citizen began this, and goes on: the device's wish becomes a request of this browser, and of no other. Its id.

        A second press of the button leads to the same request. Raises RequestExpired if another browser was faster.
        """
        device, request_id = waiting.device, new_id()
        self.requests.add(replace(device.request, id=request_id, browser_id=browser_id, device_id=device.id, created_at=self.clock()))
        if self.codes.add_taker(device.id, DeviceTaker(browser_id, request_id)):
            return request_id
        taker = self.codes.find_taker(device.id)
        if taker is None or not same(taker.browser_id, browser_id):
            raise RequestExpired
        return taker.request_id

    def turn_away(self, waiting: WaitingDevice) -> None:
        """The citizen knows nothing of this device."""
        self._decide(waiting.device, DeviceAnswer())

    def approve(self, request: AuthorizationRequest, session: BrokerSession, issue: Issue) -> None:
        """The judge says issue: the device may fetch its tokens. Does nothing when it has heard already.

        Raises RequestExpired when the device has stopped waiting.
        """
        device = self._device(request)
        if device is None:
            return
        now = self.clock()
        if session.needs_touch(now):
            self.issuing.recognising.sessions.touch(session)
        self._decide(device, DeviceAnswer(self.issuing.issued(request, session, issue)))

    def refuse(self, request: AuthorizationRequest) -> None:
        """The judge says no, for whatever reason: the device hears that much."""
        device = self._device(request)
        if device is not None:
            self._decide(device, DeviceAnswer())

    def refused(self, request_id: str, browser_id: str) -> bool | None:
        """What the citizen is told at the end: whether it came to nothing. None while nothing has been decided, and for other requests.

        Raises RequestExpired, or ForeignBrowser when another browser confirmed.
        """
        request = self.requests.get(request_id, browser_id)
        answer = self.codes.find_answer(request.device_id) if request.device_id else None
        if answer is not None:
            return answer.issued is None
        return None if not request.device_id or self.codes.find(request.device_id) else False  # fetched already

    def redeem(self, device_code: str, client_id: str, confirmation: str) -> Redeemed:
        """What the citizen's yes turned into. The client is authenticated already, `confirmation` is the key it proved to hold.

        Raises AuthorizationPending, SlowDown, DeviceRefused or ExpiredToken (RFC 8628 3.5), and InvalidGrant. As with codes, a device
        code shown by another client is used up by it (CO-03), and one used before revokes what it brought (A-05).
        """
        device_id = fingerprint(device_code)
        device = self.codes.find(device_id)
        if device is None:
            self.issuing.grants.revoke_by_code(device_id)
            raise InvalidGrant
        if not same(device.client_id, client_id):
            self.codes.revoke(device_id)
            raise InvalidGrant
        if device.expired(self.clock()):
            raise ExpiredToken
        return self._settle(device, self._approved(device), confirmation)

    def _approved(self, device: DeviceAuthorization) -> DeviceAnswer:
        answer = self.codes.find_answer(device.id)
        if answer is not None and answer.issued is None:
            raise DeviceRefused
        answer = self.codes.take_answer(device.id) if answer else None
        if answer is None:
            raise self._not_yet(device)
        return answer

    def _settle(self, device: DeviceAuthorization, answer: DeviceAnswer, confirmation: str) -> Redeemed:
        assert answer.issued is not None  # `_approved` has looked
        try:
            redeemed = self.issuing.settle(bound(answer.issued, confirmation), device.id)
        except StoreUnavailable:
            with suppress(BrokerError):  # the outage is told in any case; the gate decides should the grant be there after all
                self._decide(device, answer)
            raise
        except InvalidGrant:
            self.codes.revoke(device.id)
            raise
        with suppress(StoreUnavailable):  # its tokens are written: they must reach the device
            self.codes.revoke(device.id)
        return redeemed

    def _not_yet(self, device: DeviceAuthorization) -> BrokerError:
        now = self.clock()
        pace = self.codes.find_pace(device.id)
        self.codes.replace_pace(device.id, pace.next(now) if pace else PollPace(now))
        return SlowDown() if pace and pace.too_fast(now) else AuthorizationPending()

    def _decide(self, device: DeviceAuthorization, answer: DeviceAnswer) -> None:
        self.codes.add_answer(device.id, answer, device.expires_at - self.clock())

    def _device(self, request: AuthorizationRequest) -> DeviceAuthorization | None:
        device = self.codes.find(request.device_id)
        if device is not None and device.expired(self.clock()):
            raise RequestExpired
        return device

    def _waiting(self, device: DeviceAuthorization, browser_id: str) -> WaitingDevice | None:
        client, taker = self.clients.find(device.client_id), self.codes.find_taker(device.id)
        allowed = client is not None and client.takes_part and client.may_use(GrantType.DEVICE_CODE)
        if client is None or not allowed or device.expired(self.clock()) or (taker and not same(taker.browser_id, browser_id)):
            return None
        return WaitingDevice(device, client)
