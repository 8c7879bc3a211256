"""What a tool's record may say about asking and being answered: the rules of `[requests]`, and of FAPI 2.0 where a tool is held to it."""

from __future__ import annotations

from collections.abc import Iterator

from broker.core.client import Client
from broker.core.client_policy import AuthMethod
from broker.core.trust import TrustLevel

_PROVEN_BY_KEY = (AuthMethod.PRIVATE_KEY_JWT, AuthMethod.TLS, AuthMethod.SELF_SIGNED_TLS)

Fault = tuple[tuple[str | int, ...], str]


def request_faults(client: Client) -> Iterator[Fault]:
    """Everything wrong, each as the key of the tool's file and a sentence."""
    requests = client.requests
    if requests.require_signed and not (client.keys.jwks or client.keys.jwks_uri):
        yield ("requests", "require_signed"), "needs [keys] with jwks or jwks_uri"
    for index, uri in enumerate(requests.request_uris):
        if not uri.startswith("https://") or "@" in uri or not uri.isascii() or not uri.isprintable() or " " in uri:
            yield ("requests", "request_uris", index), f"{uri!r} must be an https:// address without user name"
    for index, acr in enumerate(requests.default_acr_values):
        if TrustLevel.from_acr(acr) is TrustLevel.NONE:
            known = ", ".join(level.acr for level in TrustLevel if level > TrustLevel.NONE)
            yield ("requests", "default_acr_values", index), f"{acr!r} is no level; known are {known}"
    if client.fapi:
        yield from _fapi_faults(client)


def _fapi_faults(client: Client) -> Iterator[Fault]:
    """FAPI 2.0 Security Profile 5.3.2.1 and 5.4.1."""
    if client.auth_method not in _PROVEN_BY_KEY:
        yield ("auth_method",), f"a tool held to FAPI proves itself by one of {', '.join(_PROVEN_BY_KEY)}"
    algorithms = {("id_token_alg",): client.id_token_alg, ("requests", "signing_alg"): client.requests.signing_alg}
    for key, algorithm in {**algorithms, ("requests", "response_alg"): client.requests.response_alg}.items():
        if algorithm == "RS256":
            yield key, "RS256 is not allowed to a tool held to FAPI: PS256, ES256 or Ed25519"
