"""Authlib's authorization server, token side only: the one seam between its machinery and our flows.

Its authorize side is not used (protocol decisions: `authorization_request.py`), nor its token generator, hooks or signals; codes are taken
atomically by the flow. Errors leave as our own family, so that one place turns them into answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidClientError

from broker.core.client import Client
from broker.core.errors import BadRequest, BrokerError, InvalidClient, UnsupportedGrantType
from broker.oidc.client_auth import METHODS, ClientMethod, refuse_two_ways, refused
from broker.oidc.client_call import CLIENT_PARAMETERS, ClientCall
from broker.oidc.device_grant import DeviceCodeGrant
from broker.oidc.faces import ClientFace, TokenRequest
from broker.oidc.grants import AuthorizationCodeGrant, RefreshTokenGrant, TokenAnswer, TokenFlows
from broker.oidc.proofs import Proofs
from broker.oidc.return_address import FindClient, plausible
from broker.oidc.service_grants import ClientCredentialsGrant, TokenExchangeGrant
from broker.oidc.token_answer import TokenAnswers

TOKEN_PARAMETERS = CLIENT_PARAMETERS | {
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "device_code",
    "scope",
    "resource",
    "audience",
    "subject_token",
    "subject_token_type",
    "requested_token_type",
    "actor_token",
    "actor_token_type",
}
"""Parameters the token endpoint reads; doubled ones are refused, others ignored."""

Failed = Callable[[str, str], None]
"""Notes that a caller failed to show who it is: (kind, address). Raises TooManyAttempts when it did so too often."""

_ERRORS: Mapping[str, type[BrokerError]] = {"invalid_client": InvalidClient, "unsupported_grant_type": UnsupportedGrantType}


@dataclass(frozen=True, slots=True)
class ClientDesk:
    """How clients are known: their records, each method by its name, and who is told of failures."""

    find_client: FindClient
    methods: Mapping[str, ClientMethod]
    failed: Failed


class TokenServer(AuthorizationServer):  # type: ignore[misc,unused-ignore]  # Authlib ships no types
    """Answers the token endpoint."""

    def __init__(self, desk: ClientDesk, flows: TokenFlows, answers: TokenAnswers, proofs: Proofs) -> None:
        super().__init__()
        logging.getLogger("authlib").setLevel(logging.INFO)  # below that it writes tokens
        self._desk = desk
        self._uri = f"{answers.id_tokens.issuer}/token"
        self.flows, self.answers, self.proofs = flows, answers, proofs
        for method in METHODS:
            self.register_client_auth_method(method, desk.methods[method])
        for grant in (AuthorizationCodeGrant, RefreshTokenGrant, DeviceCodeGrant, ClientCredentialsGrant, TokenExchangeGrant):
            self.register_grant(grant)

    def answer(self, call: ClientCall) -> TokenAnswer:
        """Status, body and headers of a success. Raises BrokerError."""
        call.parameters.refuse_doubled()
        answer: TokenAnswer = self.create_token_response(call)  # type: ignore[assignment]  # what `handle_response` gave
        return answer

    def client_of(self, call: ClientCall, endpoint: str) -> Client:
        """Who calls, by any method that the record allows; for the endpoints beside the token endpoint.

        Raises InvalidClient, TooManyAttempts, BadRequest for doubled parameters or methods, TemporarilyUnavailable.
        """
        call.parameters.refuse_doubled()
        face = self.authenticate_client(self.create_oauth2_request(call), METHODS, endpoint)
        assert isinstance(face, ClientFace)  # the only kind that `query_client` hands out
        return face.client

    # --- what Authlib calls ------------------------------------------------------------------------------------------------------

    def query_client(self, client_id: str) -> Any:
        """The client under Authlib's names, or None."""
        client = self._desk.find_client(client_id) if plausible(client_id) else None
        return ClientFace(client) if client else None

    def authenticate_client(self, request: OAuth2Request, methods: Collection[str], endpoint: str = "token") -> Any:
        """The client under Authlib's names. A failure is counted, and told without saying what was wrong."""
        assert isinstance(request, TokenRequest)  # the only kind our server makes
        refuse_two_ways(request)
        try:
            return super().authenticate_client(request, methods, endpoint)
        except InvalidClientError:
            failure = refused()
        except InvalidClient as error:
            failure = error
        self._desk.failed("client", request.call.address)
        raise failure

    def create_oauth2_request(self, request: ClientCall) -> TokenRequest:
        """Our call as Authlib's request."""
        return TokenRequest(self._uri, request)

    def handle_response(self, status: int, body: Mapping[str, object], headers: Any) -> TokenAnswer:
        """Nothing is rendered here."""
        return status, body, headers

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Any:
        """Authlib's errors become ours; ours pass Authlib untouched."""
        known = _ERRORS.get(str(error.error), BadRequest)
        raise known(str(error.description or "")) from None

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""
