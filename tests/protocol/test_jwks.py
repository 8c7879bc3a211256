"""The published key set (RFC 7517; A-21, A-22, JT-16); how it changes is in `test_key_rotation.py`."""

from __future__ import annotations

from dataclasses import replace

import jwt
from jwcrypto.jwk import JWK

from broker.core.signing_key import KeyState
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool


def test_jt_16_only_public_parts_each_with_kid_use_and_alg(tool: Tool) -> None:
    keys = tool.gets("/jwks").get_json()["keys"]

    assert sorted(key["alg"] for key in keys) == ["ES256", "Ed25519", "PS256", "RS256"]
    assert len({key["kid"] for key in keys}) == len(keys), "no kid twice"
    for key in keys:
        assert key["use"] == "sig"
        assert key.keys() == {"kty", "use", "alg", "kid"} | {"RSA": {"n", "e"}, "EC": {"crv", "x", "y"}, "OKP": {"crv", "x"}}[key["kty"]]
        jwt.PyJWK(key, {"Ed25519": "EdDSA"}.get(key["alg"]))


def test_jt_16_a_kid_is_the_keys_own_thumbprint_so_no_kid_ever_gets_another_key(tool: Tool) -> None:
    for key in tool.gets("/jwks").get_json()["keys"]:
        named = JWK(**key)
        assert named.thumbprint() == key["kid"]
        assert not named.has_private


def test_jt_16_discovery_names_the_set_and_holds_no_key(tool: Tool) -> None:
    document = tool.gets("/.well-known/openid-configuration")

    assert document.get_json()["jwks_uri"] == f"{tool.issuer}/jwks"
    assert not {"kty", "k", "n", "x", "jwks"} & document.get_json().keys()


def test_it_is_cacheable(tool: Tool) -> None:
    response = tool.gets("/jwks")

    assert response.mimetype == "application/json"
    assert "public" in response.headers["Cache-Control"]


def test_without_an_active_key_it_is_an_outage_of_ours_not_the_tools_fault(broker: Broker, browser: Browser, tool: Tool) -> None:
    code = browser.arrives(tool).code
    store = broker.parts.stores.signing_keys
    for key in store.list():
        store.replace(replace(key, state=KeyState.RETIRED, retire_at=broker.clock()))

    response = tool.redeems(code)

    assert (response.status_code, response.get_json()["error"]) == (500, "server_error")
