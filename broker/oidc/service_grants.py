"""The grants by which tools and services get tokens for APIs: client_credentials (RFC 6749 4.4) and token exchange (RFC 8693)."""

from __future__ import annotations

from typing import Any

from broker.core.client import Client
from broker.core.client_policy import GrantType
from broker.core.errors import BadRequest
from broker.flows.serving import ExchangeCall, ServiceCall
from broker.oidc.faces import TokenRequest
from broker.oidc.grants import ClientGrant

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


class ClientCredentialsGrant(ClientGrant):
    """`grant_type=client_credentials`: a service calls an API as itself. No refresh token (RFC 6749 4.4.3)."""

    GRANT_TYPE = GrantType.CLIENT_CREDENTIALS.value

    def worth(self, client: Client, confirmation: str) -> dict[str, object]:
        """Raises UnauthorizedClient, InvalidScope, InvalidTarget."""
        call = ServiceCall(_named_apis(self.request), self.request.form.get("scope", ""), confirmation)
        return self.server.answers.for_api(client, self.server.flows.serve(client, call))


class TokenExchangeGrant(ClientGrant):
    """`grant_type=urn:ietf:params:oauth:grant-type:token-exchange`: a tool calls an API for a citizen."""

    GRANT_TYPE = GrantType.TOKEN_EXCHANGE.value

    def worth(self, client: Client, confirmation: str) -> dict[str, object]:
        """RFC 8693 2.2.1; a JWT names the tool as the one who acts (4.1). Raises BadRequest, InvalidScope, InvalidTarget."""
        form = self.request.form
        _check_kinds(form)
        scope = form.get("scope")
        scopes = None if scope is None else tuple(dict.fromkeys(scope.split()))
        made = self.server.flows.exchange(client, ExchangeCall(form["subject_token"], _named_apis(self.request), scopes, confirmation))
        return {**self.server.answers.for_api(client, made, actor=client.client_id), "issued_token_type": ACCESS_TOKEN}


def _named_apis(request: TokenRequest) -> tuple[str, ...]:
    """The APIs by either name that the specifications give them (RFC 8707 2, RFC 8693 2.1)."""
    parameters = request.call.parameters
    return tuple(dict.fromkeys((*parameters.all("resource"), *parameters.all("audience"))))


def _check_kinds(form: dict[str, Any]) -> None:
    """Access tokens go in and come out; nobody but the tool itself acts. Raises BadRequest."""
    if not form.get("subject_token"):
        raise BadRequest("subject_token is missing")
    if form.get("subject_token_type") != ACCESS_TOKEN:
        raise BadRequest(f"subject_token_type has to be {ACCESS_TOKEN}")
    if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise BadRequest(f"requested_token_type can only be {ACCESS_TOKEN}")
    if "actor_token" in form or "actor_token_type" in form:
        raise BadRequest("actor_token is not supported: the client acts itself")
