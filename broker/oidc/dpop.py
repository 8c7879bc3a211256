"""A DPoP proof by itself: a JWT that carries its own public key and is signed by it (RFC 9449 4.2).

Here it is read and its signature checked; whether it fits the request it came with is `proofs.py`'s matter. Nothing is ever fetched:
`jku`, `x5u`, `x5c` and `kid` are not looked at (A-22), and `jwk` is believed for what it is, the key that somebody holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from broker.core.oauth_errors import InvalidDpopProof
from broker.flows.reading_keys import PublicKey, public_key
from broker.oidc.client_signature import ForeignSignatures, claims_in

ALGORITHMS = ("ES256", "PS256", "Ed25519", "EdDSA")
"""What proofs may be signed with; `EdDSA` is the older name of `Ed25519` (RFC 9864)."""

LONGEST_PROOF = 4096  # room for an RSA key; looked at before any base64 is undone
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TYP = "dpop+jwt"
_LONGEST_VALUE = 512
_LATEST = 10**11  # seconds since 1970; neither NaN nor infinity is below it
_KEYS = {"ES256": ("EC", "P-256"), "PS256": ("RSA", None), "Ed25519": ("OKP", "Ed25519"), "EdDSA": ("OKP", "Ed25519")}
_REGISTRY = ForeignSignatures(algorithms=("ES256", "PS256", "Ed25519"), strict_check_header=False)


@dataclass(frozen=True, slots=True)
class DpopProof:
    """What a rightly signed proof says. `thumbprint` names its key (RFC 7638), times are NumericDates, `access_hash` is `ath`."""

    thumbprint: str
    jti: str
    method: str
    uri: str
    issued_at: float
    not_before: float | None = None
    expires_at: float | None = None
    nonce: str | None = None
    access_hash: str | None = None


def read_proof(text: str) -> DpopProof:
    """The proof, if its form is right and its key signed it. Raises InvalidDpopProof."""
    if len(text) > LONGEST_PROOF or not _COMPACT.fullmatch(text):
        raise InvalidDpopProof("the DPoP proof is not a compact JWT of a reasonable size")
    try:
        signed = jws.extract_compact(text.encode(), registry=_REGISTRY)
        header, claims = signed.protected, claims_in(signed.payload)
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise InvalidDpopProof("the DPoP proof is no JWT")
        key = _key(header)
        if not jws.validate_compact(signed, key, registry=_REGISTRY):
            raise InvalidDpopProof("the DPoP proof's key did not sign it")
        return _proof(claims, key)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise InvalidDpopProof("the DPoP proof cannot be read") from None


def _key(header: dict[str, Any]) -> PublicKey:
    """The public key in the header, of exactly the kind that the algorithm needs (A-21). Raises InvalidDpopProof."""
    algorithm, jwk = header.get("alg"), header.get("jwk")
    if header.get("typ") != _TYP or algorithm not in ALGORITHMS:
        raise InvalidDpopProof(f"a DPoP proof has typ {_TYP} and is signed with one of: {', '.join(ALGORITHMS)}")
    if "crit" in header or "b64" in header:
        raise InvalidDpopProof("the DPoP proof asks for an extension that is not understood")
    key = public_key(jwk)
    if key is None:
        raise InvalidDpopProof("the DPoP proof has to carry a sound public key, without private parts")
    if (key.key_type, getattr(key, "curve_name", None)) != _KEYS[algorithm]:
        raise InvalidDpopProof("the DPoP proof's key does not fit its algorithm")
    return key


def _proof(claims: dict[str, Any], key: PublicKey) -> DpopProof:
    issued_at = _moment(claims, "iat")
    if issued_at is None:
        raise InvalidDpopProof("the DPoP proof does not say when it was made")
    return DpopProof(
        thumbprint=key.thumbprint(),
        jti=_word(claims, "jti"),
        method=_word(claims, "htm"),
        uri=_word(claims, "htu"),
        issued_at=issued_at,
        not_before=_moment(claims, "nbf"),
        expires_at=_moment(claims, "exp"),
        nonce=_word(claims, "nonce") if "nonce" in claims else None,
        access_hash=_word(claims, "ath") if "ath" in claims else None,
    )


def _word(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= _LONGEST_VALUE:
        raise InvalidDpopProof(f"the DPoP proof's {name} is missing or malformed")
    return value


def _moment(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
        raise InvalidDpopProof(f"the DPoP proof's {name} is not a time")
    return float(value)
