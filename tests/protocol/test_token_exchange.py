"""A tool calls another API for a citizen with a token exchanged for it (RFC 8693; CN-03, CN-05, CO-12, RT-02, RT-03, RT-12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jwt
import pytest
from werkzeug.test import TestResponse

from broker.core.client import ClientStatus
from broker.core.client_policy import GrantType, TokenPolicy
from broker.core.grant import LiveToken, access_hash
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.tool import Tool

API, OTHER_API = "https://api.test/", "https://archive.test/"
EXCHANGE, ACCESS_TOKEN = GrantType.TOKEN_EXCHANGE.value, "urn:ietf:params:oauth:token-type:access_token"
CALLS = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.TOKEN_EXCHANGE), resources=(API, OTHER_API))


@dataclass
class Scene:
    """A tool to which a citizen gave a token, agreeing that it calls one of its two APIs."""

    broker: Broker
    browser: Browser
    tool: Tool
    token: str
    sub: str

    def exchanges(self, **changes: Any) -> TestResponse:
        """The usual exchange; a change to None leaves a parameter out."""
        usual = {"grant_type": EXCHANGE, "subject_token": self.token, "subject_token_type": ACCESS_TOKEN, "resource": API}
        form = {name: value for name, value in {**usual, **changes}.items() if value is not None}
        return self.tool.calls_token(form, self.tool.basic())

    def kept(self, access_token: str) -> LiveToken | None:
        """What stands behind an opaque token, if it is good."""
        return self.broker.parts.stores.access_tokens.find(access_hash(access_token, as_jwt=False))


def scene_of(broker: Broker, tokens: TokenPolicy = CALLS, **changes: Any) -> Scene:
    """The citizen has signed in and agreed."""
    tool, browser = broker.tool(tokens=tokens, **changes), broker.browser()
    answer = tool.redeems(browser.arrives(tool, scope="openid profile", resource=API).code).get_json()
    return Scene(broker, browser, tool, answer["access_token"], tool.verifies(answer["id_token"])["sub"])


@pytest.fixture
def scene(broker: Broker) -> Scene:
    return scene_of(broker)


def refused(response: TestResponse, error: str, status: int = 400) -> bool:
    """The token endpoint's JSON error."""
    assert (response.status_code, response.get_json()["error"]) == (status, error), response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
    return True


def test_a_citizens_token_becomes_one_for_the_api(broker_everywhere: Broker) -> None:
    scene = scene_of(broker_everywhere)

    answer = scene.exchanges().get_json()

    assert set(answer) == {"access_token", "issued_token_type", "token_type", "expires_in", "scope"}
    assert (answer["issued_token_type"], answer["token_type"], answer["scope"]) == (ACCESS_TOKEN, "Bearer", "profile")
    old, new = scene.kept(scene.token), scene.kept(answer["access_token"])
    assert old
    assert new
    assert new.grant == old.grant
    assert (new.token.audience, new.token.client_id) == ((API,), "karte")


def test_as_a_jwt_it_names_citizen_api_and_the_tool_that_acts(broker: Broker) -> None:
    scene = scene_of(broker, replace(CALLS, access_token_jwt=True))

    token = scene.exchanges().get_json()["access_token"]

    keys = scene.tool.gets("/jwks").get_json()["keys"]
    key = next(jwt.PyJWK(one) for one in keys if one["kid"] == jwt.get_unverified_header(token)["kid"])
    claims = jwt.decode(token, key, ["RS256"], audience=API, issuer=ISSUER, options={"verify_exp": False, "verify_iat": False})
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    assert (claims["sub"], claims["act"], claims["client_id"]) == (scene.sub, {"sub": "karte"}, "karte")
    assert not {"given_name", "preferred_username", "nonce"} & set(claims)


def test_rt_12_it_is_no_token_for_userinfo(scene: Scene) -> None:
    token = scene.exchanges().get_json()["access_token"]
    assert refused(scene.tool.asks_userinfo(token), "invalid_token", 401)


@pytest.mark.parametrize("name", ["resource", "audience"])
def test_the_api_may_be_named_either_way_and_only_once(scene: Scene, name: str) -> None:
    assert scene.exchanges(**{"resource": None, name: API}).status_code == 200
    assert refused(scene.exchanges(**{"resource": None, name: [API, OTHER_API]}), "invalid_target")
    assert refused(scene.exchanges(resource=None), "invalid_target")


@pytest.mark.parametrize("resource", ["https://evil.test/", API.upper(), API.rstrip("/"), f"{API}x", ISSUER])
def test_an_api_that_is_not_on_record_is_refused(scene: Scene, resource: str) -> None:
    assert refused(scene.exchanges(resource=resource), "invalid_target")


def test_cn_03_the_citizen_has_to_have_agreed_to_the_api(scene: Scene) -> None:
    """On record is not enough: this citizen was asked for the one API only."""
    assert refused(scene.exchanges(resource=OTHER_API), "invalid_target")
    scene.browser.arrives(scene.tool, scope="openid profile", resource=OTHER_API)
    assert scene.exchanges(resource=OTHER_API).status_code == 200


def test_cn_03_a_first_party_tool_asks_for_no_consent_and_may(broker: Broker) -> None:
    assert scene_of(broker, first_party=True).exchanges().status_code == 200


def test_rt_03_scope_may_shrink_and_never_grow(scene: Scene) -> None:
    assert scene.exchanges(scope="profile").get_json()["scope"] == "profile"
    assert "scope" not in scene.exchanges(scope="openid").get_json()
    assert refused(scene.exchanges(scope="profile assurance"), "invalid_scope")
    narrow = scene.exchanges(scope="openid").get_json()["access_token"]
    assert refused(scene.exchanges(subject_token=narrow, scope="profile"), "invalid_scope")


def test_rt_02_a_token_of_another_tool_is_refused(broker: Broker, scene: Scene) -> None:
    other = replace(scene, tool=broker.tool("other", tokens=CALLS))
    assert refused(other.exchanges(), "invalid_request")


@pytest.mark.parametrize("kind", ["unknown", "cut", "id_token", "refused", "empty"])
def test_rt_12_only_a_live_access_token_is_taken(scene: Scene, kind: str) -> None:
    code = scene.browser.arrives(scene.tool, scope="openid profile", resource=API).code
    id_token = scene.tool.redeems(code).get_json()["id_token"]
    wrong = {"unknown": "x" * 43, "cut": scene.token[:-1], "id_token": id_token, "refused": code, "empty": ""}[kind]
    assert refused(scene.exchanges(subject_token=wrong), "invalid_request")


def test_a_services_own_token_stands_for_nobody(broker: Broker) -> None:
    scene = scene_of(broker, replace(CALLS, grant_types=(*CALLS.grant_types, GrantType.CLIENT_CREDENTIALS)))
    own = scene.tool.calls_token({"grant_type": "client_credentials", "resource": API}, scene.tool.basic()).get_json()["access_token"]
    assert refused(scene.exchanges(subject_token=own), "invalid_request")


@pytest.mark.parametrize(
    "changes",
    [
        {"subject_token_type": None},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:saml2"},
        {"actor_token": "x", "actor_token_type": ACCESS_TOKEN},
        {"subject_token": None},
    ],
)
def test_other_kinds_of_tokens_and_actors_are_refused(scene: Scene, changes: dict[str, Any]) -> None:
    assert refused(scene.exchanges(**changes), "invalid_request")


def test_an_access_token_may_be_asked_for_by_name(scene: Scene) -> None:
    assert scene.exchanges(requested_token_type=ACCESS_TOKEN).status_code == 200


def test_it_lives_no_longer_than_the_token_it_came_from(scene: Scene) -> None:
    scene.broker.clock.advance(minutes=4)
    answer = scene.exchanges().get_json()
    assert answer["expires_in"] == 360
    again = scene.exchanges(subject_token=answer["access_token"]).get_json()
    assert again["expires_in"] == 360
    scene.broker.clock.advance(minutes=6)
    assert scene.kept(answer["access_token"]) is None
    assert refused(scene.exchanges(), "invalid_request")


def test_it_dies_with_its_grant(scene: Scene) -> None:
    token = scene.exchanges().get_json()["access_token"]
    scene.browser.presses(scene.browser.opens("/logout"), "logout-confirm")
    assert scene.kept(token) is None
    assert refused(scene.exchanges(), "invalid_request")


def test_cn_05_a_consent_withdrawn_ends_both(scene: Scene) -> None:
    token = scene.exchanges().get_json()["access_token"]
    stores = scene.broker.parts.stores
    live = scene.kept(token)
    assert live
    assert live.grant
    stores.consents.withdraw(live.grant.subject_id, "karte")
    assert scene.kept(token) is None
    assert refused(scene.exchanges(), "invalid_request")


def test_a_31_a_tool_suspended_gets_nothing_and_loses_what_it_has(scene: Scene) -> None:
    token = scene.exchanges().get_json()["access_token"]
    scene.broker.changes(scene.tool, status=ClientStatus.SUSPENDED)
    assert scene.kept(token) is None
    assert refused(scene.exchanges(), "invalid_client", 401)


def test_co_12_only_for_tools_registered_for_it(scene: Scene) -> None:
    scene.broker.changes(scene.tool, tokens=replace(CALLS, grant_types=(GrantType.AUTHORIZATION_CODE,)))
    assert refused(scene.exchanges(), "unauthorized_client")


def test_rt_09_the_api_learns_for_whom_it_is_called_and_only_that_api(scene: Scene) -> None:
    api, other = (
        scene.broker.tool("api", tokens=TokenPolicy(resource=API)),
        scene.broker.tool("other", tokens=TokenPolicy(resource=OTHER_API)),
    )
    token = scene.exchanges().get_json()["access_token"]

    told = api.introspects(token)

    assert (told["active"], told["sub"], told["client_id"], told["aud"], told["scope"]) == (True, scene.sub, "karte", API, "profile")
    assert not {"given_name", "preferred_username"} & set(told)
    assert other.introspects(token) == {"active": False}


def test_rt_13_given_back_it_dies_alone(scene: Scene) -> None:
    token = scene.exchanges().get_json()["access_token"]
    scene.tool.revokes(token)
    assert scene.kept(token) is None
    assert scene.kept(scene.token)
