"""Delivering logouts: what is due in the outbox goes to the tools, each attempt with a fresh logout token (Back-Channel Logout 1.0)."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broker.core.client import Client
from broker.core.delivery import Delivery, DeliveryState
from broker.core.ids import new_id
from broker.core.ports import Clock
from broker.core.signing_key import signing_at
from broker.flows.outbound import OutboundFailed
from broker.store.clients import Clients
from broker.store.outbox import Outbox
from broker.store.signing_keys import SigningKeys

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_LIFETIME = timedelta(minutes=2)
LEASE_SECONDS = 60.0
GIVE_UP_AFTER = timedelta(hours=24)
YOUNG_KEY = timedelta(hours=25)
"""A tool that keeps our key set for a day refuses what a newer key signed, and means no more by its 400 than that."""

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)

Signer = Callable[[Mapping[str, object], str, str], str]
"""Signs claims with a `typ` and an algorithm: `sign(claims, "logout+jwt", "RS256")`."""

Post = Callable[[str, Mapping[str, str]], int]
"""Posts a form and returns the status; raises OutboundFailed."""


@dataclass(frozen=True, slots=True)
class Delivering:
    """Sends and judges answers: 200 and 204 are success, 400 is final, all else is tried again with growing pauses for a day."""

    outbox: Outbox
    clients: Clients
    signing_keys: SigningKeys
    sign: Signer
    post: Post
    issuer: str
    clock: Clock

    def run_once(self, limit: int = 20) -> int:
        """Try what is due; how many deliveries were tried. Safe with several workers: each gets its own."""
        due = self.outbox.take_due(limit, LEASE_SECONDS)
        for delivery in due:
            self.outbox.replace(self._tried(delivery))
        return len(due)

    def _tried(self, delivery: Delivery) -> Delivery:
        client = self.clients.find(delivery.client_id)
        if client is None or not client.backchannel_logout_uri or not client.takes_part:
            return replace(delivery, state=DeliveryState.FAILED, outcome="not registered any more")
        tried = replace(delivery, attempts=delivery.attempts + 1)
        try:
            status = self.post(client.backchannel_logout_uri, {"logout_token": self._token(delivery, client)})
        except OutboundFailed as failure:
            return self._again(tried, str(failure))
        if status in (200, 204):
            return replace(tried, state=DeliveryState.DELIVERED, outcome=str(status))
        if status == 400 and not self._signed_by_young_key(client):
            return replace(tried, state=DeliveryState.FAILED, outcome="400")
        return self._again(tried, str(status))

    def _again(self, tried: Delivery, outcome: str) -> Delivery:
        now = self.clock()
        next_attempt_at = now + pause(tried.attempts)
        if next_attempt_at > tried.created_at + GIVE_UP_AFTER:
            return replace(tried, state=DeliveryState.FAILED, outcome=outcome)
        return replace(tried, next_attempt_at=next_attempt_at, outcome=outcome)

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
    """How long to wait after so many attempts: 5 s, 15 s, 45 s ... an hour at most, a fifth more or less."""
    longest = min(_FIRST_PAUSE * 3.0 ** min(attempts - 1, 10), _LONGEST_PAUSE)
    return longest * random.uniform(0.8, 1.2)  # noqa: S311  # no secret: it only spreads the load


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
