"""What a tool's file may say about how its ID tokens are encrypted (OIDC Registration 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from broker.core.client import Client

Fault = tuple[tuple[str, ...], str]


def answer_faults(client: Client) -> Iterator[Fault]:
    """Where and why an ID token could not be made as the file wants it."""
    algorithm, keys = client.tokens.id_token_encryption_alg, client.keys
    place = ("tokens", "id_token_encryption_alg")
    if client.tokens.id_token_encryption_enc and not algorithm:
        yield ("tokens", "id_token_encryption_enc"), "says how to encrypt; id_token_encryption_alg has to say to which kind of key"
    if not algorithm:
        return
    if not keys.jwks and not keys.jwks_uri:
        yield place, "needs the tool's public key: [keys] jwks or jwks_uri"
    elif keys.jwks and not any(_may_encrypt(key, algorithm) for key in _listed(keys.jwks)):
        kind = "RSA" if algorithm.startswith("RSA") else "EC or OKP"
        yield place, f'needs an {kind} key in [keys] jwks that is not only for signing (use = "enc", or none)'


def _listed(jwks: Mapping[str, object]) -> list[Mapping[str, object]]:
    listed = jwks.get("keys")
    return [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []


def _may_encrypt(key: Mapping[str, object], algorithm: str) -> bool:
    kinds = ("RSA",) if algorithm.startswith("RSA") else ("EC", "OKP")
    return key.get("kty") in kinds and key.get("use") in (None, "enc") and key.get("alg") in (None, algorithm)
