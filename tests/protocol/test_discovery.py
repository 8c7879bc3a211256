"""Metadata says exactly what works (OIDC Discovery 1.0, RFC 8414): what is announced is tried here, what is not announced is refused."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata

from broker.core.client_policy import AuthMethod, GrantType, RequestPolicy, TokenPolicy
from broker.core.procedure import Procedure, table_scopes
from broker.core.trust import TrustLevel
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.request_object import request_signer
from tests.support.signing import SigningKey, signing_tool
from tests.support.tool import Tool

OPENID, OAUTH = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"


@pytest.fixture
def document(tool: Tool) -> dict[str, Any]:
    """The metadata."""
    found: dict[str, Any] = tool.gets(OPENID).get_json()
    return found


def test_both_addresses_say_the_same_and_authlib_finds_it_valid(tool: Tool, document: dict[str, Any]) -> None:
    assert tool.gets(OAUTH).get_json() == document
    OpenIDProviderMetadata(document).validate()
    AuthorizationServerMetadata(document).validate()


def test_it_is_json_cacheable_and_free_of_cookies(broker: Broker) -> None:
    response = broker.app.test_client().get(OPENID, base_url=ISSUER)

    assert response.mimetype == "application/json"
    assert "public" in response.headers["Cache-Control"]
    assert "Set-Cookie" not in response.headers
    assert response.headers["Vary"] == "Origin"


def test_the_issuer_is_the_setting_and_every_endpoint_below_it_answers(tool: Tool, document: dict[str, Any]) -> None:
    assert document["issuer"] == ISSUER
    endpoints = {name: url for name, url in document.items() if name.endswith("_endpoint") or name == "jwks_uri"}
    assert endpoints.keys() >= {"authorization_endpoint", "pushed_authorization_request_endpoint", "token_endpoint", "end_session_endpoint"}
    for name, url in endpoints.items():
        assert url.startswith(f"{ISSUER}/"), name
        assert tool.gets(url.removeprefix(ISSUER)).status_code != 404, name


def test_values_that_conformance_asks_for(document: dict[str, Any]) -> None:
    assert document["response_types_supported"] == ["code"]
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    assert "pairwise" in document["subject_types_supported"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["claims_parameter_supported"] is True
    assert document["request_uri_parameter_supported"] is True  # tried in test_fetched_object.py
    assert document["require_request_uri_registration"] is True
    assert document["require_pushed_authorization_requests"] is False
    assert document["backchannel_logout_supported"] is True
    assert document["backchannel_logout_session_supported"] is True
    assert "check_session_iframe" not in document
    assert not {"address", "phone"} & set(document["scopes_supported"])


def test_every_signing_algorithm_announced_signs(broker: Broker, browser: Browser, document: dict[str, Any]) -> None:
    for algorithm in document["id_token_signing_alg_values_supported"]:
        tool = broker.tool(f"tool-{algorithm}", id_token_alg=algorithm)
        assert tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"], algorithm)


def test_every_response_mode_announced_works(broker: Broker, browser: Browser, document: dict[str, Any]) -> None:
    assert document["response_modes_supported"] == ["query", "form_post", "jwt", "query.jwt", "form_post.jwt"]
    tool = broker.tool("every-mode", response_modes=tuple(document["response_modes_supported"]))
    browser.arrives(tool)
    for mode in document["response_modes_supported"]:
        stop = browser.opens(tool.url(response_mode=mode))
        name = "response" if "jwt" in mode else "code"
        assert f"{name}=" in (stop.location or "") or f'name="{name}"' in stop.text


def test_every_algorithm_announced_for_authorization_responses_signs(broker: Broker, browser: Browser, document: dict[str, Any]) -> None:
    for algorithm in document["authorization_signing_alg_values_supported"]:
        policy = RequestPolicy(response_alg=algorithm)
        tool = broker.tool(f"signed-{algorithm}", response_modes=("jwt",), requests=policy)
        response = browser.arrives(tool, response_mode="jwt").answer["response"]
        assert jwt.get_unverified_header(response)["alg"] == algorithm


def test_every_algorithm_announced_for_request_objects_is_taken(broker: Broker, browser: Browser, document: dict[str, Any]) -> None:
    assert document["request_parameter_supported"] is True
    assert document["require_signed_request_object"] is False
    announced = document["request_object_signing_alg_values_supported"]
    assert set(announced) == {"RS256", "PS256", "ES256", "Ed25519", "EdDSA"}
    for algorithm in announced:
        signer = request_signer(broker, f"signer-{algorithm}", SigningKey("Ed25519" if algorithm == "EdDSA" else algorithm))
        assert browser.arrives_at(signer.url(signer.signed())).code


def test_every_authentication_method_announced_works(broker: Broker, browser: Browser, document: dict[str, Any]) -> None:
    by_method = {"client_secret_basic": AuthMethod.BASIC, "client_secret_post": AuthMethod.POST, "none": AuthMethod.NONE}
    assert set(document["token_endpoint_auth_methods_supported"]) == {*by_method, "private_key_jwt"}, "certificates need a proxy"
    for algorithm in document["token_endpoint_auth_signing_alg_values_supported"]:
        signer = signing_tool(broker, f"signer-{algorithm}", SigningKey(algorithm))
        assert signer.redeems(browser.arrives(signer.tool).code).status_code == 200
    for name, method in by_method.items():
        tool = broker.tool(name, auth_method=method)
        code = browser.arrives(tool).code
        if method is AuthMethod.POST:
            form = {"client_id": name, "client_secret": tool.secret, "code": code, "grant_type": "authorization_code"}
            form |= {"redirect_uri": tool.client.redirect_uris[0], "code_verifier": tool.verifier}
            assert tool.calls_token(form).status_code == 200
        else:
            assert tool.redeems(code).status_code == 200


def test_every_scope_announced_can_be_granted_and_yields_a_claim(broker: Broker, browser: Browser, document: dict[str, Any]) -> None:
    tool = broker.tool("all", scopes=tuple(document["scopes_supported"]), tokens=TokenPolicy(grant_types=tuple(GrantType)))
    broker.parts.stores.procedures.add(Procedure("haushalt", "all", "Bürgerhaushalt", broker.clock()))

    granted = tool.redeems(browser.arrives(tool, scope=" ".join(document["scopes_supported"]), prompt="consent").code).get_json()["scope"]

    assert set(table_scopes(granted.split())) == set(document["scopes_supported"])
    rows = broker.parts.claim_table.definitions.values()
    assert {row.scope for row in rows} >= set(document["scopes_supported"]) - {"openid", "offline_access"}


def test_every_level_announced_can_be_asserted(broker: Broker, document: dict[str, Any]) -> None:
    assert [TrustLevel.from_acr(acr) for acr in document["acr_values_supported"]] == [
        TrustLevel.BASIC,
        TrustLevel.LOW,
        TrustLevel.SUBSTANTIAL,
        TrustLevel.HIGH,
    ]
    for acr in document["acr_values_supported"]:
        level = TrustLevel.from_acr(acr)
        tool, browser = broker.tool(f"tool-{level.word}"), broker.browser()
        broker.hub.trust, broker.hub.person = level, level.word
        assert tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])["acr"] == acr


def test_every_prompt_announced_is_understood(browser: Browser, tool: Tool, document: dict[str, Any]) -> None:
    for prompt in document["prompt_values_supported"]:
        stop = browser.opens(tool.url(prompt=prompt))
        assert stop.location is None or "invalid_request" not in stop.location


def test_co_12_every_grant_announced_exists_and_no_other(broker: Broker, document: dict[str, Any]) -> None:
    tool = broker.tool("every-grant", tokens=TokenPolicy(grant_types=tuple(GrantType)))
    announced = set(document["grant_types_supported"])
    for grant_type in GrantType:
        answer = tool.calls_token({"grant_type": grant_type}, tool.basic()).get_json()
        assert (answer["error"] != "unsupported_grant_type") == (grant_type in announced), grant_type


def test_every_display_announced_is_a_page(browser: Browser, tool: Tool, document: dict[str, Any]) -> None:
    assert document["display_values_supported"] == ["page"]
    assert 'id="provider-bundid"' in browser.opens(tool.url(display="page")).text


def test_what_is_not_announced_does_not_exist(tool: Tool, document: dict[str, Any]) -> None:
    for path in ("/check_session", "/.well-known/webfinger", "/bc-authorize"):
        assert tool.gets(path).status_code == 404


def test_in_04_cors_only_for_registered_origins_and_never_with_cookies(tool: Tool) -> None:
    for path in (OPENID, OAUTH, "/jwks", "/userinfo"):
        known = tool.gets(path, {"Origin": "https://tool.test"})
        assert known.headers["Access-Control-Allow-Origin"] == "https://tool.test", path
        assert "Access-Control-Allow-Credentials" not in known.headers
        for origin in ("null", "https://evil.test", "https://tool.test.evil.test", "https://tool.tes", "http://tool.test"):
            assert "Access-Control-Allow-Origin" not in tool.gets(path, {"Origin": origin}).headers, (path, origin)


def test_in_04_preflight(broker: Broker, tool: Tool) -> None:
    client = broker.app.test_client()

    known = client.options("/token", base_url=ISSUER, headers={"Origin": "https://tool.test", "Access-Control-Request-Method": "POST"})
    foreign = client.options("/token", base_url=ISSUER, headers={"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"})

    assert known.status_code == 204
    assert "POST" in known.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Origin" not in foreign.headers
