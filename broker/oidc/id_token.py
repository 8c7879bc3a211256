"""What stands in an ID token and who signs it (OIDC Core 2, A-16).

There is no `c_hash`: it belongs to ID tokens that come with a code from the authorization endpoint (OIDC Core 3.3.2.11), and none do here.
No `azp` either: `aud` is the one client that the token is for.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from broker.core.claim import ClaimData
from broker.core.client import Client
from broker.core.grant import Grant
from broker.core.ports import Clock
from broker.core.trust import TrustLevel
from broker.oidc.encryption import Encryption
from broker.oidc.keys import KeyRing

ID_TOKEN_LIFETIME = timedelta(minutes=10)  # a proof of the sign-in just made, not a session
TYP = "JWT"
AMR_SCOPE = "assurance"
_HASHES = {"RS256": hashlib.sha256, "PS256": hashlib.sha256, "ES256": hashlib.sha256, "Ed25519": hashlib.sha512}


class SignedIn(Protocol):
    """Who signed in, and what else the ID token says."""

    @property
    def grant(self) -> Grant: ...
    @property
    def id_token_values(self) -> dict[str, ClaimData]: ...
    @property
    def nonce(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class IdTokens:
    """Makes signed ID tokens, encrypted ones for clients that want it."""

    issuer: str
    keys: KeyRing
    clock: Clock
    encryption: Encryption

    def make(self, client: Client, signed_in: SignedIn, access_token: str) -> str:
        """The ID token that goes with this access token. Profile claims are in it only where the client or its request says so;
        the protocol's own always win. A refreshed one differs in `iat`, `exp` and `nonce` alone (OIDC Core 12.2)."""
        claims = {**signed_in.id_token_values, **self._own_claims(signed_in.grant, signed_in.nonce)}
        claims["at_hash"] = at_hash(access_token, client.id_token_alg)
        if client.tokens.audience_as_list:
            claims["aud"] = [client.client_id]
        return self.encryption.encrypted(client, self.keys.sign(claims, TYP, client.id_token_alg))

    def _own_claims(self, grant: Grant, nonce: str | None) -> dict[str, object]:
        now = self.clock()
        claims: dict[str, object] = {
            "iss": self.issuer,
            "sub": grant.sub,
            "aud": grant.client_id,  # a plain string: some tools compare it as one
            "exp": seconds(now + ID_TOKEN_LIFETIME),
            "iat": seconds(now),
            "auth_time": seconds(grant.auth_time),
            "sid": grant.sid,
        }
        if nonce is not None:
            claims["nonce"] = nonce
        if grant.trust > TrustLevel.NONE:
            claims["acr"] = grant.trust.acr
        if grant.amr and AMR_SCOPE in grant.scopes:
            claims["amr"] = list(grant.amr)
        return claims


def at_hash(access_token: str, algorithm: str) -> str:
    """The left half of the access token's hash, base64url (OIDC Core 3.1.3.6)."""
    digest = _HASHES[algorithm](access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def seconds(moment: datetime) -> int:
    """A NumericDate (RFC 7519 2)."""
    return int(moment.timestamp())
