"""Front-channel logout: the addresses that a citizen's browser loads so that each tool hears of the sign-out (Front-Channel Logout 1.0)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from broker.flows.signing_out import SignedInTool
from broker.oidc.responses import with_query


def frontchannel_addresses(issuer: str, tools: Iterable[SignedInTool]) -> tuple[str, ...]:
    """One address for each of these tools that registered one, each once.

    `iss` and `sid` are added to the tool's own query where it requires them (section 2). An address of our own would only lead back here.
    """
    found = (_address(issuer, tool) for tool in tools if tool.client.logout.frontchannel_uri)
    return tuple(dict.fromkeys(address for address in found if _origin(address) != _origin(issuer)))


def _address(issuer: str, tool: SignedInTool) -> str:
    logout = tool.client.logout
    named = {"iss": issuer, "sid": tool.sid} if logout.frontchannel_session_required else {}
    return with_query(logout.frontchannel_uri, named)


def _origin(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.scheme, parts.netloc.lower()
