"""What introspection tells about a token (RFC 7662 2.2), and the same as a signed answer (RFC 9701)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broker.core.client import Client
from broker.core.grant import AccessToken, Grant
from broker.core.ports import Clock
from broker.flows.introspecting import Introspecting
from broker.oidc.access_token import audience, confirmation, proven
from broker.oidc.id_token import seconds
from broker.oidc.keys import KeyRing
from broker.oidc.proofs import token_type

TYP = "token-introspection+jwt"  # RFC 9701 5; also its media type
_INACTIVE: Mapping[str, object] = {"active": False}


@dataclass(frozen=True, slots=True)
class IntrospectionAnswers:
    """Answers for clients that are authenticated already."""

    issuer: str
    introspecting: Introspecting
    keys: KeyRing
    clock: Clock

    def answer(self, token: str, caller: Client) -> Mapping[str, object]:
        """Everything about a token that is good and concerns the caller; of every other only that it is not active.

        `sub` is the one that the token's own client knows: an API that is called for a citizen sees whom its caller means.
        """
        known = self.introspecting.access_token(token, caller)
        if known is not None:
            return self._access(known.live.token, known.live.grant)
        kept = self.introspecting.refresh_token(token, caller)
        if kept is None:
            return _INACTIVE
        return {
            **self._common(kept.grant.client_id, kept.token.scopes, kept.grant),
            "exp": seconds(kept.grant.expires_at),
            "iat": seconds(kept.token.created_at),
            **confirmation(kept.grant.confirmation),
        }

    def signed(self, answer: Mapping[str, object], caller: Client) -> str:
        """The answer as a JWT for the caller alone (RFC 9701 5). It is no access token: its `typ` says so, and it has no `exp` or `sub`."""
        claims = {"iss": self.issuer, "aud": caller.client_id, "iat": seconds(self.clock()), "token_introspection": answer}
        return self.keys.sign(claims, TYP, caller.id_token_alg)

    def _access(self, token: AccessToken, grant: Grant | None) -> Mapping[str, object]:
        return {
            **self._common(token.client_id, token.scopes, grant),
            "token_type": token_type(token.confirmation),
            "exp": seconds(token.expires_at),
            "iat": seconds(token.created_at),
            "aud": audience(token, self.issuer),
            **confirmation(token.confirmation),
        }

    def _common(self, client_id: str, scopes: tuple[str, ...], grant: Grant | None) -> dict[str, object]:
        return {
            "active": True,
            "iss": self.issuer,
            "client_id": client_id,
            "sub": grant.sub if grant else client_id,
            **({"scope": " ".join(scopes)} if scopes else {}),
            **proven(grant),
        }
