"""Which grants fit together in a tool's record: the rules of `tokens.grant_types` (RFC 6749 4.4, RFC 8628, RFC 8693; A-15)."""

from __future__ import annotations

from collections.abc import Iterator

from broker.core.client import Client
from broker.core.client_policy import GrantType

_CITIZENS = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.DEVICE_CODE})
_OF_APIS = {GrantType.CLIENT_CREDENTIALS: "client_credentials", GrantType.TOKEN_EXCHANGE: "token_exchange"}
_PLACE = ("tokens", "grant_types")


def grant_faults(client: Client) -> Iterator[tuple[tuple[str, ...], str]]:
    """Everything wrong with the grants of a record, each as the key of the tool's file and a sentence."""
    grants = frozenset(client.tokens.grant_types)
    if not grants:
        yield _PLACE, "names no grant; leave it out for the usual one"
    for grant in sorted(grants & _OF_APIS.keys()):
        name = _OF_APIS[grant]
        if client.is_public:
            yield _PLACE, f"{name} needs a tool that can prove who it is: not auth_method none"
        if not client.tokens.resources:
            yield ("tokens", "resources"), f"{name} needs the addresses of the APIs that the tool may call"
    if GrantType.TOKEN_EXCHANGE in grants and not grants & _CITIZENS:
        yield _PLACE, "token_exchange needs a citizen's token first: list authorization_code or device_code too"
    if grants and not grants & _CITIZENS and client.claims:
        yield ("claims",), "no citizen signs in here: list authorization_code or device_code, or leave the claims out"
    if grants and not grants & _CITIZENS and client.logout.isolated_session:
        yield ("logout", "isolated_session"), "no citizen signs in here: there is no session to keep apart"


def needs_return_address(client: Client) -> bool:
    """Whether answers go by redirect; devices and services are answered where they ask."""
    return GrantType.AUTHORIZATION_CODE in client.tokens.grant_types
