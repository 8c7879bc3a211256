"""Back-channel logout as a tool's server sees it: what is posted, signed with the key it finds published (A-19, LO-03)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt
import pytest

from broker.core.client_policy import LogoutPolicy
from broker.flows.delivering import LOGOUT_EVENT
from tests.support.app import ISSUER, Broker
from tests.support.outbox import worker_delivers
from tests.support.tool import Tool

LITERALLY = LogoutPolicy(told_when_asking=True)
REQUIRED = ["iss", "aud", "iat", "exp", "jti", "sub", "sid", "events"]


def delivered(broker: Broker) -> list[tuple[str, Mapping[str, str]]]:
    """What the worker posts now."""
    posted: list[tuple[str, Mapping[str, str]]] = []

    def post(url: str, form: Mapping[str, str]) -> int:
        posted.append((url, form))
        return 200

    worker_delivers(broker, post)
    return posted


def read(tool: Tool, token: str) -> dict[str, Any]:
    """The claims, checked by PyJWT against the published keys."""
    key = next(jwt.PyJWK(one) for one in tool.gets("/jwks").get_json()["keys"] if one["kid"] == jwt.get_unverified_header(token)["kid"])
    options: Any = {"require": REQUIRED, "verify_exp": False, "verify_iat": False}
    claims: dict[str, Any] = jwt.decode(
        token, key, [tool.client.id_token_alg], audience=tool.client.client_id, issuer=ISSUER, options=options
    )
    return claims


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_19_the_token_is_what_the_specification_asks_for(broker: Broker, algorithm: str) -> None:
    tool, browser = broker.tool(id_token_alg=algorithm, logout=LITERALLY), broker.browser()
    token = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
    signed_in = tool.verifies(token, algorithm)
    browser.opens("/logout", query_string={"id_token_hint": token})

    ((url, form),) = delivered(broker)

    assert (url, form.keys()) == ("https://tool.test/backchannel", {"logout_token"})
    claims, header = read(tool, form["logout_token"]), jwt.get_unverified_header(form["logout_token"])
    assert (header["typ"], header["alg"]) == ("logout+jwt", algorithm)
    assert (claims["sub"], claims["sid"]) == (signed_in["sub"], signed_in["sid"])
    assert claims["aud"] == "karte"
    assert claims["events"] == {LOGOUT_EVENT: {}}
    assert claims["iat"] == int(broker.clock().timestamp())
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert "nonce" not in claims
    assert delivered(broker) == [], "told once"


def test_a_23_a_logout_token_is_no_hint(broker: Broker) -> None:
    tool, browser = broker.tool(logout=LITERALLY), broker.browser()
    browser.opens("/logout", query_string={"id_token_hint": tool.redeems(browser.arrives(tool).code).get_json()["id_token"]})
    ((_, form),) = delivered(broker)

    stop = browser.opens("/logout", query_string={"id_token_hint": form["logout_token"]})

    assert stop.response.status_code == 400
