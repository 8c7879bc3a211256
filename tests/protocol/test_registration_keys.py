"""Tools that register themselves with keys pass the same rules as tools in files (RFC 7591 2, RFC 8705 2.1.2; JT-10, CL-06)."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from tests.protocol.test_registration_policy import refused
from tests.support.registrar import Registrar
from tests.support.signing import SigningKey

PRIVATE = ECKey.generate_key("P-256", private=True).as_dict(private=True)


@pytest.mark.parametrize(
    "metadata",
    [
        {"jwks": {"keys": [PRIVATE]}},
        {"jwks": {"keys": [OctKey.generate_key(256).as_dict(private=True)]}},
        {"jwks": {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}},
        {"jwks": {"keys": []}},
        {},
        {"jwks": {"keys": [SigningKey().jwk]}, "jwks_uri": "https://tool.test/keys"},
        {"jwks_uri": "http://tool.test/keys"},
        {"jwks": {"keys": [SigningKey().jwk]}, "token_endpoint_auth_signing_alg": "HS256"},
        {"jwks": {"keys": [SigningKey().jwk]}, "token_endpoint_auth_signing_alg": "none"},
        {"jwks": {"keys": [SigningKey().jwk]}, "token_endpoint_auth_method": "client_secret_jwt"},
    ],
    ids=["private", "symmetric", "short", "empty", "none", "both", "http", "hmac", "unsigned", "secret"],
)
def test_jt_10_unfit_keys_are_not_registered(registrar: Registrar, metadata: dict[str, Any]) -> None:
    refused(registrar, **{"token_endpoint_auth_method": "private_key_jwt", **metadata})


def test_cl_06_a_tool_with_keys_gets_no_secret(registrar: Registrar) -> None:
    made = registrar.made(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [SigningKey().jwk]})
    assert "client_secret" not in made
    assert made["token_endpoint_auth_method"] == "private_key_jwt"
