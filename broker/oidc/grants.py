"""The grants of the token endpoint, one class each (RFC 6749 4.1.3, 6; OIDC Core 3.1.3, 12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from authlib.oauth2.rfc6749 import BaseGrant, TokenEndpointMixin

from broker.core.client import Client
from broker.core.errors import BadRequest
from broker.core.oauth_errors import UnauthorizedClient
from broker.flows.issuing import CodeCall, Redeemed
from broker.flows.refreshing import RefreshCall, Refreshed
from broker.flows.serving import ApiToken, ExchangeCall, ServiceCall
from broker.oidc.client_auth import METHODS
from broker.oidc.faces import ClientFace, TokenRequest
from broker.oidc.proofs import Proofs
from broker.oidc.token_answer import TokenAnswers, Tokens

NO_STORE = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache")]
C = TypeVar("C", contravariant=True)
TokenAnswer = tuple[int, Mapping[str, object], list[tuple[str, str]]]


class Redeem(Protocol):
    """`flows/issuing.py`: takes the code, once, and writes the grant. Raises InvalidGrant."""

    def __call__(self, client_id: str, call: CodeCall) -> Redeemed: ...


class Refresh(Protocol):
    """`flows/refreshing.py`: exchanges a refresh token. Raises InvalidGrant, InvalidScope, InvalidTarget."""

    def __call__(self, client: Client, call: RefreshCall) -> Refreshed: ...


class RedeemDevice(Protocol):
    """`flows/authorizing_devices.py`: what the citizen's yes turned into. Raises what RFC 8628 3.5 names."""

    def __call__(self, device_code: str, client_id: str, confirmation: str) -> Redeemed: ...


class ForApi(Protocol[C]):
    """`flows/serving.py`: a token for one API. Raises InvalidTarget, InvalidScope, and what stands there."""

    def __call__(self, client: Client, call: C) -> ApiToken: ...


@dataclass(frozen=True, slots=True)
class TokenFlows:
    """What stands behind the grants, one field each."""

    redeem: Redeem
    refresh: Refresh
    redeem_device: RedeemDevice
    serve: ForApi[ServiceCall]
    exchange: ForApi[ExchangeCall]


class Issuer(Protocol):
    """What the grants need of the server they are registered with."""

    flows: TokenFlows
    answers: TokenAnswers
    proofs: Proofs


class ClientGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc,unused-ignore]  # Authlib ships no types
    """What all grants do alike: who calls, with which key, and the answer. A call that fails before `redeem` uses nothing up."""

    GRANT_TYPE: str
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    server: Issuer
    request: TokenRequest

    def validate_token_request(self) -> None:
        """Raises UnauthorizedClient when the record lacks the grant, InvalidDpopProof and its kin, Authlib's error when the client cannot
        authenticate, and what `TokenAnswers.check` and `redeem` raise."""
        face = self.authenticate_token_endpoint_client()
        assert isinstance(face, ClientFace)  # the only kind our server hands out
        if not face.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClient("this grant is not allowed to this client")
        self.server.answers.check(face.client)
        self.registered = face.client
        self.body = self.worth(face.client, self.server.proofs.confirmation(self.request.call, face.client))

    def worth(self, client: Client, confirmation: str) -> dict[str, object]:
        """The fields of the answer to this request; `confirmation` is the key that the caller proved to hold."""
        return self.server.answers.body(client, self.redeem(client, confirmation))

    def redeem(self, client: Client, confirmation: str) -> Tokens:
        """What the request turns into, for grants that let a citizen in."""
        raise NotImplementedError  # a grant says this, or another `worth`

    def create_token_response(self) -> Any:
        """The tokens (RFC 6749 5.1)."""
        return 200, self.body, NO_STORE

    def resources(self) -> tuple[str, ...]:
        """The APIs that a token is asked for (RFC 8707 2.2); a tool that has none may say what it likes, as at `/authorize`."""
        wanted = self.request.call.parameters.all("resource")
        return tuple(dict.fromkeys(wanted)) if self.registered.tokens.resources else ()


class AuthorizationCodeGrant(ClientGrant):
    """`grant_type=authorization_code`."""

    GRANT_TYPE = "authorization_code"

    def redeem(self, client: Client, confirmation: str) -> Tokens:
        """What the code is worth. Raises InvalidGrant, InvalidTarget."""
        form = self.request.form
        code = form.get("code")
        if not code:
            raise BadRequest("code is missing")
        call = CodeCall(code, form.get("redirect_uri", ""), form.get("code_verifier"), self.resources(), confirmation)
        return self.server.flows.redeem(client.client_id, call)


class RefreshTokenGrant(ClientGrant):
    """`grant_type=refresh_token` (RFC 6749 6)."""

    GRANT_TYPE = "refresh_token"

    def redeem(self, client: Client, confirmation: str) -> Tokens:
        """What the token is worth. Raises InvalidGrant, InvalidScope, InvalidTarget."""
        token, scopes = self.request.form.get("refresh_token"), self.request.form.get("scope", "").split()
        if not token:
            raise BadRequest("refresh_token is missing")
        return self.server.flows.refresh(client, RefreshCall(token, tuple(scopes), self.resources(), confirmation))
