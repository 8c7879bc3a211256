"""Where the answer to an authorization request goes: known, and trusted, before anything else of the request is looked at (A-02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from broker.core.client import Client, ClientStatus
from broker.core.errors import DoubledParameter, ForeignRedirect, UnknownClient
from broker.core.request import AuthorizationRequest
from broker.oidc.parameters import Parameters, sound

DEFAULT_MODE = "query"

FindClient = Callable[[str], Client | None]
"""Returns the client of an id, whatever its status, or None."""


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """A registered redirect URI of a live client, how the answer travels there, and the tool's `state`.

    `audience` and `response_alg` are for answers that are signed (JARM). `held_back`: an error is shown to the citizen first (RU-13).
    """

    tool_name: str
    redirect_uri: str
    response_mode: str = DEFAULT_MODE
    state: str | None = None
    audience: str = ""
    response_alg: str = ""
    held_back: bool = False

    @property
    def is_signed(self) -> bool:
        """Whether the answer is one JWT (JARM 2.3)."""
        return self.response_mode.endswith("jwt")

    @property
    def is_form(self) -> bool:
        """Whether the browser brings the answer as a form."""
        return self.response_mode.startswith("form_post")

    @classmethod
    def of(cls, request: AuthorizationRequest, find_client: FindClient) -> ReturnAddress:
        """The address of a request validated before. Raises UnknownClient or ForeignRedirect if it no longer is (A-31)."""
        client = _live_client(request.client_id, find_client)
        if request.device_id:  # the device comes and fetches its answer
            return cls(client.name, "")
        if not client.allows_redirect(request.redirect_uri):
            raise ForeignRedirect("redirect_uri is no longer registered for this client")
        return _address(client, request.redirect_uri, request.response_mode, request.state)


def read_address(parameters: Parameters, find_client: FindClient) -> tuple[Client, ReturnAddress]:
    """Client and address of a request. Raises DoubledParameter, UnknownClient or ForeignRedirect: none of them may redirect.

    A `response_mode` the client may not use is read as `query` here and refused later, by redirect.
    """
    if parameters.doubled & {"client_id", "redirect_uri"}:
        raise DoubledParameter("client_id or redirect_uri was sent more than once")
    client = named_client(parameters, find_client)
    redirect_uri = parameters.get("redirect_uri")
    if not redirect_uri:
        raise ForeignRedirect("redirect_uri is missing")
    if not client.allows_redirect(redirect_uri):
        raise ForeignRedirect("redirect_uri is not registered for this client, character by character")
    mode, state = parameters.get("response_mode"), parameters.get("state")
    address = _address(
        client,
        redirect_uri,
        mode if mode in client.response_modes else DEFAULT_MODE,
        state if state and parameters.readable and sound(state) else None,
    )
    if client.status is ClientStatus.SANDBOX and parameters.get("prompt") != "none":
        return client, replace(address, held_back=True)
    return client, address


def named_client(parameters: Parameters, find_client: FindClient) -> Client:
    """The live client that `client_id` names. Raises DoubledParameter or UnknownClient."""
    if "client_id" in parameters.doubled:
        raise DoubledParameter("client_id was sent more than once")
    return _live_client(parameters.get("client_id"), find_client)


def plausible(client_id: str) -> bool:
    """Whether a store may be asked for this id at all: ours are short printable ASCII."""
    return len(client_id) <= 255 and client_id.isascii() and client_id.isprintable()


def _address(client: Client, redirect_uri: str, mode: str, state: str | None) -> ReturnAddress:
    return ReturnAddress(client.name, redirect_uri, mode, state, client.client_id, client.requests.response_alg or client.id_token_alg)


def _live_client(client_id: str | None, find_client: FindClient) -> Client:
    if not client_id:
        raise UnknownClient("client_id is missing")
    client = find_client(client_id) if plausible(client_id) else None
    if client is None or not client.takes_part:
        raise UnknownClient("client_id is unknown or the client is not live")
    return client
