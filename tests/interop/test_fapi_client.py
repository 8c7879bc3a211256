"""npm's openid-client as a FAPI 2.0 client: PAR, private_key_jwt, DPoP with our nonces, refresh, sign-out; signed requests and answers."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.demo.citizen import BROKER_HIGH
from tests.interop.fapi_client import FapiTool
from tests.interop.visitor import Visitor
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]

KINDS = {
    "ES256": ("ES256", False),
    "PS256": ("PS256", False),
    "Ed25519": ("Ed25519", False),
    "message signing, ES256": ("ES256", True),
    "message signing, PS256": ("PS256", True),
}


@pytest.fixture(scope="module")
def tools(stack: StartedStack) -> dict[str, FapiTool]:
    """One registered client for each algorithm, and two that sign requests and want signed answers."""
    found = {name: FapiTool(stack.broker_url, *kind) for name, kind in KINDS.items()}
    stack.registers({tool.client_id: tool.client_file() for tool in found.values()})
    return found


@pytest.mark.parametrize("name", KINDS)
def test_signing_in_refreshing_and_out_a06_a07_a09_a12(tools: dict[str, FapiTool], name: str) -> None:
    """The library asks for our nonce by itself, checks `iss`, `at_hash` and every signature, and refreshes with the same key."""
    tool, visitor = tools[name], Visitor()

    found = tool.completes(visitor.answers(tool))

    assert "refused" not in found, found
    assert (found["claims"]["aud"], found["claims"]["acr"]) == (tool.client_id, BROKER_HIGH)
    assert found["tokenType"] == found["refreshed"]["tokenType"] == "dpop"
    assert found["userinfo"]["sub"] == found["claims"]["sub"] == found["refreshed"]["claims"]["sub"]
    assert found["userinfo"]["preferred_username"] == found["refreshed"]["userinfo"]["preferred_username"]
    assert found["refreshed"]["claims"]["auth_time"] == found["claims"]["auth_time"]
    assert "nonce" not in found["refreshed"]["claims"]
    visitor.stopping.stops_before = tool.after_sign_out
    visitor.browser.opens(found["endSession"])
    assert parse_qs(urlsplit(visitor.stopping.stopped_at).query)["state"] == ["farewell"]


def test_a_stolen_token_is_worth_nothing_a09(tools: dict[str, FapiTool]) -> None:
    tool = tools["ES256"]

    stolen = tool.completes(Visitor().answers(tool))["stolen"]

    assert stolen["asBearer"]["challenges"] == ["dpop:invalid_token"]
    assert stolen["byAnotherKey"]["challenges"] == ["dpop:invalid_token"]
    assert stolen["refreshedByAnotherKey"]["error"] == "invalid_grant"


def test_a_code_needs_the_key_that_was_announced_a05(tools: dict[str, FapiTool]) -> None:
    tool = tools["ES256"]
    answer, asked = Visitor().answers(tool), dict(tool.asked)
    tool.begins()

    assert tool.completes(answer, **{**asked, "dpop": tool.asked["dpop"]})["error"] == "invalid_grant"


def test_an_error_comes_back_in_a_signed_answer(tools: dict[str, FapiTool]) -> None:
    tool = tools["message signing, ES256"]
    answer = Visitor().answers(tool, prompt="none")

    assert parse_qs(urlsplit(answer).query).keys() == {"response"}
    assert tool.completes(answer)["error"] == "login_required"
