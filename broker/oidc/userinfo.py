"""How claims reach a tool from the userinfo endpoint: as JSON, or signed where the tool's record says so (OIDC Core 5.3.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from broker.core.client import Client
from broker.oidc.keys import KeyRing

TYP = "userinfo+jwt"  # no specification names one; with that of an ID token it could be taken for one
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class UserInfoAnswers:
    """Writes claims down for the client they are for."""

    issuer: str
    keys: KeyRing

    def make(self, client: Client, claims: Mapping[str, object]) -> tuple[str, str]:
        """Body and media type. The signed form also says who says it and to whom."""
        algorithm = client.tokens.userinfo_alg
        if not algorithm:
            return _ENCODE(claims), "application/json"
        return self.keys.sign({**claims, "iss": self.issuer, "aud": client.client_id}, TYP, algorithm), "application/jwt"
