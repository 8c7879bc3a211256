"""Reading a sign-out that a tool asks for: the three shapes of RP-Initiated Logout 1.0 (sections 2 to 4; A-20, LO-01, LO-02).

A hint names the citizen and the tool, `client_id` the tool; a bare `post_logout_redirect_uri` finds the one tool that registered it.
Whatever does not fit is refused on our own page and signs nobody out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from broker.core.client import Client
from broker.core.errors import BadRequest, InvalidRequest, UnknownClient
from broker.oidc.id_token_hint import Hint, HintReader
from broker.oidc.parameters import Parameters
from broker.oidc.responses import with_query
from broker.oidc.return_address import FindClient, plausible

LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "id_token_hint": 16_384,
        "post_logout_redirect_uri": 2048,
        "client_id": 255,
        "state": 4096,
        "ui_locales": 1024,
    }
)
"""Every parameter this endpoint reads: `ui_locales` chooses the language of our pages (`web/i18n.py`), `logout_hint` changes nothing."""

FindByPostLogoutUri = Callable[[str], Client | None]
"""Returns the live client if exactly one registered this URI, else None."""


@dataclass(frozen=True, slots=True)
class EndSession:
    """A sign-out as asked for, checked. `client` is None where nobody said which tool asks; `return_to` is ready to be gone to."""

    client: Client | None
    hint: Hint | None
    return_to: str | None


@dataclass(frozen=True, slots=True)
class EndSessionReader:
    """Turns parameters into an `EndSession`."""

    hints: HintReader
    find_client: FindClient
    find_by_uri: FindByPostLogoutUri

    def read(self, parameters: Parameters) -> EndSession:
        """Raises BadRequest or UnknownClient; the answer is always our own page."""
        _check_form(parameters)
        hint = self._hint(parameters.get("id_token_hint"))
        uri = parameters.get("post_logout_redirect_uri")
        client = self._client(hint, parameters.get("client_id"), uri)
        if uri and (client is None or uri not in client.post_logout_redirect_uris):
            raise BadRequest("post_logout_redirect_uri is not registered, character by character")
        return EndSession(client, hint, _return_to(uri, parameters.get("state")))

    def _hint(self, token: str | None) -> Hint | None:
        return self.hints.read(token) if token else None

    def _client(self, hint: Hint | None, client_id: str | None, uri: str | None) -> Client | None:
        if hint and client_id and hint.client_id != client_id:
            raise BadRequest("id_token_hint and client_id name different tools")
        named = hint.client_id if hint else client_id
        if named:
            return self._live(named)
        return self.find_by_uri(uri) if uri else None

    def _live(self, client_id: str) -> Client:
        client = self.find_client(client_id) if plausible(client_id) else None
        if client is None or not client.takes_part:
            raise UnknownClient("client_id is unknown or the client is not live")
        return client


def _check_form(parameters: Parameters) -> None:
    try:
        parameters.check(LIMITS)
    except InvalidRequest as error:
        raise BadRequest(error.detail) from None


def _return_to(uri: str | None, state: str | None) -> str | None:
    """The registered URI, with `state` only if one came (section 3)."""
    if uri is None:
        return None
    return uri if state is None else with_query(uri, {"state": state})
