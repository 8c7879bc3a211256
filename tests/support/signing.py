"""Tools that have keys instead of a secret. What they sign is made by PyJWT, another library than the broker's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from werkzeug.test import TestResponse

from broker.core.client_policy import AuthMethod, ClientKeys
from broker.core.ids import new_id
from tests.support.app import Broker
from tests.support.tool import Tool

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_PUBLIC = ("crv", "e", "kty", "n", "x", "y")


@dataclass(frozen=True)
class SigningKey:
    """A tool's key. Which one of a kind is told by `number`; the same in all tests of a process."""

    algorithm: str = "ES256"
    kid: str | None = "first"
    number: int = 0

    @property
    def private(self) -> Any:
        return _made("RSA" if self.algorithm in ("RS256", "PS256") else self.algorithm, self.number)

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half, as a tool registers it."""
        kind = {"ES256": ECAlgorithm, "RS256": RSAAlgorithm, "PS256": RSAAlgorithm}.get(self.algorithm, OKPAlgorithm)
        found: dict[str, Any] = json.loads(kind.to_jwk(self.private.public_key()))
        named = {} if self.kid is None else {"kid": self.kid}
        return {**{name: found[name] for name in _PUBLIC if name in found}, **named}

    def sign(self, claims: dict[str, Any], **headers: Any) -> str:
        """A compact JWS; a header None is left out."""
        named = {} if self.kid is None else {"kid": self.kid}
        return self.sign_bytes(json.dumps(claims).encode(), **named, **headers)

    def sign_bytes(self, payload: bytes, **headers: Any) -> str:
        """Any content. PyJWT writes a typ unless it is None, and EdDSA for Ed25519."""
        return jwt.api_jws.encode(payload, self.private, "EdDSA" if self.algorithm == "Ed25519" else self.algorithm, headers)


@cache
def _made(kind: str, number: int) -> Any:
    if kind == "RSA":
        return rsa.generate_private_key(65537, 2048)
    return ed25519.Ed25519PrivateKey.generate() if kind == "Ed25519" else ec.generate_private_key(ec.SECP256R1())


@dataclass
class SigningTool:
    """A registered tool that authenticates by `private_key_jwt`."""

    broker: Broker
    tool: Tool
    key: SigningKey = field(default_factory=SigningKey)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a good assertion says, at the broker's present time; a change to None leaves a claim out."""
        now, me = int(self.broker.clock().timestamp()), self.tool.client.client_id
        usual = {"iss": me, "sub": me, "aud": self.broker.issuer, "jti": new_id(), "iat": now, "exp": now + 60}
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def assertion(self, **changes: Any) -> str:
        """A good assertion with changed claims."""
        return self.key.sign(self.claims(**changes))

    def redeems(self, code: str, assertion: str | None = None, **more: str) -> TestResponse:
        """Redeems a code, with a fresh assertion or this one."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.tool.client.redirect_uris[0],
            "code_verifier": self.tool.verifier,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion() if assertion is None else assertion,
            **more,
        }
        return self.tool.calls_token(form)


def signing_tool(broker: Broker, client_id: str = "signer", key: SigningKey | None = None, **changes: Any) -> SigningTool:
    """Register a tool with a key and no secret."""
    key = key or SigningKey()
    changes = {"keys": ClientKeys(jwks={"keys": [key.jwk]}), "auth_method": AuthMethod.PRIVATE_KEY_JWT, **changes}
    return SigningTool(broker, broker.tool(client_id, **changes), key)


def by_hand(header: Any, claims: Any, key: bytes | None = None) -> str:
    """A token of any header and content, signed by HMAC or not at all: what no library would make."""
    head, body = (_b64(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, claims))
    signature = b"" if key is None else hmac.new(key, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{_b64(signature)}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
