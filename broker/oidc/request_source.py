"""Where the parameters of an authorization request really stand: in what the browser brought, in a request object that it brought or that
lies at a registered address (RFC 9101), or in what the tool pushed before (RFC 9126).

Only one of the three counts: beside a request object or a reference nothing but `client_id` is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from broker.core.client import Client
from broker.core.errors import ForeignRedirect, InvalidRequest
from broker.core.oauth_errors import InvalidRequestUri
from broker.core.ports import Clock
from broker.core.request import AuthorizationRequest, PushedRequest
from broker.oidc.fetched_objects import FetchedObjects
from broker.oidc.parameters import Parameters
from broker.oidc.request_object import RequestObjects
from broker.oidc.return_address import FindClient, ReturnAddress, named_client, read_address

REFERENCE = "urn:ietf:params:oauth:request_uri:"
"""What a `request_uri` of ours begins with (RFC 9126 2.2); a random value follows."""

FindPushed = Callable[[str, str], PushedRequest | None]
"""Returns what a client pushed and nobody has answered yet: (reference, client_id)."""

Spend = Callable[[str, str], bool]
"""Returns True for the first answer to what a client pushed: (reference, client_id)."""

ErrorsGoTo = Callable[[ReturnAddress | None], None]
"""Told where errors may be sent from here on; None: nowhere, they are ours to show."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters that count, whose they are, and where the answer goes. `confirmation` is a key bound by a proof when pushed,
    `pushed_as` the reference the browser brought."""

    client: Client
    address: ReturnAddress
    parameters: Parameters
    pushed: bool = False
    pushed_as: str = ""
    signed: bool = False
    confirmation: str = ""


@dataclass(frozen=True, slots=True)
class RequestSource:
    """Finds the parameters. A reference of ours counts until it is answered, so that a page in between can be loaded again; then never more
    (RFC 9126 4; FAPI 2.0 wants it used up by the authorization)."""

    find_client: FindClient
    objects: RequestObjects
    fetched: FetchedObjects
    find_pushed: FindPushed
    spend_pushed: Spend
    clock: Clock

    def open(self, parameters: Parameters, errors_go_to: ErrorsGoTo) -> Asked:
        """Raises DoubledParameter, UnknownClient, ForeignRedirect, InvalidRequestUri or InvalidRequestObject; `errors_go_to` hears of an
        address as soon as it can be trusted (A-02)."""
        reference, token = parameters.get("request_uri"), parameters.get("request")
        if reference and not token and reference.startswith(REFERENCE):
            asked = self._pushed(parameters, reference)
        elif reference or token:
            asked = self._from_object(parameters, reference, token, errors_go_to)
        else:
            client, address = read_address(parameters, self.find_client)
            asked = Asked(client, address, parameters)
        errors_go_to(asked.address)
        return asked

    def settle(self, request: AuthorizationRequest) -> None:
        """The request is about to be answered. Raises InvalidRequestUri if it came by a reference that was answered before (PK-06)."""
        if request.pushed_as and not self.spend_pushed(request.pushed_as, request.client_id):
            raise InvalidRequestUri

    def _pushed(self, parameters: Parameters, reference: str) -> Asked:
        client = named_client(parameters, self.find_client)
        pushed = self.find_pushed(reference, client.client_id)
        if pushed is None or pushed.expired(self.clock()):
            raise InvalidRequestUri
        stored = Parameters(pushed.values, lists=pushed.lists)
        client, address = read_address(stored, self.find_client)
        return Asked(client, address, stored, pushed=True, pushed_as=reference, signed=pushed.signed, confirmation=pushed.confirmation)

    def _from_object(self, parameters: Parameters, reference: str | None, token: str | None, errors_go_to: ErrorsGoTo) -> Asked:
        """Errors of the object itself go to the address beside it, if there is one and it is the client's."""
        client = named_client(parameters, self.find_client)
        try:
            errors_go_to(read_address(parameters, self.find_client)[1])
        except ForeignRedirect:  # what stands outside need not be there, nor be right
            errors_go_to(None)
        if reference and token:
            raise InvalidRequest("request and request_uri exclude one another")
        inner = self.objects.open(token or self.fetched.get(str(reference), client), client)
        errors_go_to(None)
        client, address = read_address(inner, self.find_client)
        return Asked(client, address, inner, signed=True)
