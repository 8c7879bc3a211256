"""DPoP at the token endpoint and userinfo: what a proof has to be (RFC 9449 4.3, 5, 7; A-09)."""

from __future__ import annotations

import pytest

from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool


@pytest.fixture
def proving(broker: Broker, tool: Tool) -> Tool:
    """A tool whose calls carry proofs."""
    tool.prover = broker.prover()
    return tool


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "Ed25519"])
def test_a_proof_binds_the_token_and_every_algorithm_works(broker: Broker, browser: Browser, tool: Tool, algorithm: str) -> None:
    tool.prover = broker.prover(algorithm)

    answer = tool.redeems(browser.arrives(tool).code).get_json()

    assert answer["token_type"] == "DPoP"
    assert tool.asks_userinfo(answer["access_token"]).get_json()["sub"] == tool.verifies(answer["id_token"])["sub"]
