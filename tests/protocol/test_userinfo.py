"""Userinfo: who may ask, how, and what is told (OIDC Core 5.3, RFC 6750)."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from broker.core.claim import HeldClaim
from broker.core.client import ClientClaim, ClientStatus
from broker.core.trust import TrustLevel
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool


@pytest.fixture
def token(browser: Browser, tool: Tool) -> str:
    """An access token of the tool."""
    value: str = tool.redeems(browser.arrives(tool, scope="openid profile assurance").code).get_json()["access_token"]
    return value


def dead(response: TestResponse) -> bool:
    """401 in the form of RFC 6750 3."""
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="userinfo", error="invalid_token"')
    assert response.headers["Cache-Control"] == "no-store"
    return True


def test_sub_equals_the_id_tokens_and_scopes_bring_claims(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool()
    answer = tool.redeems(broker_everywhere.browser().arrives(tool, scope="openid profile assurance").code).get_json()

    response = tool.asks_userinfo(answer["access_token"])

    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    told = response.get_json()
    assert told["sub"] == tool.verifies(answer["id_token"])["sub"]
    assert told["preferred_username"]
    assert told["amr"] == ["eid"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_schemes_name_is_case_insensitive(tool: Tool, token: str, scheme: str) -> None:
    assert tool.gets("/userinfo", {"Authorization": f"{scheme} {token}"}).status_code == 200


def test_post_takes_header_and_form(broker: Broker, token: str) -> None:
    client = broker.app.test_client()

    by_header = client.post("/userinfo", base_url=broker.issuer, headers={"Authorization": f"Bearer {token}"})
    by_form = client.post("/userinfo", base_url=broker.issuer, data={"access_token": token})

    assert by_header.get_json() == by_form.get_json()
    assert by_form.get_json()["sub"]


def test_a_token_in_the_query_does_not_count(tool: Tool, token: str) -> None:
    response = tool.gets(f"/userinfo?access_token={token}")

    assert response.status_code == 401
    assert "error=" not in response.headers["WWW-Authenticate"], "nothing was presented, so nothing is invalid (RFC 6750 3.1)"


def test_two_ways_at_once_are_an_invalid_request(broker: Broker, token: str) -> None:
    client = broker.app.test_client()

    response = client.post("/userinfo", base_url=broker.issuer, data={"access_token": token}, headers={"Authorization": f"Bearer {token}"})

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("value", ["nonsense", "x" * 43, "x" * 5000, "ü", "a b c"])
def test_an_unknown_token_is_invalid(tool: Tool, value: str) -> None:
    assert dead(tool.gets("/userinfo", {"Authorization": f"Bearer {value}".encode().decode("latin-1")}))


def test_an_id_token_or_a_code_is_no_access_token(browser: Browser, tool: Tool) -> None:
    stop = browser.arrives(tool)
    assert dead(tool.asks_userinfo(stop.code))
    assert dead(tool.asks_userinfo(tool.redeems(stop.code).get_json()["id_token"]))


def test_a_token_dies_after_its_minutes(broker: Broker, tool: Tool, token: str) -> None:
    broker.clock.advance(minutes=10, seconds=1)

    assert dead(tool.asks_userinfo(token))


def test_a_token_dies_with_the_sign_out(broker: Broker, browser: Browser, tool: Tool, token: str) -> None:
    browser.presses(browser.opens("/logout"), "logout-confirm")

    assert dead(tool.asks_userinfo(token))


def test_a_token_dies_with_the_consent(broker: Broker, browser: Browser, tool: Tool, token: str) -> None:
    session = broker.session_of(browser)
    broker.parts.stores.consents.withdraw(session.subject_id, tool.client.client_id)

    assert dead(tool.asks_userinfo(token))


def test_a_31_a_token_of_a_suspended_client_is_dead(broker: Broker, tool: Tool, token: str) -> None:
    broker.changes(tool, status=ClientStatus.SUSPENDED)

    assert dead(tool.asks_userinfo(token))


def test_purpose_bound_claims_need_registration_scope_and_consent(broker: Broker, browser: Browser) -> None:
    broker.hub.claims = {"given_name": HeldClaim("Erika", TrustLevel.HIGH), "family_name": HeldClaim("Mustermann", TrustLevel.HIGH)}
    tool = broker.tool(claims=(ClientClaim("given_name", {"de": "Anrede"}),))

    token = tool.redeems(browser.arrives(tool, scope="openid profile").code).get_json()["access_token"]

    told = tool.asks_userinfo(token).get_json()
    assert told["given_name"] == "Erika"
    assert "family_name" not in told


def test_pairwise_subjects_differ_per_sector_and_agree_within_one(broker: Broker, browser: Browser) -> None:
    one, two, sibling = broker.tool("one"), broker.tool("two"), broker.tool("sibling", sector="one.test")

    tokens = [tool.redeems(browser.arrives(tool).code).get_json()["id_token"] for tool in (one, two, sibling)]
    subs = [tool.verifies(token)["sub"] for tool, token in zip((one, two, sibling), tokens, strict=True)]

    assert subs[0] != subs[1]
    assert subs[0] == subs[2]
    assert all(len(sub) <= 255 and sub.isascii() for sub in subs)
