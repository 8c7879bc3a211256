"""`private_key_jwt`: a client signs who it is, for us alone, for minutes, once (RFC 7523 2.2 and 3; A-07, CL-02 to CL-04, JT).

Authlib has this too, but takes lists and several addresses as audience and any lifetime; the rules here are FAPI 2.0's (5.3.2.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import structlog
from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion

from broker.core.client import Client
from broker.core.client_policy import AuthMethod
from broker.core.errors import InvalidClient
from broker.core.ports import Clock
from broker.oidc.client_auth import ClientMethod, QueryClient, live, refused
from broker.oidc.client_signature import ClientSignatures, SignedByClient, allowed_algorithms
from broker.oidc.faces import ClientFace

SKEW, FARTHEST_AHEAD = timedelta(seconds=10), timedelta(seconds=60)
LONGEST_LIFE = timedelta(minutes=5)
"""Libraries make assertions for one to five minutes. A longer one is worth stealing, and its jti would have to be kept as long."""

_KINDS = ("", "jwt", "client-authentication+jwt")
_LONGEST_JTI = 256
_log = structlog.get_logger("broker.client_assertion")

UseOnce = Callable[[str, str, datetime], bool]
"""True for exactly one caller per (client_id, jti), at least until the moment given; see `store/one_time_ids.py`."""


class ClientAssertions:
    """The method with signatures, as Authlib's registry calls it."""

    def __init__(self, signatures: ClientSignatures, use_once: UseOnce, issuer: str, clock: Clock) -> None:
        self._signatures, self._use_once = signatures, use_once
        self._issuer, self._clock = issuer, clock

    @property
    def methods(self) -> Mapping[str, ClientMethod]:
        """By its name."""
        return {AuthMethod.PRIVATE_KEY_JWT: self.by_assertion}

    def by_assertion(self, query_client: QueryClient, request: OAuth2Request) -> ClientFace | None:
        """`private_key_jwt`. Raises InvalidClient for a bad assertion, TemporarilyUnavailable when the client's keys cannot be had."""
        form = request.form
        if "client_assertion" not in form and "client_assertion_type" not in form:
            return None
        if form.get("client_assertion_type") != JWTBearerClientAssertion.CLIENT_ASSERTION_TYPE:
            raise refused()
        signed = SignedByClient.read(form.get("client_assertion", ""), _KINDS)
        client_id = signed.claims.get("sub") if signed else None
        if signed is None or not isinstance(client_id, str) or form.get("client_id", client_id) != client_id:
            raise refused()
        face = live(query_client(client_id))
        if face is None or face.client.auth_method is not AuthMethod.PRIVATE_KEY_JWT:
            raise refused()
        self._check(signed, face.client)
        return face

    def _check(self, signed: SignedByClient, client: Client) -> None:
        """Raises InvalidClient unless the client signed this for us, now, and shows it for the first time."""
        algorithms = allowed_algorithms(client, client.keys.signing_alg)
        if not self._signatures.verifies(signed, client, algorithms):
            raise _refused(client, "signature")
        if fault := self._fault(signed.claims, client.client_id):
            raise _refused(client, fault)
        jti, expires_at = str(signed.claims["jti"]), datetime.fromtimestamp(_number(signed.claims["exp"]), UTC)
        if not self._use_once(client.client_id, jti, expires_at + SKEW):
            raise _refused(client, "jti was used before")

    def _fault(self, claims: Mapping[str, object], client_id: str) -> str | None:
        """The first claim that is wrong, or None (RFC 7523 3)."""
        now, jti = self._clock().timestamp(), claims.get("jti")
        expires = _number(claims.get("exp"))
        if claims.get("iss") != client_id:
            return "iss"
        if claims.get("aud") != self._issuer:  # one plain string: a list might serve a second provider too
            return "aud"
        if not now - SKEW.total_seconds() < expires <= now + (LONGEST_LIFE + FARTHEST_AHEAD).total_seconds():
            return "exp"
        if any(_number(claims.get(name, 0)) > now + FARTHEST_AHEAD.total_seconds() for name in ("iat", "nbf")):
            return "iat or nbf"
        return None if isinstance(jti, str) and 0 < len(jti) <= _LONGEST_JTI else "jti"


def _number(value: object) -> float:
    """A time as JSON writes it, whole seconds; anything else is infinitely far away and fails every comparison made here."""
    return value if type(value) is int and 0 <= value < 10**12 else float("inf")


def _refused(client: Client, reason: str) -> InvalidClient:
    """Only the log says why, so that operators of tools can be helped."""
    _log.info("client assertion refused", client_id=client.client_id, reason=reason)
    return refused()
