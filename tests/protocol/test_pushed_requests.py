"""`POST /par`: tools hand their requests over, server to server (RFC 9126; A-12). What becomes of the references: test_request_uri.py."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from broker.core.client_policy import AuthMethod, TokenPolicy
from broker.core.ids import new_secret
from broker.oidc.request_source import REFERENCE
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.outages import AWAY
from tests.support.signing import ASSERTION_TYPE, signing_tool
from tests.support.tool import Tool, at_authorize, challenge_of


def test_a_pushed_request_signs_in(broker_everywhere: Broker) -> None:
    tool, browser = broker_everywhere.tool(), broker_everywhere.browser()

    response = tool.pushes()
    stop = browser.arrives_at(at_authorize(tool, response.get_json()["request_uri"]))

    assert stop.answer.keys() == {"code", "state", "iss"}
    assert stop.answer["state"] == tool.state
    assert tool.verifies(tool.redeems(stop.code).get_json()["id_token"])["nonce"] == tool.nonce


def test_the_answer_is_201_with_a_long_random_reference(tool: Tool) -> None:
    response = tool.pushes()

    assert response.status_code == 201
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    body = response.get_json()
    assert body.keys() == {"request_uri", "expires_in"}
    assert re.fullmatch(r"urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{22,}", body["request_uri"])
    assert 60 <= body["expires_in"] <= 90
    assert body["request_uri"] != tool.pushes().get_json()["request_uri"]


def test_a_public_client_pushes_by_its_name(broker: Broker, browser: Browser) -> None:
    tool = broker.tool("app", auth_method=AuthMethod.NONE)

    assert browser.arrives_at(tool.pushed_url()).code


def test_client_secret_post_authenticates_as_well(browser: Browser, tool: Tool) -> None:
    response = tool.posts("/par", {**tool.parameters(), "client_secret": tool.secret})

    assert browser.arrives_at(at_authorize(tool, response.get_json()["request_uri"])).code


def test_a_client_with_keys_pushes_by_an_assertion(broker: Broker, browser: Browser) -> None:
    signer = signing_tool(broker)
    form = {**signer.tool.parameters(), "client_assertion_type": ASSERTION_TYPE, "client_assertion": signer.assertion()}

    response = signer.tool.posts("/par", form)

    assert browser.arrives_at(at_authorize(signer.tool, response.get_json()["request_uri"])).code
    assert signer.tool.posts("/par", form).get_json()["error"] == "invalid_client", "an assertion counts once"


@pytest.mark.parametrize("how", ["no secret", "wrong secret", "another client's name"])
def test_cl_01_a_client_that_does_not_prove_itself_pushes_nothing(broker: Broker, tool: Tool, how: str) -> None:
    other = broker.tool("other")
    headers = {"no secret": {}, "wrong secret": tool.basic(secret="wrong"), "another client's name": other.basic()}[how]

    response = tool.posts("/par", tool.parameters(), headers)

    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")
    assert response.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_405(broker: Broker, method: str) -> None:
    response = broker.app.test_client().open("/par", method=method, base_url=ISSUER)

    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.test/"}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "abc"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"id_token_hint": "x.y.z"}, "invalid_request"),
        ({"state": "s" * 5000}, "invalid_request"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"dpop_jkt": "short"}, "invalid_request"),
        ({"request": "e30.e30.e30"}, "request_not_supported"),
        ({"request_uri": "https://tool.test/object"}, "invalid_request"),
        ({"request_uri": REFERENCE + "x"}, "invalid_request"),
        ({"claims": '{"id_token":{"acr":{"essential":true,"value":"urn:nobody:knows"}}}'}, "unmet_authentication_requirements"),
    ],
)
def test_every_fault_of_a_request_is_json_when_pushed(tool: Tool, changes: dict[str, str | None], error: str) -> None:
    response = tool.pushes(**changes)

    assert response.get_json()["error"] == error
    assert 400 <= response.status_code < 500
    assert "Location" not in response.headers


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "scope", "state", "nonce", "request_uri"])
def test_ru_08_a_doubled_parameter_is_refused_when_pushed(tool: Tool, name: str) -> None:
    body = urlencode([*tool.parameters().items(), (name, "again"), (name, "again")])

    response = tool.app.test_client(use_cookies=False).post(
        "/par", base_url=ISSUER, data=body, headers=tool.basic(), content_type="application/x-www-form-urlencoded"
    )

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")


def test_the_body_has_to_be_a_form(tool: Tool) -> None:
    client = tool.app.test_client(use_cookies=False)

    assert client.post("/par", base_url=ISSUER, json=tool.parameters(), headers=tool.basic()).status_code == 400


def test_resources_are_kept_and_unknown_ones_ignored(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=TokenPolicy(resources=("https://api.test/",)))
    body = urlencode([*tool.parameters().items(), ("resource", "https://other.test"), ("resource", "https://api.test/")])
    response = tool.app.test_client(use_cookies=False).post(
        "/par", base_url=ISSUER, data=body, headers=tool.basic(), content_type="application/x-www-form-urlencoded"
    )

    code = browser.arrives_at(at_authorize(tool, response.get_json()["request_uri"])).code

    issued = broker.parts.stores.codes.take(code)
    assert issued is not None
    assert issued.audience == ("https://api.test/",)


@pytest.mark.parametrize("pushed", [True, False])
def test_a_key_announced_by_dpop_jkt_binds_the_code(broker: Broker, browser: Browser, tool: Tool, pushed: bool) -> None:
    thumbprint = challenge_of("any SHA-256 in base64url")
    url = tool.pushed_url(dpop_jkt=thumbprint) if pushed else tool.url(dpop_jkt=thumbprint)

    issued = broker.parts.stores.codes.take(browser.arrives_at(url).code)

    assert issued is not None
    assert issued.confirmation == f"jkt:{thumbprint}"


@pytest.mark.parametrize("store", AWAY)
def test_f_01_an_outage_is_503_and_nothing_else(broker: Broker, tool: Tool, store: str) -> None:
    with AWAY[store](broker):
        response = tool.pushes()

    assert (response.status_code, response.get_json()["error"]) == (503, "temporarily_unavailable")
    assert int(response.headers["Retry-After"]) > 0


def test_what_was_pushed_lies_encrypted_under_another_name(broker: Broker, tool: Tool) -> None:
    state = new_secret()
    reference = tool.pushes(state=state).get_json()["request_uri"]

    client = broker.parts.stores.redis._client
    names = list(client.scan_iter("bp:pushed:*"))
    assert len(names) == 1
    assert reference.removeprefix(REFERENCE).encode() not in names[0]
    assert state.encode() not in (client.get(names[0]) or b"")


def test_in_04_scripts_of_registered_origins_may_push(tool: Tool) -> None:
    known, foreign = (tool.pushes({"Origin": origin}).headers for origin in ("https://tool.test", "https://evil.test"))

    assert known["Access-Control-Allow-Origin"] == "https://tool.test"
    assert "Access-Control-Allow-Origin" not in foreign
