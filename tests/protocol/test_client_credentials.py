"""Services call APIs as themselves (RFC 6749 4.4; protocol.md 6.2, A-13, CO-12, RT-12)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jwt
import pytest
from werkzeug.test import TestResponse

from broker.core.client import ClientStatus
from broker.core.client_policy import AuthMethod, GrantType, TokenPolicy
from broker.core.errors import StoreUnavailable
from broker.core.grant import access_hash
from tests.support.app import ISSUER, Broker
from tests.support.tool import Tool

API, OTHER_API = "https://api.test/", "https://archive.test/"
SERVICE = TokenPolicy(grant_types=(GrantType.CLIENT_CREDENTIALS,), resources=(API,))


@pytest.fixture
def service(broker: Broker) -> Tool:
    """A service that may call one API."""
    return a_service(broker)


def a_service(broker: Broker, client_id: str = "dienst", tokens: TokenPolicy = SERVICE, **changes: Any) -> Tool:
    """A service client."""
    return broker.tool(client_id, tokens=tokens, redirect_uris=(), **changes)


def asks(tool: Tool, **form: Any) -> TestResponse:
    """`grant_type=client_credentials`."""
    return tool.calls_token({"grant_type": "client_credentials", **form}, tool.basic())


def refused(response: TestResponse, error: str, status: int = 400) -> bool:
    """The token endpoint's JSON error."""
    assert (response.status_code, response.get_json()["error"]) == (status, error), response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
    return True


def test_a_service_gets_a_token_for_its_api_and_nothing_else(broker_everywhere: Broker) -> None:
    response = asks(a_service(broker_everywhere))

    answer = response.get_json()
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert set(answer) == {"access_token", "token_type", "expires_in"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 600)
    kept = broker_everywhere.parts.stores.access_tokens.find(access_hash(answer["access_token"], as_jwt=False))
    assert kept
    assert (kept.grant, kept.token.client_id, kept.token.audience, kept.token.scopes) == (None, "dienst", (API,), ())


def test_two_tokens_are_never_the_same(service: Tool) -> None:
    assert asks(service).get_json()["access_token"] != asks(service).get_json()["access_token"]


def test_a_13_as_a_jwt_the_service_stands_for_itself_and_for_no_citizen(broker: Broker) -> None:
    service = a_service(broker, tokens=replace(SERVICE, access_token_jwt=True))

    token = asks(service).get_json()["access_token"]

    key = next(jwt.PyJWK(one) for one in service.gets("/jwks").get_json()["keys"] if one["kid"] == jwt.get_unverified_header(token)["kid"])
    claims = jwt.decode(token, key, ["RS256"], audience=API, issuer=ISSUER, options={"verify_exp": False, "verify_iat": False})
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    assert (claims["sub"], claims["client_id"], claims["aud"]) == ("dienst", "dienst", API)
    assert not {"acr", "auth_time", "sid", "nonce", "scope"} & set(claims)


@pytest.mark.parametrize("as_jwt", [False, True])
def test_rt_12_userinfo_refuses_it(broker: Broker, as_jwt: bool) -> None:
    service = a_service(broker, tokens=replace(SERVICE, access_token_jwt=as_jwt))

    answer = service.asks_userinfo(asks(service).get_json()["access_token"])

    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_token")


def test_of_several_apis_one_has_to_be_named(broker: Broker) -> None:
    service = a_service(broker, tokens=replace(SERVICE, resources=(API, OTHER_API)))

    assert refused(asks(service), "invalid_target")
    assert refused(asks(service, resource=[API, OTHER_API]), "invalid_target")
    for name in ("resource", "audience"):
        token = asks(service, **{name: OTHER_API}).get_json()["access_token"]
        kept = broker.parts.stores.access_tokens.find(access_hash(token, as_jwt=False))
        assert kept
        assert kept.token.audience == (OTHER_API,)


@pytest.mark.parametrize("resource", [OTHER_API, API.rstrip("/"), API.upper(), f"{API}x", "https://evil.test/", ISSUER])
def test_an_api_that_is_not_on_record_is_refused(service: Tool, resource: str) -> None:
    assert refused(asks(service, resource=resource), "invalid_target")


@pytest.mark.parametrize("scope", ["openid", "profile", "offline_access", "api.read"])
def test_scopes_are_what_citizens_agree_to(service: Tool, scope: str) -> None:
    assert refused(asks(service, scope=scope), "invalid_scope")


def test_co_12_only_for_clients_registered_for_it(broker: Broker, tool: Tool) -> None:
    assert refused(asks(tool), "unauthorized_client")


def test_a_client_that_cannot_prove_who_it_is_is_no_service(broker: Broker) -> None:
    """Tool files cannot say so; a record that does is refused all the same."""
    public = a_service(broker, auth_method=AuthMethod.NONE)

    assert refused(public.calls_token({"grant_type": "client_credentials", "client_id": "dienst"}), "unauthorized_client")


def test_without_the_secret_there_is_nothing(service: Tool) -> None:
    wrong = service.calls_token({"grant_type": "client_credentials"}, service.basic(secret="wrong"))
    assert refused(wrong, "invalid_client", 401)
    assert refused(service.calls_token({"grant_type": "client_credentials", "client_id": "dienst"}), "invalid_client", 401)


def test_a_31_the_tokens_of_a_suspended_service_are_dead_at_once(broker: Broker, service: Tool) -> None:
    token = access_hash(asks(service).get_json()["access_token"], as_jwt=False)
    assert broker.parts.stores.access_tokens.find(token)

    broker.changes(service, status=ClientStatus.SUSPENDED)

    assert broker.parts.stores.access_tokens.find(token) is None
    assert refused(asks(service), "invalid_client", 401)


def test_its_token_ends_after_ten_minutes(broker: Broker, service: Tool) -> None:
    token = access_hash(asks(service).get_json()["access_token"], as_jwt=False)
    broker.clock.advance(minutes=10)
    assert broker.parts.stores.access_tokens.find(token) is None


def test_a_service_cannot_send_citizens_here(broker: Broker) -> None:
    """The code grant is not its own, though it may have a return address."""
    service = broker.tool("dienst", tokens=SERVICE)
    stop = broker.browser().opens(service.url())
    assert stop.answer["error"] == "unauthorized_client"


def test_a_47_an_outage_is_told_as_one(service: Tool, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: object, token: object) -> None:
        raise StoreUnavailable("SQL")

    monkeypatch.setattr(type(broker.parts.stores.access_tokens), "add", away)
    assert refused(asks(service), "temporarily_unavailable", 503)


@pytest.mark.parametrize("as_jwt", [False, True])
def test_rt_09_the_api_learns_who_calls_and_nobody_else_does(broker: Broker, as_jwt: bool) -> None:
    service = a_service(broker, tokens=replace(SERVICE, access_token_jwt=as_jwt))
    api, stranger = broker.tool("api", tokens=TokenPolicy(resource=API)), broker.tool("stranger", tokens=TokenPolicy(resource=OTHER_API))
    token = asks(service).get_json()["access_token"]

    told = api.introspects(token)

    assert told["active"] is True
    assert (told["sub"], told["client_id"], told["aud"]) == ("dienst", "dienst", API)
    assert not {"acr", "auth_time", "scope"} & set(told)
    assert stranger.introspects(token) == {"active": False}


def test_rt_13_a_service_gives_its_token_back(broker: Broker, service: Tool) -> None:
    token = asks(service).get_json()["access_token"]
    assert broker.tool("other").revokes(token).status_code == 200
    assert service.introspects(token)["active"] is True
    assert service.revokes(token).status_code == 200
    assert service.introspects(token) == {"active": False}
