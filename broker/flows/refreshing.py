"""Refreshing: new tokens for a grant without the citizen, for as long as the session lives or, offline, for ninety days (A-08).

A token is exchanged once. What comes of it is computed from it with a key of ours, so that an answer that got lost can be given again, to
the letter, within ten seconds; a token that comes later than that is a copy in foreign hands, and the whole grant is revoked.
"""

from __future__ import annotations

from dataclasses import dataclass

from broker.core.claim import ClaimData
from broker.core.client import Client
from broker.core.client_policy import GrantType
from broker.core.errors import InvalidGrant, InvalidScope
from broker.core.grant import (
    ACCESS_TOKEN_LIFETIME,
    OPENID,
    REFRESH_GRACE,
    AccessToken,
    Grant,
    LiveToken,
    RefreshToken,
    access_hash,
    narrowed,
)
from broker.core.ids import fingerprint, keyed_hash, new_secret, same
from broker.core.oauth_errors import InvalidTarget, MisusedGrant
from broker.core.ports import Clock
from broker.core.session import BrokerSession
from broker.flows.recognising import Recognising
from broker.store.grants import Grants
from broker.store.refresh_tokens import KeptRefreshToken, RefreshTokens


@dataclass(frozen=True, slots=True)
class RefreshCall:
    """What a tool sends. Without `scopes`: as before; without `resources`: all APIs. `confirmation` is the key that it proved to hold."""

    token: str
    scopes: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    confirmation: str = ""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """New tokens. `access_token` is the secret of the access token, `refresh_token` None where the old one stays valid.

    The ID token carries no nonce (OIDC Core 12.2).
    """

    grant: Grant
    token: AccessToken
    access_token: str
    refresh_token: str | None
    id_token_values: dict[str, ClaimData]
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class Refreshing:
    """Makes the first refresh token of a grant and exchanges it for its successor, again and again."""

    recognising: Recognising
    grants: Grants
    refresh_tokens: RefreshTokens
    key: bytes
    clock: Clock

    def first(self, grant: Grant) -> str:
        """The first refresh token of a grant just written."""
        secret = new_secret()
        self.refresh_tokens.add(RefreshToken(fingerprint(secret), grant.id, grant.scopes, self.clock()))
        return secret

    def refresh(self, client: Client, call: RefreshCall) -> Refreshed:
        """New tokens for a client that is authenticated already. Raises InvalidGrant, InvalidScope, InvalidTarget."""
        kept = self.refresh_tokens.find(fingerprint(call.token))
        if kept is None:
            raise InvalidGrant("the refresh token is unknown")
        self._check_holder(kept, client, call.confirmation)
        self._check_age(kept)
        session = self._session(kept, client)
        # Bound to a key it needs no rotation, which would only lose sessions (FAPI 2.0 Security Profile 5.3.2.1).
        rotates = not (client.fapi and kept.grant.confirmation)
        secret = keyed_hash(self.key, "access", kept.grant.id, call.token) if rotates else new_secret()
        token, successor = self._token(kept, client, call, secret), None
        if rotates:
            successor = keyed_hash(self.key, "refresh", kept.grant.id, call.token)
            token = self._rotated(kept, successor, token)
        else:
            self.recognising.access_tokens.add(token)
        return Refreshed(kept.grant, token, secret, successor, self._id_token_values(kept, client, token, session))

    def _check_holder(self, kept: KeptRefreshToken, client: Client, confirmation: str) -> None:
        """Another client with this token has stolen it: nobody may go on with it (RT-02). Another key: whoever has the right one may."""
        if not same(kept.grant.client_id, client.client_id):
            self.grants.revoke(kept.grant.id)
            raise MisusedGrant("the refresh token belongs to another client; its grant was revoked")
        if kept.grant.confirmation and not same(kept.grant.confirmation, confirmation):
            raise InvalidGrant("the refresh token is bound to another key")

    def _check_age(self, kept: KeptRefreshToken) -> None:
        """A used token may come again for a moment, when its answer got lost; after that it is a copy (RT-01)."""
        used_at = kept.token.used_at
        if used_at is not None and self.clock() >= used_at + REFRESH_GRACE:
            self.grants.revoke(kept.grant.id)
            raise MisusedGrant("the refresh token was used before; its grant was revoked")

    def _session(self, kept: KeptRefreshToken, client: Client) -> BrokerSession | None:
        """The session behind it, if any. Raises InvalidGrant when anybody behind the grant does not stand by it any more (RT-08)."""
        session = self.recognising.session_of(kept.grant)
        allowed = client.may_use(GrantType.REFRESH_TOKEN) and (kept.grant.offline or client.tokens.refresh_with_session)
        if not allowed or not kept.good or not self.recognising.stands(kept.grant, session):
            raise InvalidGrant("the grant behind the refresh token is over")
        return session

    def _token(self, kept: KeptRefreshToken, client: Client, call: RefreshCall, secret: str) -> AccessToken:
        """The access token to be. Raises InvalidScope and InvalidTarget: both may shrink, never grow (RT-03, RFC 8707 2.2)."""
        if not set(call.scopes) <= set(kept.token.scopes):
            raise InvalidScope("scope holds more than the refresh token")
        if not set(call.resources) <= set(kept.grant.audience):
            raise InvalidTarget("resource is none that the citizen agreed to")
        now = self.clock()
        return AccessToken(
            access_hash=access_hash(secret, client.tokens.access_token_jwt),
            grant_id=kept.grant.id,
            client_id=client.client_id,
            scopes=narrowed(kept.token.scopes, call.scopes),
            audience=narrowed(kept.grant.audience, call.resources),
            confirmation=call.confirmation or kept.grant.confirmation,
            created_at=now,
            expires_at=min(now + ACCESS_TOKEN_LIFETIME, kept.grant.expires_at),
        )

    def _rotated(self, kept: KeptRefreshToken, successor: str, token: AccessToken) -> AccessToken:
        """The access token of this rotation: the one given, or the one that the same rotation made moments ago (RT-04, RT-05)."""
        following = RefreshToken(fingerprint(successor), kept.grant.id, token.scopes, self.clock())
        if kept.token.used_at is None and self.refresh_tokens.replace(kept.token.token_hash, following, token):
            return token
        made = self.refresh_tokens.find(following.token_hash)
        live = self.recognising.access_tokens.find(token.access_hash)
        if made is None or live is None or not made.good or made.token.used_at is not None:
            raise InvalidGrant("the refresh token was used, and somebody went on from there")
        if (live.token.scopes, live.token.audience) != (token.scopes, token.audience):
            raise InvalidGrant("the refresh token was used for something else")
        return live.token

    def _id_token_values(
        self, kept: KeptRefreshToken, client: Client, token: AccessToken, session: BrokerSession | None
    ) -> dict[str, ClaimData]:
        """Claims in the ID token where the client's record has them there; those of a `claims` parameter came once."""
        if not client.claims_in_id_token or OPENID not in token.scopes:
            return {}
        claims = self.recognising.claims(LiveToken(token, kept.grant, kept.agreed), client)
        return self.recognising.values(client, kept.grant, claims, session)
