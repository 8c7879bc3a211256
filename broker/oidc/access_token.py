"""What an access token looks like: opaque by default, a JWT of RFC 9068 where the client's record says so, and read back from either."""

from __future__ import annotations

import re
from dataclasses import dataclass

from broker.core.client import Client
from broker.core.grant import AccessToken, Grant, access_hash
from broker.core.trust import TrustLevel
from broker.oidc.id_token import seconds
from broker.oidc.keys import KeyRing

TYP = "at+jwt"  # RFC 9068 2.1; none of our other tokens has it
_OPAQUE = re.compile(r"[A-Za-z0-9_-]{43}")
_CONFIRMATIONS = ("jkt", "x5t#S256")


@dataclass(frozen=True, slots=True)
class AccessTokenForm:
    """Writes and recognises access tokens. That one of them is still good, only the store says."""

    issuer: str
    keys: KeyRing

    def write(self, client: Client, secret: str, token: AccessToken, grant: Grant | None, actor: str = "") -> str:
        """The token that the client gets; `secret` is the one that `token.access_hash` was made of.

        `actor` is who acts for the citizen with an exchanged token (RFC 8693 4.1).
        """
        if not client.tokens.access_token_jwt:
            return secret
        acting: dict[str, object] = {"act": {"sub": actor}} if actor else {}
        return self.keys.sign({**self._claims(token, grant), **acting, "jti": secret}, TYP, client.id_token_alg)

    def hash_of(self, token: str) -> str | None:
        """Under which hash a token that somebody shows would be kept; None for what is no access token of ours (RT-11, RT-12)."""
        if _OPAQUE.fullmatch(token):
            return access_hash(token, as_jwt=False)
        claims = self.keys.read(token, TYP)
        secret = claims.get("jti") if claims else None
        return access_hash(secret, as_jwt=True) if isinstance(secret, str) else None

    def _claims(self, token: AccessToken, grant: Grant | None) -> dict[str, object]:
        """RFC 9068 2.2. Without a citizen the client stands for itself."""
        claims: dict[str, object] = {
            "iss": self.issuer,
            "sub": grant.sub if grant else token.client_id,
            "aud": audience(token, self.issuer),
            "client_id": token.client_id,
            "iat": seconds(token.created_at),
            "exp": seconds(token.expires_at),
            **({"scope": " ".join(token.scopes)} if token.scopes else {}),
        }
        return {**claims, **proven(grant), **confirmation(token.confirmation)}


def audience(token: AccessToken, issuer: str) -> str | list[str]:
    """The APIs a token is for; without any it is for this provider alone."""
    named = token.audience or (issuer,)
    return named[0] if len(named) == 1 else list(named)


def proven(grant: Grant | None) -> dict[str, object]:
    """How and when the citizen signed in (RFC 9068 2.2.1)."""
    if grant is None:
        return {}
    signed_in = {"auth_time": seconds(grant.auth_time)}
    return {**signed_in, "acr": grant.trust.acr} if grant.trust > TrustLevel.NONE else {**signed_in}


def confirmation(bound_to: str) -> dict[str, object]:
    """The key a token is bound to, `jkt:...` or `x5t#S256:...`, as `cnf` (RFC 7800 3.1)."""
    method, _, value = bound_to.partition(":")
    return {"cnf": {method: value}} if method in _CONFIRMATIONS else {}
