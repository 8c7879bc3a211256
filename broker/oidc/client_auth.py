"""How clients show who they are, at every endpoint that asks (RFC 6749 2.3; A-07, CL-01, CL-06, CL-08, CL-09).

Secrets stand here: 256 random bits, kept as a keyed hash and compared in constant time; an unknown client costs the same as a wrong
secret. `client_assertion.py` and `client_certificate.py` hold the methods with keys. Whatever fails, the answer is the same.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import OAuth2Request

from broker.core.client_policy import AuthMethod
from broker.core.errors import BadRequest, InvalidClient
from broker.core.ids import same
from broker.oidc.faces import ClientFace

QueryClient = Callable[[str], ClientFace | None]
ClientMethod = Callable[[QueryClient, OAuth2Request], ClientFace | None]
"""One way to show who one is: the client, or None where the request does not go this way. Raises InvalidClient where it does, wrongly."""

SecretHash = Callable[[str, str], str]
"""Returns the keyed hash under which a secret of a client is kept: (client_id, secret)."""

METHODS = (
    AuthMethod.BASIC.value,
    AuthMethod.POST.value,
    AuthMethod.PRIVATE_KEY_JWT.value,
    AuthMethod.TLS.value,
    AuthMethod.SELF_SIGNED_TLS.value,
    AuthMethod.NONE.value,
)
"""Every method there is, in the order in which they are looked for."""

_LONGEST_HEADER = 2048
_NO_HASH = "A" * 43  # compared with when there is no client, so that it takes as long
_REFUSED = "client authentication failed"


def refused() -> InvalidClient:
    """The one answer to whoever did not prove who they are; why stays our knowledge."""
    return InvalidClient(_REFUSED)


def live(face: ClientFace | None) -> ClientFace | None:
    """The client if it may take part in anything (A-31)."""
    return face if face and face.client.takes_part else None


def refuse_two_ways(request: OAuth2Request) -> None:
    """Raises BadRequest when a call shows who it is in more than one way (RFC 6749 2.3)."""
    form = request.form
    by_assertion = "client_assertion" in form or "client_assertion_type" in form
    if ("Authorization" in (request.headers or {})) + ("client_secret" in form) + by_assertion > 1:
        raise BadRequest("client credentials were sent in two ways")


class ClientSecrets:
    """The methods without keys, as Authlib's registry calls them one after the other."""

    def __init__(self, secret_hash: SecretHash) -> None:
        self._hash = secret_hash

    @property
    def methods(self) -> Mapping[str, ClientMethod]:
        """By their names."""
        return {AuthMethod.BASIC: self.by_basic, AuthMethod.POST: self.by_post, AuthMethod.NONE: self.by_nothing}

    def by_basic(self, query_client: QueryClient, request: OAuth2Request) -> ClientFace | None:
        """`client_secret_basic`. Raises when there is a header, but it names nobody, or somebody else than the form does."""
        header = (request.headers or {}).get("Authorization")
        if header is None:
            return None
        client_id, secret = _credentials(header)
        if request.form.get("client_id", client_id) != client_id:
            raise InvalidClient("client_id differs from the one in the Authorization header")
        client = self._proven(query_client, client_id, secret)
        if client is None:
            raise refused()
        return client

    def by_post(self, query_client: QueryClient, request: OAuth2Request) -> ClientFace | None:
        """`client_secret_post`."""
        client_id, secret = request.form.get("client_id"), request.form.get("client_secret")
        return self._proven(query_client, client_id, secret) if client_id and secret else None

    def by_nothing(self, query_client: QueryClient, request: OAuth2Request) -> ClientFace | None:
        """`none`: a public client only says its name; whether it may is its record's matter."""
        client_id = request.form.get("client_id")
        if not client_id or "client_secret" in request.form:
            return None
        return live(query_client(client_id))

    def _proven(self, query_client: QueryClient, client_id: str, secret: str) -> ClientFace | None:
        face = query_client(client_id)
        kept = face.client.secret_hash if face and face.client.has_secret else ""  # an old secret of a client with keys is none (CL-06)
        right = same(self._hash(client_id, secret), kept or _NO_HASH)
        return live(face) if right and kept else None


def _credentials(header: str) -> tuple[str, str]:
    """Id and secret of a Basic header, each form-decoded (RFC 6749 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    try:
        if scheme.lower() != "basic" or len(header) > _LONGEST_HEADER:
            raise ValueError
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
        client_id, colon, secret = decoded.partition(":")
        if not colon:
            raise ValueError
        return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (ValueError, binascii.Error):
        raise InvalidClient("the Authorization header is not of the Basic scheme") from None
