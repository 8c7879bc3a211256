"""The answer to an authorization request, success or error, always with `iss` (RFC 6749 4.1.2, RFC 9207)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, urlencode

from broker.core.errors import BrokerError
from broker.core.ports import Clock
from broker.oidc.return_address import ReturnAddress

SIGNED_RESPONSE_LIFETIME = timedelta(minutes=5)  # JARM 2.1: at most ten
SIGNED_RESPONSE_TYPE = "oauth-authz-resp+jwt"  # JARM names none; no other token of ours can be taken for it
_DESCRIBABLE = {chr(mark) for mark in range(0x20, 0x7F)} - {'"', "\\"}  # RFC 6749 4.1.2.1
_SERVER_SIDE = 500
_OUR_TROUBLE = "The broker cannot answer right now. Try again shortly."


Sign = Callable[[Mapping[str, object], str, str], str]
"""Makes a compact JWS of ours: (claims, typ, algorithm)."""


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """What the tool is told and where. `sent` is what travels: the fields themselves, or one signed `response` that holds them."""

    address: ReturnAddress
    fields: Mapping[str, str]
    sent: Mapping[str, str]

    @property
    def location(self) -> str:
        """Where the `query` response modes send the browser."""
        return with_query(self.address.redirect_uri, self.sent)


@dataclass(frozen=True, slots=True)
class AuthorizationResponses:
    """Makes the answers, signed where the tool asked for that (JARM: JWT Secured Authorization Response Mode)."""

    issuer: str
    sign: Sign
    clock: Clock

    def code(self, address: ReturnAddress, code: str, session_state: str | None = None) -> AuthorizationResponse:
        """The tool may come and redeem `code`. `session_state` is for plugins that look there for the session's `sid`."""
        return self._response(address, {"code": code} if session_state is None else {"code": code, "session_state": session_state})

    def error(self, address: ReturnAddress, error: BrokerError) -> AuthorizationResponse:
        """The tool is told the protocol's word for `error`, with a sentence for its developers."""
        fields = {"error": error.oauth_error or "server_error"}
        if error.detail:
            fields["error_description"] = description(error)
        return self._response(address, fields)

    def _response(self, address: ReturnAddress, fields: dict[str, str]) -> AuthorizationResponse:
        if address.state is not None:
            fields["state"] = address.state
        fields["iss"] = self.issuer
        return AuthorizationResponse(address, fields, self._signed(address, fields) if address.is_signed else fields)

    def _signed(self, address: ReturnAddress, fields: Mapping[str, str]) -> dict[str, str]:
        expires = int((self.clock() + SIGNED_RESPONSE_LIFETIME).timestamp())
        return {"response": self.sign({**fields, "aud": address.audience, "exp": expires}, SIGNED_RESPONSE_TYPE, address.response_alg)}


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
