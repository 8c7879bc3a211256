"""Front-channel logout: the address that a citizen's browser loads so that a tool hears of the sign-out (Front-Channel Logout 1.0)."""

from __future__ import annotations

from urllib.parse import urlsplit

from broker.flows.signing_out import SignedInTool
from broker.oidc.responses import with_query


def frontchannel_address(issuer: str, tool: SignedInTool) -> str:
    """The address that this tool registered; empty if it has none, or was entered in another browser.

    `iss` and `sid` are added to the tool's own query where it requires them (section 2). An address of our own would only lead back here.
    """
    logout = tool.client.logout
    if not logout.frontchannel_uri or tool.elsewhere:
        return ""
    address = with_query(logout.frontchannel_uri, {"iss": issuer, "sid": tool.sid} if logout.frontchannel_session_required else {})
    return "" if _origin(address) == _origin(issuer) else address


def _origin(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.scheme, parts.netloc.lower()
