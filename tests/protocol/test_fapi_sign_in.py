"""FAPI 2.0, Security Profile and Message Signing, from end to end: a signed request is pushed by a client that signs who it is and proves a
key; the answer is signed; the tokens are bound."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from werkzeug.test import TestResponse

from broker.core.client_policy import RequestPolicy, TokenPolicy
from tests.support.app import Broker
from tests.support.dpop import Prover
from tests.support.request_object import KIND, RequestSigner
from tests.support.signing import ASSERTION_TYPE, SigningKey, SigningTool, signing_tool
from tests.support.tool import at_authorize


@pytest.fixture
def fapi(broker_everywhere: Broker) -> SigningTool:
    """A tool held to all of it."""
    return signing_tool(
        broker_everywhere,
        key=SigningKey("ES256"),
        fapi=True,
        id_token_alg="ES256",
        response_modes=("jwt",),
        requests=RequestPolicy(require_pushed=True, require_signed=True),
        tokens=TokenPolicy(dpop_bound=True),
    )


def pushes(fapi: SigningTool, prover: Prover, **changes: Any) -> TestResponse:
    """A signed request, pushed by its client."""
    signer = RequestSigner(fapi.broker, fapi.tool, fapi.key)
    claims = signer.claims(response_mode="jwt", **changes)
    form = {
        "client_id": fapi.tool.client.client_id,
        "request": fapi.key.sign_bytes(json.dumps(claims).encode(), kid=fapi.key.kid, typ=KIND),
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": fapi.assertion(),
    }
    return fapi.tool.posts("/par", form, prover.headers("POST", "/par"))


def redeems(fapi: SigningTool, prover: Prover, code: str) -> TestResponse:
    """The code, with assertion and proof."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": fapi.tool.client.redirect_uris[0],
        "code_verifier": fapi.tool.verifier,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": fapi.assertion(),
    }
    return fapi.tool.calls_token(form, prover.headers("POST", "/token"))


def test_a_sign_in_with_everything_signed(broker_everywhere: Broker, fapi: SigningTool) -> None:
    broker, tool = broker_everywhere, fapi.tool
    prover = Prover(broker.clock, broker.issuer)

    reference = pushes(fapi, prover).get_json()["request_uri"]
    answer = broker.browser().arrives_at(at_authorize(tool, reference)).answer
    assert answer.keys() == {"response"}
    said = jwt.decode(answer["response"], options={"verify_signature": False})  # verified in test_signed_response.py
    tokens = redeems(fapi, prover, said["code"]).get_json()

    assert said["state"] == tool.state
    assert tokens["token_type"] == "DPoP"
    assert tool.verifies(tokens["id_token"], "ES256")["nonce"] == tool.nonce
    userinfo = tool.gets("/userinfo", prover.headers("GET", "/userinfo", tokens["access_token"]))
    assert userinfo.status_code == 200
    assert tool.asks_userinfo(tokens["access_token"]).status_code == 401, "as a bearer token it is worth nothing"


def test_a_thief_of_the_code_lacks_the_key(broker_everywhere: Broker, fapi: SigningTool) -> None:
    broker = broker_everywhere
    prover, thief = Prover(broker.clock, broker.issuer), Prover(broker.clock, broker.issuer)

    answer = broker.browser().arrives_at(at_authorize(fapi.tool, pushes(fapi, prover).get_json()["request_uri"])).answer
    code = jwt.decode(answer["response"], options={"verify_signature": False})["code"]

    assert redeems(fapi, thief, code).get_json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes", [{"nbf": None}, {"code_challenge": None}, {"redirect_uri": "https://evil.test/"}, {"aud": "https://x.test"}]
)
def test_what_the_profile_forbids_is_refused_at_the_push(broker_everywhere: Broker, fapi: SigningTool, changes: dict[str, Any]) -> None:
    response = pushes(fapi, Prover(broker_everywhere.clock, broker_everywhere.issuer), **changes)

    assert response.status_code == 400


def test_nothing_works_past_the_push(broker_everywhere: Broker, fapi: SigningTool) -> None:
    browser = broker_everywhere.browser()
    signer = RequestSigner(fapi.broker, fapi.tool, fapi.key)

    assert browser.opens(fapi.tool.url()).answer["error"] == "invalid_request"
    stop = browser.opens(signer.url(signer.signed(response_mode="jwt")))
    assert jwt.decode(stop.answer["response"], options={"verify_signature": False})["error"] == "invalid_request"
