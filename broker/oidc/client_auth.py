"""How clients show who they are at the token endpoint (RFC 6749 2.3, 3.2.1; A-07, CL-01, CL-08, CL-09).

Secrets are 256 random bits, kept as a keyed hash and compared in constant time; an unknown client costs the same as a wrong secret.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from broker.core.ids import same
from broker.oidc.faces import ClientFace

QueryClient = Callable[[str], ClientFace | None]
SecretHash = Callable[[str, str], str]
"""Returns the keyed hash under which a secret of a client is kept: (client_id, secret)."""

METHODS = ("client_secret_basic", "client_secret_post", "none")
_LONGEST_HEADER = 2048
_NO_HASH = "A" * 43  # compared with when there is no client, so that it takes as long


class ClientSecrets:
    """The three methods that Authlib's registry calls one after the other."""

    def __init__(self, secret_hash: SecretHash) -> None:
        self._hash = secret_hash

    def by_basic(self, query_client: QueryClient, request: OAuth2Request) -> ClientFace | None:
        """`client_secret_basic`. Raises when there is a header, but it names nobody, or somebody else than the form does."""
        header = (request.headers or {}).get("Authorization")
        if header is None:
            return None
        client_id, secret = _credentials(header)
        form = request.form
        if "client_secret" in form:
            raise InvalidRequestError("client credentials were sent in two ways")
        if form.get("client_id", client_id) != client_id:
            raise InvalidClientError(status_code=401, description="client_id differs from the one in the Authorization header")
        client = self._proven(query_client, client_id, secret)
        if client is None:
            raise InvalidClientError(status_code=401, description="client authentication failed")
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
        return _live(query_client(client_id))

    def _proven(self, query_client: QueryClient, client_id: str, secret: str) -> ClientFace | None:
        face = query_client(client_id)
        kept = face.client.secret_hash if face else ""
        right = same(self._hash(client_id, secret), kept or _NO_HASH)
        return _live(face) if right and kept else None


def _live(face: ClientFace | None) -> ClientFace | None:
    return face if face and face.client.takes_part else None


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
        raise InvalidClientError(status_code=401, description="the Authorization header is not of the Basic scheme") from None
