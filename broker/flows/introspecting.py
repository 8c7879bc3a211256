"""Introspecting and revoking: what a client may learn about a token, and how it gives one back (RFC 7662, RFC 7009)."""

from __future__ import annotations

from dataclasses import dataclass

from broker.core.client import Client
from broker.core.client_policy import GrantType
from broker.core.ids import fingerprint
from broker.flows.recognising import Recognised, Recognising
from broker.store.grants import Grants
from broker.store.refresh_tokens import KeptRefreshToken, RefreshTokens


@dataclass(frozen=True, slots=True)
class Introspecting:
    """A client sees its own tokens, and an API those that are for it. Of all others it does not even learn that they exist (RT-09)."""

    recognising: Recognising
    grants: Grants
    refresh_tokens: RefreshTokens

    def access_token(self, token: str, caller: Client) -> Recognised | None:
        """The access token, if it is good right now and concerns the caller."""
        known = self.recognising.find(token)
        return known if known and _concerns(known, caller) else None

    def refresh_token(self, token: str, caller: Client) -> KeptRefreshToken | None:
        """The refresh token, if it could be used right now by the caller."""
        kept = self.refresh_tokens.find(fingerprint(token))
        own = kept is not None and kept.grant.client_id == caller.client_id and caller.may_use(GrantType.REFRESH_TOKEN)
        if kept is None or not own or not kept.good or kept.token.used_at is not None:
            return None
        return kept if self.recognising.stands(kept.grant, self.recognising.session_of(kept.grant)) else None

    def revoke(self, token: str, caller: Client) -> None:
        """End a token of the caller's own: a refresh token with its family and their access tokens, an access token alone (RT-13).

        Nothing happens for anybody else's and for unknown ones (RFC 7009 2.2).
        """
        kept = self.refresh_tokens.find(fingerprint(token))
        if kept is not None:
            if kept.grant.client_id == caller.client_id:
                self.grants.revoke(kept.grant.id)
            return
        access_hash = self.recognising.hash_of(token)
        live = self.recognising.access_tokens.find(access_hash) if access_hash else None
        if live is not None and live.token.client_id == caller.client_id:
            self.recognising.access_tokens.revoke(live.token.access_hash)


def _concerns(known: Recognised, caller: Client) -> bool:
    api = caller.tokens.resource
    return known.live.token.client_id == caller.client_id or (bool(api) and api in known.live.token.audience)
