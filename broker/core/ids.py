"""Random identifiers, keyed hashes and comparisons that take the same time whatever they compare."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets


def new_id() -> str:
    """An identifier of 128 random bits, URL-safe, 22 characters."""
    return secrets.token_urlsafe(16)


def new_secret() -> str:
    """A secret of 256 random bits in `[A-Za-z0-9_-]`, 43 characters: cookies, codes, tokens, client secrets."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """SHA-256 of a secret that is itself 256 random bits, base64url without padding: what stores keep instead of the secret."""
    return _b64(hashlib.sha256(secret.encode()).digest())


def keyed_hash(key: bytes, *parts: str) -> str:
    """HMAC-SHA256 over the parts, each length-prefixed so that no two lists of parts collide; base64url, 43 characters."""
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        data = part.encode()
        mac.update(len(data).to_bytes(4, "big") + data)
    return _b64(mac.digest())


def same(left: str, right: str) -> bool:
    """Whether two strings are equal, in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
