"""Checking the hub's ID token: its signature, and every claim that ties it to the sign-in we began (A-21 to A-28)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from broker.core.errors import UpstreamRefused
from broker.core.ids import same
from broker.core.ports import Clock, UpstreamProof
from broker.upstream.hub_signature import HubSignature, moment

SKEW = timedelta(seconds=10)
_REQUIRED = ["iss", "aud", "exp", "iat", "sub", "nonce", "auth_time"]


@dataclass(frozen=True, slots=True)
class IdTokenCheck:
    """Verifies ID tokens of one issuer for one client."""

    signature: HubSignature
    issuer: str
    client_id: str
    clock: Clock

    def verified(self, token: str, proof: UpstreamProof) -> dict[str, object]:
        """The claims of a token that is the answer to this very sign-in. Raises UpstreamRefused, or UpstreamUnavailable for the keys."""
        claims = self.signature.claims(token, "ID token", ("JWT", "jwt"), _REQUIRED)
        self._check_parties(claims)
        self._check_times(claims, proof)
        if not isinstance(claims["nonce"], str) or not same(claims["nonce"], proof.nonce):
            raise UpstreamRefused("The ID token belongs to another sign-in.")
        if claims.get("up_idp") != proof.provider_alias:
            raise UpstreamRefused("Another citizen ID answered than was asked.")
        return claims

    def _check_parties(self, claims: dict[str, object]) -> None:
        audience = claims["aud"]
        if claims["iss"] != self.issuer or audience not in (self.client_id, [self.client_id]):
            raise UpstreamRefused("The ID token is from or for somebody else.")
        if claims.get("azp", self.client_id) != self.client_id:
            raise UpstreamRefused("The ID token was issued to another party.")

    def _check_times(self, claims: dict[str, object], proof: UpstreamProof) -> None:
        """By our clock, give or take `SKEW`: not expired, not from the future, and a sign-in made after we asked for one."""
        now, skew = self.clock().timestamp(), SKEW.total_seconds()
        if moment(claims["exp"]) <= now - skew:
            raise UpstreamRefused("The ID token has expired.")
        if moment(claims["iat"]) > now + skew or moment(claims.get("nbf", 0)) > now + skew:
            raise UpstreamRefused("The ID token is from the future; check the clocks of hub and broker.")
        # The hub cuts auth_time to whole seconds.
        if not int(proof.started_at.timestamp()) - skew <= moment(claims["auth_time"]) <= now + skew:
            raise UpstreamRefused("The sign-in is older than the request for it.")
