"""Checks logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.6)."""

from dataclasses import dataclass
from typing import Any

import jwt

EVENT = "http://schemas.openid.net/event/backchannel-logout"
ALGORITHMS = ["RS256", "ES256", "PS256"]


class RefusedLogoutToken(Exception):
    """Not a logout token of our broker for us; the text says which rule it breaks."""


@dataclass(frozen=True, slots=True)
class Logout:
    """Whose session ends: one session, or all of a citizen if `sid` is absent."""

    sid: str | None
    sub: str | None
    jti: str


class LogoutTokens:
    """Reads logout tokens of one issuer for one client; keys come from the issuer's JWKS and are cached."""

    def __init__(self, issuer: str, client_id: str, jwks_uri: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._keys = jwt.PyJWKClient(jwks_uri, timeout=10)

    def read(self, token: str) -> Logout:
        """The checked content. Raises RefusedLogoutToken, or jwt.PyJWKClientConnectionError if the keys cannot be had."""
        try:
            if jwt.get_unverified_header(token).get("typ") != "logout+jwt":
                raise RefusedLogoutToken("typ is not logout+jwt")
            claims = jwt.decode(
                token,
                self._keys.get_signing_key_from_jwt(token),
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._client_id,
                options={"require": ["iss", "aud", "iat", "exp", "jti", "events"]},
                leeway=30,
            )
        except jwt.PyJWKClientConnectionError:
            raise
        except jwt.PyJWTError as refused:
            raise RefusedLogoutToken(str(refused)) from refused
        return _logout(claims)


def _logout(claims: dict[str, Any]) -> Logout:
    if "nonce" in claims:
        raise RefusedLogoutToken("nonce is present")
    if not isinstance(claims["events"], dict) or not isinstance(claims["events"].get(EVENT), dict):
        raise RefusedLogoutToken("events does not name a back-channel logout")
    if not claims.get("sid") and not claims.get("sub"):
        raise RefusedLogoutToken("neither sid nor sub")
    return Logout(claims.get("sid"), claims.get("sub"), str(claims["jti"]))
