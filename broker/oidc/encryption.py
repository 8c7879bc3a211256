"""Encrypting what is signed already, for clients that ask for it (OIDC Core 16.14, RFC 7516): nested, sign then encrypt.

RSA1_5 does not exist here (RFC 8725 3.2), nothing is ever compressed (A-25), and we decrypt nothing: there is no oracle to ask (JT-07).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from broker.core.client import Client
from broker.core.errors import BadRequest
from broker.oidc.sound_keys import flaw_of

ENCRYPTION_ALGORITHMS = ("RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
CONTENT_ENCRYPTIONS = ("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM")
_USUAL_CONTENT_ENCRYPTION = "A128CBC-HS256"  # OIDC Registration 2: when the client names none
_OPERATIONS = {"encrypt", "wrapKey", "deriveKey", "deriveBits"}  # RFC 7517 4.3

PublicKey = RSAKey | ECKey | OKPKey
EncryptionKeys = Callable[[Client], Sequence[PublicKey]]
"""A client's keys that are not for signing. Raises TemporarilyUnavailable."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """Encrypts to the key of a client that fits the algorithm of its record."""

    keys_of: EncryptionKeys

    def check(self, client: Client) -> None:
        """That `encrypted` will not fail for this client: to be asked before anything is used up. Raises as that does."""
        if client.tokens.id_token_encryption_alg:
            self._key(client)

    def encrypted(self, client: Client, token: str) -> str:
        """The signed token inside a compact JWE; as it is for a client that wants none.

        Raises BadRequest when no key of the client fits, TemporarilyUnavailable when its keys cannot be had.
        """
        policy = client.tokens
        if not policy.id_token_encryption_alg:
            return token
        key = self._key(client)
        algorithms = [policy.id_token_encryption_alg, policy.id_token_encryption_enc or _USUAL_CONTENT_ENCRYPTION]
        header = {"alg": algorithms[0], "enc": algorithms[1], "cty": "JWT"}  # RFC 7519 5.2: nested
        if key.kid:
            header["kid"] = key.kid
        try:
            return jwe.encrypt_compact(header, token, key, algorithms=algorithms)
        except JoseError:
            raise BadRequest("the ID token cannot be encrypted to the key in the client's key set") from None

    def _key(self, client: Client) -> PublicKey:
        algorithm = client.tokens.id_token_encryption_alg
        key = fitting(self.keys_of(client), algorithm)
        if key is None:
            raise BadRequest(f"no key in the client's key set fits {algorithm}; the ID token cannot be encrypted")
        return key


def fitting(keys: Iterable[PublicKey], algorithm: str) -> PublicKey | None:
    """The first key that is sound, of the right kind, and not meant for something else; one marked for just this first of all."""
    able = [key for key in keys if _may_encrypt(key, algorithm) and flaw_of(key, algorithm) is None]
    return max(able, key=lambda key: (key.get("use") == "enc", key.get("alg") == algorithm), default=None)


def _may_encrypt(key: PublicKey, algorithm: str) -> bool:
    operations = key.get("key_ops")
    return (
        key.get("use") in (None, "enc")
        and key.get("alg") in (None, algorithm)
        and (operations is None or not _OPERATIONS.isdisjoint(operations))
    )
