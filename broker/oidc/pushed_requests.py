"""Pushed authorization requests: the tool's server hands its request over first, the browser carries a reference only (RFC 9126).

Everything that `/authorize` would find wrong is found here already, and told to the tool as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from broker.core.client import Client
from broker.core.errors import InvalidClient, InvalidRequest
from broker.core.ids import new_secret
from broker.core.request import PUSHED_LIFETIME, PushedRequest
from broker.oidc.authorization_request import RequestReader
from broker.oidc.client_call import CLIENT_PARAMETERS, ClientCall
from broker.oidc.parameters import Parameters
from broker.oidc.request_limits import LIMITS
from broker.oidc.request_source import REFERENCE, Asked, RequestSource

PUSHED_PARAMETERS = frozenset({*LIMITS, *CLIENT_PARAMETERS})
"""Parameters `/par` reads: those of an authorization request and those by which a client shows who it is."""

AnnouncedKey = Callable[[ClientCall, Client, str | None], str]
"""Returns the key that the code is bound to, by a proof in the header or `dpop_jkt`: see `Proofs.announced`."""

AddPushed = Callable[[str, PushedRequest], None]
"""Keeps what was pushed under its reference."""


class KnowsClients(Protocol):
    """What `/par` needs of the token endpoint's server: the same client authentication."""

    def client_of(self, call: ClientCall, endpoint: str) -> Client: ...


@dataclass(frozen=True, slots=True)
class PushedRequests:
    """Takes requests of tools that showed who they are."""

    server: KnowsClients
    source: RequestSource
    reader: RequestReader
    announced_key: AnnouncedKey
    add: AddPushed

    def answer(self, call: ClientCall) -> Mapping[str, object]:
        """`request_uri` and `expires_in` (RFC 9126 2.2). Raises InvalidClient, or what is wrong with the request."""
        client = self.server.client_of(call, "par")
        if call.parameters.get("request_uri"):
            raise InvalidRequest("request_uri must not be pushed (RFC 9126 2.1)")
        asked = self.source.open(_own(call.parameters, client), _to_nobody)
        asked = replace(asked, pushed=True)
        request = self.reader.read(asked, browser_id="")
        confirmation = self.announced_key(call, client, asked.parameters.get("dpop_jkt"))
        reference = REFERENCE + new_secret()
        self.add(reference, _kept(asked, confirmation, request.created_at))
        return {"request_uri": reference, "expires_in": int(PUSHED_LIFETIME.total_seconds())}


def _kept(asked: Asked, confirmation: str, now: datetime) -> PushedRequest:
    parameters = asked.parameters
    return PushedRequest(asked.client.client_id, parameters.values, parameters.lists, now, asked.signed, confirmation)


def _own(parameters: Parameters, client: Client) -> Parameters:
    """The request without what proves the client; it is the authenticated client's and nobody else's."""
    if parameters.get("client_id") not in (None, client.client_id):
        raise InvalidClient("client_id is not the client that authenticated")
    values = {name: value for name, value in parameters.values.items() if name in LIMITS}
    return replace(parameters, values={**values, "client_id": client.client_id})


def _to_nobody(address: object) -> None:
    """Errors are the caller's, as JSON."""
