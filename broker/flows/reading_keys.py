"""Reading keys that others made: a JWK Set so that one broken key does not break the rest (RFC 7517 5), and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

PublicKey = RSAKey | ECKey | OKPKey

MOST_KEYS = 32
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_TAKEN_OVER = frozenset({"kty", "n", "e", "crv", "x", "y", "kid", "use", "key_ops", "alg", "x5c"})
_SHORTEST_MODULUS, _LONGEST_MODULUS = 342, 1366  # base64url of 2048 and 8192 bits
_LONGEST_EXPONENT = 6


def public_keys(jwks: Mapping[str, object]) -> tuple[PublicKey, ...]:
    """The keys of a set that can be used, at most 32. Symmetric, private, weak and broken ones are left out (A-21, JT-10)."""
    listed = jwks.get("keys")
    found = [public_key(one) for one in listed[:MOST_KEYS]] if isinstance(listed, list) else []
    return tuple(key for key in found if key is not None)


def public_key(one: object) -> PublicKey | None:
    """A public RSA key of 2048 to 8192 bits, an EC or an OKP key; None for anything else. Unknown members do not matter (RFC 7517 4)."""
    if not isinstance(one, dict) or one.keys() & _PRIVATE or not _is_measured(one):
        return None
    try:
        taken = {name: value for name, value in one.items() if name in _TAKEN_OVER}
        key = jwk.import_key({**taken, "alg": "Ed25519"} if taken.get("alg") == "EdDSA" else taken)  # the older name (RFC 9864)
    except (JoseError, UnsupportedAlgorithm, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
    if not isinstance(key, PublicKey):
        return None
    return None if isinstance(key, RSAKey) and key.raw_value.key_size < 2048 else key


def _is_measured(one: Mapping[str, object]) -> bool:
    """Whether the numbers of an RSA key are of a sensible length, looked at before they are read (A-25)."""
    if one.get("kty") != "RSA":
        return one.get("kty") in ("EC", "OKP")
    modulus, exponent = one.get("n"), one.get("e")
    if not isinstance(modulus, str) or not isinstance(exponent, str):
        return False
    return _SHORTEST_MODULUS <= len(modulus) <= _LONGEST_MODULUS and len(exponent) <= _LONGEST_EXPONENT


def jwks_fault(jwks: Mapping[str, object]) -> str | None:
    """What is wrong with a set that somebody wants to register, or None. Keys of kinds we do not know are left alone (RFC 7517 5)."""
    listed = jwks.get("keys")
    if not isinstance(listed, list) or not listed:
        return "must be a JWK Set: { keys = [ ... ] } with at least one key"
    if len(listed) > MOST_KEYS:
        return f"must not hold more than {MOST_KEYS} keys"
    if any(isinstance(one, dict) and one.keys() & _PRIVATE for one in listed):
        return "holds a private or symmetric key: keep it at the tool, make a new one, and register the public half only"
    known = [one for one in listed if not isinstance(one, dict) or one.get("kty") in ("RSA", "EC", "OKP")]
    if not known or any(public_key(one) is None for one in known):
        return "holds something that is no public RSA (2048 bits or more), EC or OKP key"
    return None
