"""Which keys are fit for which algorithm (RFC 7518 3.3-3.5, 4.3, 4.6; RFC 8037; JT-10): ours at reading, those of tools before use."""

from __future__ import annotations

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

SHORTEST_RSA = 2048
"""Bits. Longer than this is fine up to what anybody needs."""

LONGEST_RSA = 8192
"""Bits. A tool's key of a million bits would keep a processor busy for as long as it likes."""

_CURVES = {
    "ES256": {"P-256"},
    "Ed25519": {"Ed25519"},
    "ECDH-ES": {"P-256", "P-384", "P-521", "X25519"},
}


def flaw_of(key: Key, algorithm: str) -> str | None:
    """Why this key must not be used with this algorithm, as the end of a sentence that begins with the key; None if it may."""
    if isinstance(key, RSAKey):
        return _flaw_of_rsa(key) if algorithm.startswith(("RS", "PS")) else _unfit("RSA", algorithm)
    if isinstance(key, (ECKey, OKPKey)):
        curve = key.curve_name
        return None if curve in _CURVES.get(algorithm.partition("+")[0], set()) else _unfit(curve, algorithm)
    return f"is of type {key.key_type}, which is no key pair"


def _flaw_of_rsa(key: RSAKey) -> str | None:
    numbers = key.public_key.public_numbers()
    bits = numbers.n.bit_length()
    if not SHORTEST_RSA <= bits <= LONGEST_RSA:
        return f"has {bits} bits; RSA keys need {SHORTEST_RSA} to {LONGEST_RSA}"
    if numbers.e < 65537:
        return "has a public exponent below 65537"
    return None


def _unfit(what: str, algorithm: str) -> str:
    return f"is of type {what}, which does not fit {algorithm}"
