"""Tokens as an attacker would write them, or as we would never write them although we could: any header, any claims, any signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from broker.core.signing_key import SigningKey

SigningHalf = RSAPrivateKey | EllipticCurvePrivateKey


def text(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def segment(part: Any) -> str:
    """A header or a set of claims, or bytes as they are."""
    return text(part if isinstance(part, bytes) else json.dumps(part).encode())


def signature(algorithm: str, key: SigningHalf, signed: bytes) -> bytes:
    """RS256, PS256 or ES256, by cryptography alone."""
    if isinstance(key, RSAPrivateKey):
        padding = PSS(MGF1(SHA256()), SHA256.digest_size) if algorithm == "PS256" else PKCS1v15()
        return key.sign(signed, padding, SHA256())
    r, s = decode_dss_signature(key.sign(signed, ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def compact(header: Any, claims: Any, key: SigningHalf, algorithm: str = "RS256") -> str:
    """A JWS with just this header, whatever it says of the signature."""
    signed = f"{segment(header)}.{segment(claims)}"
    return f"{signed}.{text(signature(algorithm, key, signed.encode()))}"


def with_mac(header: Any, claims: Any, secret: bytes) -> str:
    """A JWS whose signature is a MAC: HS256 by what everybody can know of a key pair (JT-02)."""
    signed = f"{segment(header)}.{segment(claims)}"
    return f"{signed}.{text(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def private_half(key: SigningKey) -> SigningHalf:
    """One of our own keys, as only we have it."""
    jwk = json.loads(key.private_jwk)
    half = RSAAlgorithm.from_jwk(jwk) if jwk["kty"] == "RSA" else ECAlgorithm.from_jwk(jwk)
    assert isinstance(half, (RSAPrivateKey, EllipticCurvePrivateKey))
    return half


@dataclass(frozen=True)
class PublicForms:
    """What an attacker may take for the secret of a MAC."""

    pem: bytes
    der: bytes
    jwk: bytes

    @classmethod
    def of(cls, half: SigningHalf, jwk: dict[str, Any]) -> PublicForms:
        """All forms of a public key."""
        public, form = half.public_key(), PublicFormat.SubjectPublicKeyInfo
        return cls(public.public_bytes(Encoding.PEM, form), public.public_bytes(Encoding.DER, form), json.dumps(jwk).encode())
