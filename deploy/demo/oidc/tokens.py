"""Signs what the account issues, and reads its own ID tokens when they come back as a hint."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

ALGORITHM = "ES256"


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)


class SigningKey:
    """One key pair, made at the start of the process; beside it a stranger's, for faults."""

    def __init__(self) -> None:
        self._key, self._stranger = _new_key(), _new_key()

    def sign(self, claims: Mapping[str, Any], typ: str = "JWT", kid: str | None = None) -> str:
        """A signed token; another ``kid`` than the published one is a fault."""
        return self._encode({"alg": ALGORITHM, "typ": typ, "kid": kid or self._key.kid}, claims, self._key)

    def sign_as_stranger(self, claims: Mapping[str, Any]) -> str:
        """Signed by a key that is not published, under the name of the one that is."""
        return self._encode({"alg": ALGORITHM, "typ": "JWT", "kid": self._key.kid}, claims, self._stranger)

    def claims_of(self, id_token: str) -> dict[str, Any] | None:
        """What an ID token of ours says, expired or not; None if it is not ours."""
        try:
            return jwt.decode(id_token, self._key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            return None

    def jwks(self) -> dict[str, Any]:
        """The public half, as published."""
        return {"keys": [self._key.as_dict(private=False)]}

    def _encode(self, header: dict[str, Any], claims: Mapping[str, Any], key: ECKey) -> str:
        return jwt.encode(header, dict(claims), key, algorithms=[ALGORITHM])


def unsigned(claims: Mapping[str, Any]) -> str:
    """A token with `alg` none, which nobody may accept (RFC 8725 3.2)."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def tampered(token: str, claims: Mapping[str, Any]) -> str:
    """The signature of a token under other claims."""
    header, _, signature = token.split(".")
    return f"{header}.{_part(claims)}.{signature}"


def _part(data: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(dict(data)).encode()).rstrip(b"=").decode()
