"""The token endpoint's answer: the same for every grant (RFC 6749 5.1, OIDC Core 3.1.3.3, 12.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from broker.core.claim import ClaimData
from broker.core.client import Client
from broker.core.grant import OPENID, AccessToken, Grant
from broker.flows.serving import ApiToken
from broker.oidc.access_token import AccessTokenForm
from broker.oidc.id_token import IdTokens
from broker.oidc.proofs import token_type


class Tokens(Protocol):
    """What a grant came to: `Redeemed` and `Refreshed` are such. `access_token` is the secret that `token` was hashed from."""

    @property
    def grant(self) -> Grant: ...
    @property
    def token(self) -> AccessToken: ...
    @property
    def access_token(self) -> str: ...
    @property
    def refresh_token(self) -> str | None: ...
    @property
    def id_token_values(self) -> dict[str, ClaimData]: ...
    @property
    def nonce(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class TokenAnswers:
    """Writes tokens down for the client they are for."""

    form: AccessTokenForm
    id_tokens: IdTokens

    def check(self, client: Client) -> None:
        """That nothing about the client itself will be in the way of an answer; to be asked before anything is used up.

        Raises BadRequest, TemporarilyUnavailable.
        """
        self.id_tokens.encryption.check(client)

    def body(self, client: Client, tokens: Tokens) -> dict[str, object]:
        """The fields of the answer. `scope` is always named: it may be less than what was asked for."""
        access_token = self.form.write(client, tokens.access_token, tokens.token, tokens.grant)
        answer = self._plain(tokens.token, access_token)
        if tokens.refresh_token is not None:
            answer["refresh_token"] = tokens.refresh_token
        if OPENID in tokens.token.scopes:
            answer["id_token"] = self.id_tokens.make(client, tokens, access_token)
        return answer

    def for_api(self, client: Client, made: ApiToken, actor: str = "") -> dict[str, object]:
        """The fields of the answer for a token that opens an API and nothing here. `actor` acts for the citizen (RFC 8693 4.1)."""
        return self._plain(made.token, self.form.write(client, made.secret, made.token, made.grant, actor))

    def _plain(self, token: AccessToken, access_token: str) -> dict[str, object]:
        answer: dict[str, object] = {
            "access_token": access_token,
            "token_type": token_type(token.confirmation),
            "expires_in": max(0, int((token.expires_at - self.id_tokens.clock()).total_seconds())),
        }
        return {**answer, "scope": " ".join(token.scopes)} if token.scopes else answer
