"""Checking the hub's ID token: its signature, and every claim that ties it to the sign-in we began (A-21 to A-28)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import jwt

from broker.core.errors import UpstreamRefused
from broker.core.ids import same
from broker.core.ports import Clock, UpstreamProof
from broker.upstream.discovery import Discovery

SKEW = timedelta(seconds=10)
LARGEST_TOKEN = 64 * 1024
_REQUIRED = ["iss", "aud", "exp", "iat", "sub", "nonce", "auth_time"]


@dataclass(frozen=True, slots=True)
class IdTokenCheck:
    """Verifies ID tokens of one issuer for one client."""

    discovery: Discovery
    issuer: str
    client_id: str
    algorithms: tuple[str, ...]
    clock: Clock

    def verified(self, token: str, proof: UpstreamProof) -> dict[str, object]:
        """The claims of a token that is the answer to this very sign-in. Raises UpstreamRefused, or UpstreamUnavailable for the keys."""
        claims = self._signed(token)
        self._check_parties(claims)
        self._check_times(claims, proof)
        if not isinstance(claims["nonce"], str) or not same(claims["nonce"], proof.nonce):
            raise UpstreamRefused("The ID token belongs to another sign-in.")
        if claims.get("up_idp") != proof.provider_alias:
            raise UpstreamRefused("Another citizen ID answered than was asked.")
        return claims

    def _signed(self, token: str) -> dict[str, object]:
        """Key by `kid` from the set; algorithm from our list and the key's own, never from the header alone."""
        if len(token) > LARGEST_TOKEN or token.count(".") != 2:
            raise UpstreamRefused("The ID token is malformed.")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in self.algorithms or not isinstance(header.get("kid"), str):
                raise UpstreamRefused("The ID token is signed in a way that is not allowed.")
            key = self.discovery.key(header["kid"])
            if key.algorithm_name != header["alg"]:
                raise UpstreamRefused("The ID token is signed in another way than its key allows.")
            options = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
            found: dict[str, object] = jwt.decode(token, key, algorithms=[header["alg"]], options=options)  # type: ignore[arg-type]  # PyJWT types options as its own dict
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise UpstreamRefused(f"The ID token cannot be verified: {type(error).__name__}.") from None
        if header.get("typ", "JWT") not in ("JWT", "jwt"):
            raise UpstreamRefused("The token is no ID token.")
        return found

    def _check_parties(self, claims: dict[str, object]) -> None:
        audience = claims["aud"]
        if claims["iss"] != self.issuer or audience not in (self.client_id, [self.client_id]):
            raise UpstreamRefused("The ID token is from or for somebody else.")
        if claims.get("azp", self.client_id) != self.client_id:
            raise UpstreamRefused("The ID token was issued to another party.")

    def _check_times(self, claims: dict[str, object], proof: UpstreamProof) -> None:
        """By our clock, give or take `SKEW`: not expired, not from the future, and a sign-in made after we asked for one."""
        now, skew = self.clock().timestamp(), SKEW.total_seconds()
        if _moment(claims["exp"]) <= now - skew:
            raise UpstreamRefused("The ID token has expired.")
        if _moment(claims["iat"]) > now + skew or _moment(claims.get("nbf", 0)) > now + skew:
            raise UpstreamRefused("The ID token is from the future; check the clocks of hub and broker.")
        # The hub cuts auth_time to whole seconds.
        if not int(proof.started_at.timestamp()) - skew <= _moment(claims["auth_time"]) <= now + skew:
            raise UpstreamRefused("The sign-in is older than the request for it.")


def _moment(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise UpstreamRefused("The ID token has a time that is none.")
    return value
