"""Signs the hub's ID tokens (ES256, as the realm does) and reads them again when they come back as a hint."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

TOKEN_SECONDS = 60


class HubKey:
    """One key pair, made at the start of the process."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)

    def sign(self, claims: Mapping[str, Any], now: dt.datetime) -> str:
        """An ID token that lives a minute."""
        issued_at = int(now.timestamp())
        header = {"alg": "ES256", "typ": "JWT", "kid": self._key.kid}
        return jwt.encode(header, {**claims, "iat": issued_at, "exp": issued_at + TOKEN_SECONDS}, self._key)

    def sid_of(self, id_token: str) -> str | None:
        """The session an ID token of ours belongs to, expired or not; None if it is not ours."""
        try:
            claims = jwt.decode(id_token, self._key, algorithms=["ES256"]).claims
        except (JoseError, ValueError):
            return None
        return str(claims["sid"])

    def jwks(self) -> dict[str, Any]:
        """The public half, as published."""
        return {"keys": [self._key.as_dict(private=False)]}
