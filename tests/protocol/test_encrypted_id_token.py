"""Encrypted ID tokens, opened by jwcrypto and then checked by PyJWT (OIDC Core 10.2, 16.14; JT-06, JT-07)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from broker.core.client_policy import ClientKeys, TokenPolicy
from broker.oidc.encryption import CONTENT_ENCRYPTIONS, ENCRYPTION_ALGORITHMS, fitting
from broker.oidc.key_sets import public_keys
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool

RSA = JWK.generate(kty="RSA", size=2048, kid="rsa", use="enc")
EC = JWK.generate(kty="EC", crv="P-256", kid="ec", use="enc")
X25519 = JWK.generate(kty="OKP", crv="X25519", kid="x", use="enc")
SIGNING = JWK.generate(kty="RSA", size=2048, kid="signing", use="sig")


def key_set(*keys: JWK) -> dict[str, Any]:
    return {"keys": [key.export_public(as_dict=True) for key in keys]}


def encrypting(broker: Broker, algorithm: str, enc: str = "", *keys: JWK, **changes: Any) -> Tool:
    """A tool that wants its ID tokens encrypted to these keys."""
    tokens = TokenPolicy(id_token_encryption_alg=algorithm, id_token_encryption_enc=enc)
    return broker.tool("sealed", keys=ClientKeys(jwks=key_set(*keys)), tokens=tokens, **changes)


def opened(token: str, key: JWK, algorithms: list[str]) -> tuple[dict[str, Any], str]:
    """The header, and the signed token inside."""
    sealed = JWE(algs=algorithms)
    sealed.deserialize(token, key)
    return json.loads(sealed.objects["protected"]), sealed.payload.decode()


@pytest.mark.parametrize("enc", CONTENT_ENCRYPTIONS)
@pytest.mark.parametrize("algorithm", ENCRYPTION_ALGORITHMS)
def test_signed_then_encrypted_with_every_algorithm_announced(broker: Broker, browser: Browser, algorithm: str, enc: str) -> None:
    key = RSA if algorithm.startswith("RSA") else EC
    tool = encrypting(broker, algorithm, enc, SIGNING, RSA, EC)

    answer = tool.redeems(browser.arrives(tool).code).get_json()

    header, inside = opened(answer["id_token"], key, [algorithm, enc])
    assert (header["alg"], header["enc"], header["cty"], header["kid"]) == (algorithm, enc, "JWT", key["kid"])
    assert "zip" not in header, "never compressed (A-25)"
    assert tool.verifies(inside)["nonce"] == tool.nonce


def test_also_to_a_key_on_x25519(broker: Broker, browser: Browser) -> None:
    tool = encrypting(broker, "ECDH-ES", "A256GCM", X25519)

    _, inside = opened(tool.redeems(browser.arrives(tool).code).get_json()["id_token"], X25519, ["ECDH-ES", "A256GCM"])

    assert tool.verifies(inside)


def test_every_signature_algorithm_can_be_inside(broker: Broker, browser: Browser) -> None:
    tool = encrypting(broker, "ECDH-ES+A128KW", "A128GCM", EC, id_token_alg="Ed25519")

    _, inside = opened(tool.redeems(browser.arrives(tool).code).get_json()["id_token"], EC, ["ECDH-ES+A128KW", "A128GCM"])

    assert tool.verifies(inside, "Ed25519")


def test_without_a_content_encryption_it_is_the_one_of_the_specification(broker: Broker, browser: Browser) -> None:
    tool = encrypting(broker, "RSA-OAEP-256", "", RSA)

    header, _ = opened(tool.redeems(browser.arrives(tool).code).get_json()["id_token"], RSA, ["RSA-OAEP-256", "A128CBC-HS256"])

    assert header["enc"] == "A128CBC-HS256"


def test_an_encrypted_hint_is_refused_and_the_signed_one_inside_is_fine(broker: Broker, browser: Browser) -> None:
    tool = encrypting(broker, "ECDH-ES", "A128GCM", EC)
    token = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
    _, inside = opened(token, EC, ["ECDH-ES", "A128GCM"])

    refused = browser.opens(tool.url(prompt="none", id_token_hint=token)).answer

    assert refused["error"] == "invalid_request"
    assert "encrypted" in refused["error_description"]
    assert browser.opens(tool.url(prompt="none", id_token_hint=inside)).code


@pytest.mark.parametrize("bomb", ["a.b.c.d.e", f"{'A' * 3_000}.a.a.a.a", "...."])
def test_jt_06_07_whatever_looks_encrypted_gets_one_answer_and_is_not_opened(browser: Browser, tool: Tool, bomb: str) -> None:
    browser.arrives(tool)

    refused = browser.opens(tool.url(prompt="none", id_token_hint=bomb)).answer

    assert (refused["error"], "encrypted" in refused["error_description"]) == ("invalid_request", True)


@pytest.mark.parametrize(
    "keys",
    [
        (SIGNING,),
        (EC,),
        (JWK.generate(kty="RSA", size=1024, use="enc"),),
        (JWK.generate(kty="RSA", size=2048, alg="RSA-OAEP-256"),),
        (JWK.generate(kty="RSA", size=2048, key_ops=["verify"]),),
        (),
    ],
    ids=["for signing", "another type", "too short", "for another algorithm", "for verifying", "none"],
)
def test_jt_10_without_a_fitting_key_the_code_is_not_used_up(broker: Broker, browser: Browser, keys: tuple[JWK, ...]) -> None:
    tool = encrypting(broker, "RSA-OAEP", "", *keys)
    code = browser.arrives(tool).code

    refused = tool.redeems(code)

    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_request")
    assert "no key" in refused.get_json()["error_description"]
    broker.changes(tool, keys=ClientKeys(jwks=key_set(RSA)))
    assert tool.redeems(code).status_code == 200


def test_a_key_marked_for_it_comes_first() -> None:
    unmarked = JWK.generate(kty="EC", crv="P-256", kid="unmarked")
    signing = JWK.generate(kty="EC", crv="P-256", kid="signing", use="sig")
    keys = public_keys(key_set(signing, unmarked, EC))

    assert [key.kid for key in (fitting(keys, "ECDH-ES"), fitting(keys[:2], "ECDH-ES")) if key] == ["ec", "unmarked"]
    assert fitting(keys[:1], "ECDH-ES") is None


def test_a_47_an_outage_of_the_tools_key_address_is_told_as_one_and_uses_nothing_up(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(
        "sealed", keys=ClientKeys(jwks_uri="https://127.0.0.1:9/jwks"), tokens=TokenPolicy(id_token_encryption_alg="ECDH-ES")
    )
    code = browser.arrives(tool).code

    response = tool.redeems(code)

    assert (response.status_code, response.get_json()["error"]) == (503, "temporarily_unavailable")
    assert response.headers["Retry-After"]
    broker.changes(tool, keys=ClientKeys(jwks=key_set(EC)))
    assert tool.redeems(code).status_code == 200


def test_userinfo_of_such_a_client_stays_readable(broker: Broker, browser: Browser) -> None:
    tool = encrypting(broker, "ECDH-ES", "", EC)

    told = tool.asks_userinfo(tool.redeems(browser.arrives(tool).code).get_json()["access_token"])

    assert told.get_json()["sub"]


def test_the_header_names_no_key_that_has_no_name(broker: Broker, browser: Browser) -> None:
    nameless = JWK.generate(kty="EC", crv="P-256")
    tool = encrypting(broker, "ECDH-ES", "A128GCM", nameless)

    header, _ = opened(tool.redeems(browser.arrives(tool).code).get_json()["id_token"], nameless, ["ECDH-ES", "A128GCM"])

    assert "kid" not in header
