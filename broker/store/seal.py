"""Sealing: values at rest are encrypted, and each is bound to the place it is kept in."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broker.core.errors import SealBroken

_VERSION = b"\x01"  # so that another cipher can be told apart one day
_NONCE_BYTES = 12  # random: one key is good for 2**32 values (NIST SP 800-38D 8.3)
_TAG_BYTES = 16
_SHORTEST = len(_VERSION) + _NONCE_BYTES + _TAG_BYTES


class Seal:
    """AES-256-GCM with one key per purpose. `context` names the place of a value (`session:<id>`, `table.column:<row>`)."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("a seal needs a key of 32 bytes")
        self._cipher = AESGCM(key)

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """The value encrypted; it opens only with the same key and the same context."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plaintext, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The value that was sealed here. Raises SealBroken."""
        if len(sealed) < _SHORTEST or sealed[:1] != _VERSION:
            raise SealBroken
        try:
            return self._cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], context.encode())
        except InvalidTag:
            raise SealBroken from None
