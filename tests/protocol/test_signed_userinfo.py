"""Userinfo as a signed JWT where the tool's record says so, checked by PyJWT (OIDC Core 5.3.2, A-23, RT-12, JT-14)."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from jwt.algorithms import get_default_algorithms
from werkzeug.test import TestResponse

from broker.core.client_policy import TokenPolicy
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool

AS_PYJWT_CALLS_IT = {"Ed25519": "EdDSA"}


def checked(tool: Tool, token: str, algorithm: str) -> dict[str, Any]:
    """The claims, the signature checked against the published key."""
    kid = jwt.get_unverified_header(token)["kid"]
    (published,) = [key for key in tool.gets("/jwks").get_json()["keys"] if key["kid"] == kid]
    key = get_default_algorithms()[AS_PYJWT_CALLS_IT.get(algorithm, algorithm)].from_jwk(published)
    claims: dict[str, Any] = jwt.decode(token, key, [algorithm], audience=tool.client.client_id, issuer=tool.issuer)
    return claims


def asked(browser: Browser, tool: Tool) -> tuple[dict[str, Any], TestResponse]:
    """The token answer and the userinfo answer."""
    answer = tool.redeems(browser.arrives(tool, scope="openid profile").code).get_json()
    return answer, tool.asks_userinfo(answer["access_token"])


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "Ed25519"])
def test_it_is_signed_says_by_whom_and_for_whom(broker: Broker, browser: Browser, algorithm: str) -> None:
    tool = broker.tool(tokens=TokenPolicy(userinfo_alg=algorithm))
    answer, response = asked(browser, tool)

    told = checked(tool, response.get_data(as_text=True), algorithm)

    assert response.mimetype == "application/jwt"
    assert response.headers["Cache-Control"] == "no-store"
    assert (told["iss"], told["aud"]) == (tool.issuer, tool.client.client_id)
    assert told["sub"] == tool.verifies(answer["id_token"])["sub"]
    assert told["preferred_username"]


def test_its_algorithm_is_its_own_not_the_id_tokens(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(id_token_alg="PS256", tokens=TokenPolicy(userinfo_alg="ES256"))
    answer, response = asked(browser, tool)

    assert jwt.get_unverified_header(answer["id_token"])["alg"] == "PS256"
    assert jwt.get_unverified_header(response.get_data(as_text=True))["alg"] == "ES256"


def test_plain_json_is_the_default_and_errors_are_never_signed(broker: Broker, browser: Browser, tool: Tool) -> None:
    _, response = asked(browser, tool)
    assert (response.mimetype, "iss" in response.get_json()) == ("application/json", False)

    signing = broker.tool("signing", tokens=TokenPolicy(userinfo_alg="RS256"))
    refused = signing.asks_userinfo("nonsense")
    assert (refused.status_code, refused.get_json()["error"]) == (401, "invalid_token")


def test_jt_14_rt_12_it_is_neither_an_id_token_nor_an_access_token(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=TokenPolicy(userinfo_alg="RS256"))
    _, response = asked(browser, tool)
    token = response.get_data(as_text=True)

    assert jwt.get_unverified_header(token)["typ"] == "userinfo+jwt"
    assert browser.opens(tool.url(prompt="none", id_token_hint=token)).answer["error"] == "invalid_request"
    assert tool.asks_userinfo(token).status_code == 401
    assert "exp" not in jwt.decode(token, options={"verify_signature": False})
