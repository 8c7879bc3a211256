"""`[requests]` in a tool's file, and what FAPI 2.0 forbids: every rule names the key it is about."""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.client_policy import AuthMethod, ClientKeys, RequestPolicy
from broker.core.trust import TrustLevel
from broker.flows.checking_requests import request_faults
from tests.support.makers import client

BY_KEY: dict[str, Any] = {"auth_method": AuthMethod.PRIVATE_KEY_JWT, "keys": ClientKeys(jwks_uri="https://tool.test/jwks")}


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"requests": RequestPolicy(require_signed=True)}, "requests.require_signed"),
        ({"requests": RequestPolicy(request_uris=("http://tool.test/o",))}, "requests.request_uris.0"),
        ({"requests": RequestPolicy(request_uris=("https://tool.test/o", "https://a@tool.test/o"))}, "requests.request_uris.1"),
        ({"requests": RequestPolicy(default_acr_values=("urn:nobody:knows",))}, "requests.default_acr_values.0"),
        ({"fapi": True, "id_token_alg": "ES256"}, "auth_method"),
        ({"fapi": True, **BY_KEY}, "id_token_alg"),
        ({"fapi": True, **BY_KEY, "id_token_alg": "ES256", "requests": RequestPolicy(signing_alg="RS256")}, "requests.signing_alg"),
        ({"fapi": True, **BY_KEY, "id_token_alg": "ES256", "requests": RequestPolicy(response_alg="RS256")}, "requests.response_alg"),
    ],
)
def test_what_does_not_fit_is_named(fields: dict[str, Any], key: str) -> None:
    assert [".".join(map(str, location)) for location, _ in request_faults(client(**fields))] == [key]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"requests": RequestPolicy(require_signed=True, signing_alg="RS256"), **BY_KEY},
        {"requests": RequestPolicy(request_uris=("https://tool.test/o#v1",), default_acr_values=(TrustLevel.HIGH.acr,), default_max_age=0)},
        {"fapi": True, **BY_KEY, "id_token_alg": "PS256", "requests": RequestPolicy(signing_alg="ES256", response_alg="Ed25519")},
    ],
)
def test_what_fits_is_taken(fields: dict[str, Any]) -> None:
    assert list(request_faults(client(**fields))) == []
