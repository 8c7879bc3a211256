"""Registering oneself (RFC 7591, OIDC Registration 1.0): who may, what is answered, and that the client then works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from broker.core.client import ClientStatus
from broker.core.trust import TrustLevel
from broker.flows.self_registering import MOST_OPEN
from broker.flows.throttling import MOST_FAILURES
from tests.support.app import ISSUER, PROVIDERS, Broker, start
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.registrar import Registrar, Web, invitation
from tests.support.tool import REDIRECT

# RFC 7591 3.1, the request as it stands there.
RFC_REQUEST = """
     {
      "redirect_uris": [
        "https://client.example.org/callback",
        "https://client.example.org/callback2"],
      "client_name": "My Example Client",
      "client_name#ja-Jpan-JP":
         "\\u30AF\\u30E9\\u30A4\\u30A2\\u30F3\\u30C8\\u540D",
      "token_endpoint_auth_method": "client_secret_basic",
      "logo_uri": "https://client.example.org/logo.png",
      "jwks_uri": "https://client.example.org/my_public_keys.jwks",
      "example_extension_parameter": "example_value"
     }
"""


def test_the_request_of_rfc_7591_is_registered_as_it_says(registrar: Registrar) -> None:
    response = registrar.calls("POST", "/register", registrar.token, data=RFC_REQUEST, content_type="application/json")
    answer = response.get_json()

    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    sent = json.loads(RFC_REQUEST)
    for name in ("redirect_uris", "client_name", "token_endpoint_auth_method", "logo_uri", "jwks_uri"):
        assert answer[name] == sent[name], name
    assert "example_extension_parameter" not in answer
    assert answer["grant_types"] == ["authorization_code"]
    assert answer["response_types"] == ["code"]
    assert len(answer["client_secret"]) >= 43
    assert answer["client_secret_expires_at"] == 0
    assert answer["client_id_issued_at"] == int(registrar.broker.clock().timestamp())
    assert answer["registration_client_uri"] == f"{ISSUER}/register/{answer['client_id']}"


def test_every_value_comes_back_as_it_is_stored(registrar: Registrar) -> None:
    said: dict[str, Any] = {
        "client_name": "Mitmachen",
        "client_uri": "https://tool.test/about",
        "policy_uri": "https://tool.test/privacy",
        "tos_uri": "https://tool.test/terms",
        "contacts": ["team@tool.test"],
        "application_type": "web",
        "scope": "openid email offline_access",
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks_uri": "https://tool.test/keys",
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "ES256",
        "userinfo_signed_response_alg": "ES256",
        "id_token_encrypted_response_alg": "RSA-OAEP-256",
        "id_token_encrypted_response_enc": "A256GCM",
        "request_object_signing_alg": "ES256",
        "authorization_signed_response_alg": "ES256",
        "request_uris": ["https://tool.test/request#abc"],
        "require_pushed_authorization_requests": True,
        "require_signed_request_object": True,
        "dpop_bound_access_tokens": True,
        "default_max_age": 0,
        "require_auth_time": True,
        "default_acr_values": [TrustLevel.HIGH.acr, TrustLevel.LOW.acr],
        "initiate_login_uri": "https://tool.test/login",
        "post_logout_redirect_uris": ["https://tool.test/bye"],
        "backchannel_logout_uri": "https://tool.test/back",
        "backchannel_logout_session_required": True,
        "frontchannel_logout_uri": "https://tool.test/front",
        "frontchannel_logout_session_required": True,
        "software_id": "mitmachen",
        "software_version": "7",
    }

    made = registrar.made(**said)

    assert {name: made.get(name) for name in said} == said
    assert "client_secret" not in made
    assert registrar.reads(made).get_json() == made


def test_defaults_are_said_too(registrar: Registrar) -> None:
    made = registrar.made(client_name=None)

    assert made["client_name"] == "tool.test"
    assert made["application_type"] == "web"
    assert made["subject_type"] == "pairwise"
    assert made["id_token_signed_response_alg"] == "RS256"
    assert made["token_endpoint_auth_method"] == "client_secret_basic"
    assert made["scope"].split() == ["openid", "profile", "email", "assurance"]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_a_client_in_the_sandbox_signs_in_simulated_citizens(broker: Broker, browser: Browser, registrar: Registrar, method: str) -> None:
    broker.parts.stores.providers.replace_all([replace(PROVIDERS[0], sandbox=True)])
    tool = registrar.tool(registrar.made(token_endpoint_auth_method=method))

    code = browser.arrives(tool, scope="openid profile").code
    answer = tool.redeems(code)

    assert answer.status_code == 200, answer.get_json()
    assert tool.verifies(answer.get_json()["id_token"])["aud"] == tool.client.client_id


def test_a_client_in_the_sandbox_never_meets_real_citizens(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    real = broker.tool()
    browser.arrives(real)
    tool = registrar.tool(registrar.made())

    stop = browser.arrives(tool)

    assert "code=" not in (stop.location or "")
    assert not stop.is_at_hub


def test_a_client_in_the_sandbox_makes_no_citizen_id_ask_real_citizens_for_more(
    broker: Broker, browser: Browser, registrar: Registrar
) -> None:
    real = broker.tool(scopes=("openid",))
    registrar.token = invitation(broker, basic_profile=True)
    tried = registrar.tool(registrar.made(scope="openid email"))
    browser.sets_out(real.url())
    assert broker.hub.asked[-1].claims == ()
    broker.parts.stores.providers.replace_all([replace(PROVIDERS[0], sandbox=True)])
    browser.sets_out(tried.url(scope="openid email"))
    assert broker.hub.asked[-1].claims == ("email",)


def test_a_live_invitation_makes_live_clients(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    registrar.token = invitation(broker, live=True)
    tool = registrar.tool(registrar.made())

    assert tool.redeems(browser.arrives(tool).code).status_code == 200


@pytest.mark.parametrize("token", [None, "wrong", "", "x" * 5000, "\u00e4"])
def test_registration_is_closed_without_an_initial_access_token(registrar: Registrar, token: str | None) -> None:
    registrar.token = token
    response = registrar.registers()

    assert response.status_code == 401
    assert response.get_json()["error"] == "invalid_token"
    challenge = response.headers["WWW-Authenticate"]
    assert challenge == 'Bearer realm="registration"' if not token else challenge.startswith('Bearer realm="registration", error=')


def test_an_initial_access_token_has_so_many_uses_and_so_long_a_life(broker: Broker, registrar: Registrar) -> None:
    registrar.token = invitation(broker, uses=2)
    assert [registrar.registers().status_code for _ in range(3)] == [201, 201, 401]
    registrar.token = invitation(broker, days=1)
    broker.clock.advance(days=1)
    assert registrar.registers().status_code == 401


def test_a_refused_registration_uses_nothing_up(broker: Broker, registrar: Registrar) -> None:
    registrar.token = invitation(broker, uses=1)
    assert registrar.registers(redirect_uris=["http://evil.test/"]).status_code == 400
    assert registrar.registers().status_code == 201


def test_the_metadata_announces_it_and_clients_look_after_themselves_by_get(registrar: Registrar) -> None:
    document = registrar.calls("GET", "/.well-known/openid-configuration", None).get_json()
    assert document["registration_endpoint"] == f"{ISSUER}/register"
    assert registrar.calls("GET", "/register", registrar.token).status_code == 405
    assert "op_policy_uri" not in document


@pytest.fixture
def open_house(sqlite_url: str, clock: Clock, web: Web) -> Iterator[Registrar]:
    """Somebody without an invitation, where none is needed."""
    broker = start(sqlite_url, "fake://", clock, open_registration=True, tool_policy_url="https://broker.test/data")
    yield Registrar(broker, web)
    broker.parts.stores.redis.close()
    broker.parts.stores.database.dispose()


def test_where_registration_is_open_everybody_comes_into_the_sandbox_and_not_too_often(open_house: Registrar) -> None:
    made = open_house.made()
    assert open_house.broker.parts.stores.clients.get(made["client_id"]).status is ClientStatus.SANDBOX
    assert open_house.calls("POST", "/register", "wrong", {"redirect_uris": [REDIRECT]}).status_code == 401
    answers = [open_house.registers() for _ in range(MOST_OPEN)]
    assert [answer.status_code for answer in answers] == [201] * (MOST_OPEN - 1) + [429]
    assert answers[-1].get_json()["error"] == "slow_down"
    invited = Registrar(open_house.broker, open_house.web, invitation(open_house.broker))
    assert invited.registers().status_code == 201


def test_pages_for_those_who_register_are_announced_where_there_are_any(open_house: Registrar) -> None:
    document = open_house.calls("GET", "/.well-known/openid-configuration", None).get_json()
    assert document["op_policy_uri"] == "https://broker.test/data"
    assert "op_tos_uri" not in document


def test_guessing_initial_access_tokens_is_told_to_stop(registrar: Registrar) -> None:
    guesses = [registrar.calls("POST", "/register", "guess", {}).status_code for _ in range(MOST_FAILURES + 1)]
    assert guesses == [401] * MOST_FAILURES + [429]
    assert registrar.registers().status_code == 201


def test_an_outage_is_told_as_one(broker: Broker, registrar: Registrar) -> None:
    made = registrar.made()
    broker.parts.stores.database.engine.dispose()
    broker.parts.stores.database._breaker.trip()
    for answer in (registrar.registers(), registrar.reads(made), registrar.changes(made), registrar.leaves(made)):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert answer.get_json()["error"] == "temporarily_unavailable"
