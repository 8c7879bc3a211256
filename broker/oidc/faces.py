"""Our types under the names that Authlib asks for; the only file with its getters."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from broker.core.client import Client
from broker.core.client_policy import AuthMethod
from broker.oidc.client_call import ClientCall


class ClientFace(ClientMixin):  # type: ignore[misc,unused-ignore]  # Authlib ships no types
    """A client as Authlib sees it. It never learns the secret's hash: `client_auth.py` compares."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get_client_id(self) -> str:
        """RFC 6749 2.2."""
        return self.client.client_id

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether the client may show who it is this way: either way with a secret, unless its record pins one (A-07)."""
        pinned = self.client.auth_method
        if pinned is AuthMethod.ANY_SECRET:
            return method in (AuthMethod.BASIC, AuthMethod.POST)
        return method == pinned

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client may use this grant."""
        return grant_type in self.client.tokens.grant_types


class TokenRequest(OAuth2Request):
    """A call of the token endpoint, made of the form alone; the URI is ours by setting, never the request's (IN-01)."""

    def __init__(self, uri: str, call: ClientCall) -> None:
        super().__init__("POST", uri, headers={} if call.authorization is None else {"Authorization": call.authorization})
        self.payload = BasicOAuth2Payload(dict(call.parameters.values))
        self.call = call

    @property
    def form(self) -> dict[str, Any]:
        """The form's fields."""
        assert self.payload is not None
        return self.payload.data
