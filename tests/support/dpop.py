"""A key that a tool proves to hold, with each request anew (RFC 9449). Proofs are made by PyJWT, another library than the broker's."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests.support.clock import Clock

_PUBLIC = ("crv", "e", "kty", "n", "x", "y")


@dataclass
class Prover:
    """One key. `nonce` is put into every proof once it is set; `changes` to None leave a claim or header out."""

    clock: Clock
    issuer: str
    algorithm: str = "ES256"
    nonce: str | None = None
    key: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.key = self.key or _made(self.algorithm)

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key."""
        found = self.whole_jwk
        return {name: found[name] for name in _PUBLIC if name in found}

    @property
    def whole_jwk(self) -> dict[str, Any]:
        """The key with its private parts."""
        kind = {"ES256": ECAlgorithm, "PS256": RSAAlgorithm}.get(self.algorithm, OKPAlgorithm)
        found: dict[str, Any] = json.loads(kind.to_jwk(self.key))
        return found

    @property
    def thumbprint(self) -> str:
        """RFC 7638, by hand: the required members in order, without spaces."""
        return _hash(json.dumps(self.jwk, sort_keys=True, separators=(",", ":")))

    def proof(self, method: str, path: str, access_token: str | None = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A proof for one request of this moment."""
        claims: dict[str, Any] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": self.issuer + path,
            "iat": int(self.clock().timestamp()),
            "nonce": self.nonce,
            "ath": None if access_token is None else _hash(access_token),
            **changes,
        }
        headers = {"typ": "dpop+jwt", "jwk": self.jwk, **(header or {})}
        algorithm = "EdDSA" if self.algorithm == "Ed25519" else self.algorithm
        return jwt.encode({name: value for name, value in claims.items() if value is not None}, self.key, algorithm, headers)

    def seals(self, header: dict[str, Any], payload: str) -> str:
        """Any header and any payload with a right signature (Ed25519 only), for what PyJWT would not make."""
        signed = f"{encoded(json.dumps(header))}.{encoded(payload)}"
        return f"{signed}.{encoded(self.key.sign(signed.encode()))}"

    def headers(self, method: str, path: str, access_token: str | None = None, **changes: Any) -> dict[str, str]:
        """The headers of one request: the proof, and the access token if there is one."""
        proven = {"DPoP": self.proof(method, path, access_token, **changes)}
        return proven if access_token is None else {"Authorization": f"DPoP {access_token}", **proven}


def encoded(raw: str | bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw.encode() if isinstance(raw, str) else raw).rstrip(b"=").decode()


def _hash(text: str) -> str:
    return encoded(hashlib.sha256(text.encode()).digest())


def _made(algorithm: str) -> Any:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return _rsa() if algorithm == "PS256" else ed25519.Ed25519PrivateKey.generate()


@cache
def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)
