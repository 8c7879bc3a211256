"""The grants of the token endpoint, one class each (RFC 6749 4.1.3; OIDC Core 3.1.3). Refreshing and others will stand here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from authlib.oauth2.rfc6749 import BaseGrant, TokenEndpointMixin

from broker.core.client import Client
from broker.core.errors import BadRequest
from broker.core.grant import ACCESS_TOKEN_LIFETIME
from broker.core.oauth_errors import UnauthorizedClient
from broker.flows.issuing import Redeemed
from broker.oidc.client_auth import METHODS
from broker.oidc.faces import ClientFace
from broker.oidc.proofs import Proofs, token_type

NO_STORE = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache")]
TokenAnswer = tuple[int, Mapping[str, object], list[tuple[str, str]]]


class Redeem(Protocol):
    """`flows/issuing.py`: takes the code, once, and writes the grant. Raises InvalidGrant."""

    def __call__(self, code: str, client_id: str, redirect_uri: str, code_verifier: str | None, confirmation: str) -> Redeemed: ...


class RedeemDevice(Protocol):
    """`flows/authorizing_devices.py`: what the citizen's yes turned into. Raises what RFC 8628 3.5 names."""

    def __call__(self, device_code: str, client_id: str, confirmation: str) -> Redeemed: ...


@dataclass(frozen=True, slots=True)
class TokenFlows:
    """What stands behind the grants, one field each."""

    redeem: Redeem
    redeem_device: RedeemDevice


class Issuer(Protocol):
    """What the grants need of the server they are registered with."""

    flows: TokenFlows
    proofs: Proofs

    def id_token(self, client: Client, redeemed: Redeemed) -> str: ...


def proven_client(grant: Any) -> tuple[Client, str]:
    """Who calls, and the key it proved to hold (`oidc/proofs.py`). Nothing is used up by a call that fails here.

    Raises Authlib's error when the client cannot authenticate, UnauthorizedClient when its record lacks the grant, InvalidDpopProof.
    """
    face = grant.authenticate_token_endpoint_client()
    assert isinstance(face, ClientFace)  # the only kind our server hands out
    if not face.check_grant_type(grant.GRANT_TYPE):
        raise UnauthorizedClient("this grant is not allowed to this client")
    return face.client, grant.server.proofs.confirmation(grant.request.call, face.client)


class AuthorizationCodeGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc,unused-ignore]  # Authlib ships no types
    """`grant_type=authorization_code`. A failed client authentication or proof of a key consumes no code; anything after does."""

    GRANT_TYPE = "authorization_code"
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    server: Issuer

    def validate_token_request(self) -> None:
        """Who calls, and what the code is worth. Raises InvalidGrant, or Authlib's error when the client cannot authenticate."""
        self.registered, confirmation = proven_client(self)
        self.redeemed = self.redeem(self.registered, confirmation)

    def redeem(self, client: Client, confirmation: str) -> Redeemed:
        """What the code turns into. Raises InvalidGrant."""
        form = self.request.form
        code = form.get("code")
        if not code:
            raise BadRequest("code is missing")
        redirect_uri, verifier = form.get("redirect_uri", ""), form.get("code_verifier")
        return self.server.flows.redeem(code, client.client_id, redirect_uri, verifier, confirmation)

    def create_token_response(self) -> Any:
        """The tokens (RFC 6749 5.1). `scope` is always named: it may be less than what was asked for."""
        redeemed = self.redeemed
        answer = {
            "access_token": redeemed.access_token,
            "token_type": token_type(redeemed.grant.confirmation),
            "expires_in": int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            "scope": " ".join(redeemed.grant.scopes),
            "id_token": self.server.id_token(self.registered, redeemed),
        }
        return 200, answer, NO_STORE
