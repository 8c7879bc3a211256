"""Nonces over the wire: asked for, given with every answer to a proof, refused when old or foreign (RFC 9449 8, 9)."""

from __future__ import annotations

import pytest

from broker.core.client_policy import TokenPolicy
from broker.oidc.dpop_nonce import WINDOW_SECONDS
from tests.protocol.test_dpop import challenged, refused
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.dpop import Prover
from tests.support.tool import Tool


@pytest.fixture
def careful(broker: Broker) -> Tool:
    """A tool whose record demands our nonce in each proof."""
    tool = broker.tool(tokens=TokenPolicy(dpop_bound=True, dpop_nonce=True))
    tool.prover = broker.prover()
    return tool


@pytest.fixture
def prover(careful: Tool) -> Prover:
    assert careful.prover is not None
    return careful.prover


def test_a_proof_without_is_answered_with_one_and_consumes_no_code(browser: Browser, careful: Tool, prover: Prover) -> None:
    code = browser.arrives(careful).code

    first = careful.redeems(code)
    assert refused(first, "use_dpop_nonce")

    prover.nonce = first.headers["DPoP-Nonce"]
    second = careful.redeems(code)
    assert second.get_json()["token_type"] == "DPoP"
    assert second.headers["DPoP-Nonce"]


def test_userinfo_demands_it_as_well(browser: Browser, careful: Tool, prover: Prover) -> None:
    code = browser.arrives(careful).code
    prover.nonce = careful.redeems(code).headers["DPoP-Nonce"]
    token = careful.redeems(code).get_json()["access_token"]

    without = careful.gets("/userinfo", prover.headers("GET", "/userinfo", token, nonce=None))

    assert challenged(without, "use_dpop_nonce")
    prover.nonce = without.headers["DPoP-Nonce"]
    assert careful.asks_userinfo(token).status_code == 200


@pytest.mark.parametrize("nonce", ["foreign", "x" * 43])
def test_one_that_is_not_ours_is_refused_also_where_none_is_needed(broker: Broker, browser: Browser, tool: Tool, nonce: str) -> None:
    tool.prover = broker.prover()
    code = browser.arrives(tool).code
    tool.prover.nonce = nonce

    told = tool.redeems(code)

    assert refused(told, "use_dpop_nonce")
    tool.prover.nonce = told.headers["DPoP-Nonce"]
    assert tool.redeems(code).status_code == 200


def test_an_old_one_is_refused(broker: Broker, browser: Browser, careful: Tool, prover: Prover) -> None:
    prover.nonce = careful.redeems("x").headers["DPoP-Nonce"]
    broker.clock.advance(seconds=2 * WINDOW_SECONDS)
    code = browser.arrives(careful).code

    told = careful.redeems(code)

    assert refused(told, "use_dpop_nonce")
    assert told.headers["DPoP-Nonce"] != prover.nonce


def test_errors_of_every_kind_carry_the_next_one(broker: Broker, careful: Tool, prover: Prover) -> None:
    proof = {"DPoP": "nonsense"}

    for response in (
        careful.calls_token({"grant_type": "authorization_code", "code": "x"}, {**careful.basic(secret="wrong"), **proof}),
        careful.calls_token({"grant_type": "authorization_code", "code": "x"}, {**careful.basic(), **proof}),
        careful.calls_token({}, proof),
        careful.gets("/userinfo", {"Authorization": f"DPoP {'x' * 43}", **proof}),
    ):
        assert response.status_code in (400, 401)
        assert broker.parts.proofs.nonces.knows(response.headers["DPoP-Nonce"])


def test_in_04_scripts_of_registered_tools_may_send_proofs_and_read_nonces(careful: Tool) -> None:
    origin = {"Origin": "https://tool.test"}
    client = careful.app.test_client(use_cookies=False)

    before = client.options("/token", base_url=ISSUER, headers=origin)
    answer = careful.calls_token({}, {"DPoP": "nonsense", **origin})

    assert "DPoP" in before.headers["Access-Control-Allow-Headers"].split(", ")
    assert set(answer.headers["Access-Control-Expose-Headers"].split(", ")) >= {"DPoP-Nonce", "WWW-Authenticate"}
    assert answer.headers["DPoP-Nonce"]
    assert "Access-Control-Expose-Headers" not in careful.calls_token({}, {"Origin": "https://evil.test"}).headers
