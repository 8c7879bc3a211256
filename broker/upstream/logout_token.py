"""Checking the hub's logout tokens (OIDC Back-Channel Logout 1.0 2.6): who says that which session has ended (LO-04)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from broker.core.errors import UpstreamRefused
from broker.core.ports import Clock, UpstreamLogout
from broker.upstream.hub_signature import HubSignature, moment

EVENT = "http://schemas.openid.net/event/backchannel-logout"
SKEW, OLDEST = timedelta(seconds=10), timedelta(minutes=2)
_TYPES = ("logout+jwt",)
_REQUIRED = ["iss", "aud", "iat", "jti", "sid", "events"]
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class LogoutTokenCheck:
    """Verifies logout tokens of one issuer for one client."""

    signature: HubSignature
    issuer: str
    client_id: str
    clock: Clock

    def verified(self, token: str) -> UpstreamLogout:
        """The session that has ended; whether the token was seen before is not known here. Raises UpstreamRefused, or UpstreamUnavailable
        for the keys."""
        claims = self.signature.claims(token, "logout token", _TYPES, _REQUIRED)
        if claims["iss"] != self.issuer or claims["aud"] not in (self.client_id, [self.client_id]):
            raise UpstreamRefused("The logout token is from or for somebody else.")
        if "nonce" in claims:
            raise UpstreamRefused("The logout token has a nonce: it is an ID token in disguise.")
        events = claims["events"]
        if not isinstance(events, dict) or events.get(EVENT) != {}:
            raise UpstreamRefused("The logout token does not say that a session has ended.")
        self._check_times(claims)
        return UpstreamLogout(
            _word(claims["sid"]), _word(claims["jti"]), datetime.fromtimestamp(moment(claims["iat"]), UTC) + OLDEST + SKEW
        )

    def _check_times(self, claims: dict[str, object]) -> None:
        now = self.clock()
        if not (now - OLDEST).timestamp() <= moment(claims["iat"]) <= (now + SKEW).timestamp():
            raise UpstreamRefused("The logout token is old, or from the future; check the clocks of hub and broker.")
        if "exp" in claims and moment(claims["exp"]) <= (now - SKEW).timestamp():
            raise UpstreamRefused("The logout token has expired.")


def _word(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise UpstreamRefused("The logout token names no session, or has no id.")
    return value
