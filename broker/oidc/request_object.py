"""Request objects: an authorization request that the tool signed (RFC 9101, OIDC Core 6.1; A-21 to A-25).

Who signed is found out in `client_signature.py`; here it is decided what a request object has to say to count. Only a signature makes one:
unsigned and encrypted objects are refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from broker.core.client import Client
from broker.core.errors import RequestNotSupported
from broker.core.oauth_errors import InvalidRequestObject
from broker.core.ports import Clock
from broker.oidc.client_signature import ClientSignatures, SignedByClient, allowed_algorithms
from broker.oidc.parameters import Parameters
from broker.oidc.request_limits import LIMITS

LONGEST_LIFE = timedelta(minutes=60)  # FAPI 2.0 Message Signing 5.3.1
SKEW = timedelta(seconds=10)
_KINDS = ("", "oauth-authz-req+jwt", "jwt")  # "JWT" names no kind; many libraries write it by themselves


@dataclass(frozen=True, slots=True)
class RequestObjects:
    """Opens request objects that are for this issuer."""

    issuer: str
    signatures: ClientSignatures
    clock: Clock

    def open(self, token: str, client: Client) -> Parameters:
        """The parameters in a request object of this client.

        Raises RequestNotSupported for a client without keys, InvalidRequestObject for everything that is not signed by it, for us, now,
        and TemporarilyUnavailable when its keys cannot be had.
        """
        if not (client.keys.jwks or client.keys.jwks_uri):
            raise RequestNotSupported("this client has registered no key to sign request objects with")
        signed = SignedByClient.read(token, _KINDS) if len(token) <= LIMITS["request"] else None
        if signed is None:
            raise InvalidRequestObject("the request object is not a signed JWT of bearable size and of the right kind")
        if not self.signatures.verifies(signed, client, allowed_algorithms(client, client.requests.signing_alg)):
            raise InvalidRequestObject("no registered key of this client signed the request object with an algorithm allowed to it")
        _check_purpose(signed.claims, client, self.issuer)
        self._check_time(signed.claims, client)
        return _parameters(signed.claims)

    def _check_time(self, claims: Mapping[str, object], client: Client) -> None:
        """`exp` always, `nbf` too where FAPI wants it; not older, not younger and not longer good than an hour."""
        now, skew, longest = self.clock().timestamp(), SKEW.total_seconds(), LONGEST_LIFE.total_seconds()
        expires, starts, made = (_seconds(claims, name) for name in ("exp", "nbf", "iat"))
        if expires is None or (starts is None and client.fapi):
            raise InvalidRequestObject("exp is missing in the request object, or nbf for a client held to FAPI")
        if expires <= now or expires > longest + (now if starts is None else starts):
            raise InvalidRequestObject("exp of the request object is past, or more than an hour after nbf")
        if starts is not None and not now - longest <= starts <= now + skew:
            raise InvalidRequestObject("nbf of the request object is in the future or more than an hour ago")
        if made is not None and made > now + skew:
            raise InvalidRequestObject("iat of the request object is in the future")


def _check_purpose(claims: Mapping[str, object], client: Client, issuer: str) -> None:
    """From this client, for us, and a request: not an assertion of the same client in its place (RFC 9101 10.8; A-23)."""
    if claims.get("iss") != client.client_id or claims.get("client_id") != client.client_id:
        raise InvalidRequestObject("iss and client_id of the request object have to be the client's id")
    audience = claims.get("aud")
    if issuer not in (audience if isinstance(audience, list) else [audience]):  # others may be named too: a request proves nobody
        raise InvalidRequestObject("aud of the request object has to be this issuer")
    if claims.get("sub") == client.client_id:
        raise InvalidRequestObject("with the client as sub this is a client assertion")
    if "request" in claims or "request_uri" in claims:
        raise InvalidRequestObject("request and request_uri must not stand in a request object (RFC 9101 4)")


def _seconds(claims: Mapping[str, object], name: str) -> int | None:
    """A NumericDate; whole seconds only, so that no odd number gets into comparisons (JT-13)."""
    value = claims.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise InvalidRequestObject(f"{name} of the request object has to be a whole number of seconds")
    return value


def _parameters(claims: Mapping[str, object]) -> Parameters:
    """The known members as if they had come in a form: `claims` may be an object, `max_age` a number, `resource` a list."""
    pairs = [(name, text) for name, value in claims.items() if name in LIMITS for text in _texts(name, value)]
    return Parameters.of(pairs, LIMITS)


def _texts(name: str, value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if name == "max_age" and isinstance(value, int) and not isinstance(value, bool):
        return [str(value)]
    if name == "claims" and isinstance(value, dict):
        return [json.dumps(value)]
    if name == "resource" and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise InvalidRequestObject(f"{name} in the request object has to be a string")
