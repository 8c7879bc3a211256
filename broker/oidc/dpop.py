"""A DPoP proof by itself: a JWT that carries its own public key and is signed by it (RFC 9449 4.2).

Here it is read and its signature checked; whether it fits the request it came with is `proofs.py`'s matter. Nothing is ever fetched:
`jku`, `x5u`, `x5c` and `kid` are not looked at (A-22), and `jwk` is believed for what it is, the key that somebody holds.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from broker.core.oauth_errors import InvalidDpopProof

ALGORITHMS = ("ES256", "PS256", "Ed25519", "EdDSA")
"""What proofs may be signed with; `EdDSA` is the older name of `Ed25519` (RFC 9864)."""

LONGEST_PROOF = 4096  # room for an RSA key of 4096 bits; looked at before any base64 is undone
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TYP = "dpop+jwt"
_LONGEST_VALUE = 512
_LATEST = 10**11  # seconds since 1970; neither NaN nor infinity is below it
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KEYS: dict[str, tuple[type[Key], dict[str, str], tuple[str, ...]]] = {
    "ES256": (ECKey, {"kty": "EC", "crv": "P-256"}, ("x", "y")),
    "PS256": (RSAKey, {"kty": "RSA"}, ("n", "e")),
    "Ed25519": (OKPKey, {"kty": "OKP", "crv": "Ed25519"}, ("x",)),
}
_RSA_MODULUS = range(342, 684)  # base64url characters: 2048 to 4096 bits
_LONGEST_RSA_EXPONENT = 6  # a giant one makes each check as dear as a signature


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
        header, claims = signed.headers(), json.loads(signed.payload)
        key = _key(header)
        if not jws.validate_compact(signed, key, registry=_REGISTRY):
            raise InvalidDpopProof("the DPoP proof's key did not sign it")
        return _proof(claims, key)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise InvalidDpopProof("the DPoP proof cannot be read") from None


class _Registry(jws.JWSRegistry):
    """Proofs carry their key in the header, and unknown header parameters are ignored (RFC 7515 4)."""

    max_header_length = LONGEST_PROOF

    def get_alg(self, name: str) -> Any:
        """`EdDSA` here always means Ed25519: only such a key gets this far."""
        return super().get_alg("Ed25519" if name == "EdDSA" else name)


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


def _key(header: dict[str, Any]) -> Key:
    """The public key in the header, of exactly the kind that the algorithm needs (A-21). Raises InvalidDpopProof."""
    algorithm, jwk = header.get("alg"), header.get("jwk")
    if header.get("typ") != _TYP or algorithm not in ALGORITHMS:
        raise InvalidDpopProof(f"a DPoP proof has typ {_TYP} and is signed with one of: {', '.join(ALGORITHMS)}")
    if "crit" in header or "b64" in header:
        raise InvalidDpopProof("the DPoP proof asks for an extension that is not understood")
    if not isinstance(jwk, dict) or not _PRIVATE.isdisjoint(jwk):
        raise InvalidDpopProof("the DPoP proof has to carry a public key, without private parts")
    kind, fixed, needed = _KEYS["Ed25519" if algorithm == "EdDSA" else algorithm]
    public = {name: jwk[name] for name in (*fixed, *needed)}
    if any(public[name] != value for name, value in fixed.items()) or not _sound_size(public):
        raise InvalidDpopProof("the DPoP proof's key does not fit its algorithm")
    return kind.import_key(public)


def _sound_size(public: dict[str, str]) -> bool:
    """RSA keys of 2048 to 4096 bits; a leading zero would hide a shorter one (RFC 7518 6.3.1.1)."""
    if public["kty"] != "RSA":
        return True
    modulus, exponent = public["n"], public["e"]
    return len(modulus) in _RSA_MODULUS and not modulus.startswith("A") and len(exponent) <= _LONGEST_RSA_EXPONENT


def _proof(claims: dict[str, Any], key: Key) -> DpopProof:
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
