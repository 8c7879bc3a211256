"""The answer to an authorization request, success or error, always with `iss` (RFC 6749 4.1.2, RFC 9207)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from broker.core.errors import BrokerError
from broker.oidc.return_address import ReturnAddress

_DESCRIBABLE = {chr(mark) for mark in range(0x20, 0x7F)} - {'"', "\\"}  # RFC 6749 4.1.2.1
_SERVER_SIDE = 500
_OUR_TROUBLE = "The broker cannot answer right now. Try again shortly."


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """What the tool is told and where: `fields` travel as its response mode says."""

    address: ReturnAddress
    fields: Mapping[str, str]

    @property
    def location(self) -> str:
        """Where response mode `query` sends the browser."""
        return with_query(self.address.redirect_uri, self.fields)


def code_response(issuer: str, address: ReturnAddress, code: str, session_state: str | None = None) -> AuthorizationResponse:
    """The tool may come and redeem `code`. `session_state` is for plugins that look there for the session's `sid`."""
    return _response(issuer, address, {"code": code} if session_state is None else {"code": code, "session_state": session_state})


def error_response(issuer: str, address: ReturnAddress, error: BrokerError) -> AuthorizationResponse:
    """The tool is told the protocol's word for `error`, with a sentence for its developers."""
    fields = {"error": error.oauth_error or "server_error"}
    if error.detail:
        fields["error_description"] = description(error)
    return _response(issuer, address, fields)


def description(error: BrokerError) -> str:
    """The error's sentence with only those characters that an `error_description` may hold.

    Of our own troubles a tool learns that they are there, not which part of the house they are in; that stands in the log.
    """
    detail = _OUR_TROUBLE if error.status >= _SERVER_SIDE else error.detail
    return "".join(mark for mark in detail if mark in _DESCRIBABLE)


def with_query(uri: str, fields: Mapping[str, str]) -> str:
    """Add fields to a URI whose own query stays as it is, byte for byte."""
    if not fields:
        return uri
    joint = "" if uri.endswith(("?", "&")) else "&" if "?" in uri else "?"
    return f"{uri}{joint}{urlencode(fields, quote_via=quote, safe='')}"


def _response(issuer: str, address: ReturnAddress, fields: dict[str, str]) -> AuthorizationResponse:
    if address.state is not None:
        fields["state"] = address.state
    fields["iss"] = issuer
    return AuthorizationResponse(address, fields)
