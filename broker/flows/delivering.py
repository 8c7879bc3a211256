"""Delivering a logout: one attempt at one tool with a fresh logout token (OIDC Back-Channel Logout 1.0 2.5), and what the answer means."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter

from broker.core.client import Client
from broker.core.delivery import Delivery, DeliveryState
from broker.core.ids import new_id
from broker.core.ports import Clock
from broker.core.signing_key import signing_at
from broker.flows.outbound import OutboundFailed
from broker.store.clients import Clients
from broker.store.signing_keys import SigningKeys

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_LIFETIME = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(hours=24)
YOUNG_KEY = timedelta(hours=25)
"""A tool that keeps our key set for a day refuses what a newer key signed, and means no more by its 400 than that."""

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=2), timedelta(seconds=20)

Signer = Callable[[Mapping[str, object], str, str], str]
"""Signs claims with a `typ` and an algorithm: `sign(claims, "logout+jwt", "RS256")`."""

Post = Callable[[str, Mapping[str, str]], int]
"""Posts a form and returns the status; raises OutboundFailed."""


@dataclass(frozen=True, slots=True)
class Delivering:
    """Sends one delivery and judges the answer: 200 and 204 are success, 400 is final, all else is tried again until it is too old.

    `in_step`: whether this machine's clock is right; tools refuse tokens of another time, and mean no more by a 400 than that (F-32).
    """

    clients: Clients
    signing_keys: SigningKeys
    sign: Signer
    post: Post
    issuer: str
    clock: Clock
    give_up_after: timedelta = GIVE_UP_AFTER
    in_step: Callable[[], bool] = lambda: True

    def attempt(self, delivery: Delivery) -> Delivery:
        """One attempt, and what came of it: delivered, failed for good, or still pending with its next time. Raises StoreUnavailable."""
        client = self.clients.find(delivery.client_id)
        if client is None or not client.backchannel_logout_uri or not client.takes_part:
            return replace(delivery, state=DeliveryState.FAILED, outcome="not registered any more")
        token, began = self._token(delivery, client), perf_counter()
        try:
            status = self.post(client.backchannel_logout_uri, {"logout_token": token})
        except OutboundFailed as failure:
            return self._again(_tried(delivery, str(failure), began, self.clock()))
        tried = _tried(delivery, str(status), began, self.clock())
        if status in (200, 204):
            return replace(tried, state=DeliveryState.DELIVERED)
        if status == 400 and not self._signed_by_young_key(client) and self.in_step():
            return replace(tried, state=DeliveryState.FAILED)
        return self._again(tried)

    def _again(self, tried: Delivery) -> Delivery:
        next_attempt_at = self.clock() + pause(tried.attempts)
        if next_attempt_at > tried.created_at + self.give_up_after:
            return replace(tried, state=DeliveryState.FAILED)
        return replace(tried, next_attempt_at=next_attempt_at)

    def _token(self, delivery: Delivery, client: Client) -> str:
        now = self.clock()
        claims = {
            "iss": self.issuer,
            "aud": client.client_id,
            "iat": _seconds(now),
            "exp": _seconds(now + TOKEN_LIFETIME),
            "jti": new_id(),
            "sub": delivery.sub,
            "sid": delivery.sid,
            "events": {LOGOUT_EVENT: {}},
        }
        return self.sign(claims, "logout+jwt", client.id_token_alg)

    def _signed_by_young_key(self, client: Client) -> bool:
        key = signing_at(self.signing_keys.list(), client.id_token_alg, self.clock())
        return key is not None and self.clock() - key.activate_at < YOUNG_KEY


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 2 s, 6 s, 18 s, then 20 s, a fifth more or less.

    The longest one is short: a tool that comes back shall not wait. That a tool which is away is not flooded is `dispatching.py`'s care.
    """
    longest = min(_FIRST_PAUSE * 3.0 ** min(attempts - 1, 10), _LONGEST_PAUSE)
    return longest * random.uniform(0.8, 1.2)  # noqa: S311  # no secret: it only spreads the load


def _tried(delivery: Delivery, outcome: str, began: float, now: datetime) -> Delivery:
    duration = round((perf_counter() - began) * 1000)
    return replace(delivery, attempts=delivery.attempts + 1, outcome=outcome, last_attempt_at=now, duration_ms=duration)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
