"""Tools that sign their authorization requests (RFC 9101). What they sign is made by PyJWT, another library than the broker's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from broker.core.client_policy import ClientKeys
from tests.support.app import Broker
from tests.support.signing import SigningKey
from tests.support.tool import Tool

KIND = "oauth-authz-req+jwt"


@dataclass
class RequestSigner:
    """A registered tool and the key it signs with; a change to None leaves a member out."""

    broker: Broker
    tool: Tool
    key: SigningKey = field(default_factory=SigningKey)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """A good request, at the broker's present time."""
        now = int(self.broker.clock().timestamp())
        usual = {
            "iss": self.tool.client.client_id,
            "aud": self.broker.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            **self.tool.parameters(),
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def signed(self, **changes: Any) -> str:
        """Such a request, signed."""
        return self.key.sign_bytes(json.dumps(self.claims(**changes)).encode(), kid=self.key.kid, typ=KIND)

    def url(self, token: str, **beside: str) -> str:
        """The address of an authorization request whose parameters stand in `token`; `beside` stands outside."""
        return f"/authorize?{urlencode({'client_id': self.tool.client.client_id, 'request': token, **beside})}"


def request_signer(broker: Broker, client_id: str = "signer", key: SigningKey | None = None, **changes: Any) -> RequestSigner:
    """Register a tool with a secret, and a key for its requests."""
    key = key or SigningKey()
    return RequestSigner(broker, broker.tool(client_id, **{"keys": ClientKeys(jwks={"keys": [key.jwk]}), **changes}), key)
