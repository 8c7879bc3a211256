"""npm's openid-client, a strict relying party, gets along with the broker (A-04, A-06, A-07, A-16, A-18, A-20, A-21)."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from deploy.demo.citizen import BROKER_HIGH
from tests.interop.openid_client import NodeTool
from tests.interop.visitor import Visitor
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]

METHODS = {"client_secret_basic": "RS256", "client_secret_post": "ES256", "none": "RS256"}


@pytest.fixture(scope="module")
def tools(stack: StartedStack) -> dict[str, NodeTool]:
    """One registered client for each way to authenticate."""
    secret = secrets.token_urlsafe(32)
    names = {method: f"node-{method.replace('_', '-')}" for method in METHODS}
    found = {method: NodeTool(stack.broker_url, names[method], method, algorithm, secret) for method, algorithm in METHODS.items()}
    stack.registers({tool.client_id: tool.client_file() for tool in found.values()}, NODE_CLIENT_SECRET=secret)
    return found


def _changed(address: str, **parameters: str | None) -> str:
    parts = urlsplit(address)
    merged = dict(parse_qsl(parts.query)) | parameters
    return parts._replace(query=urlencode({name: value for name, value in merged.items() if value is not None})).geturl()


@pytest.mark.parametrize("algorithm", ["oidc", "oauth2"])
@pytest.mark.parametrize("method", METHODS)
def test_signing_in_a04_a06_a07_a16_a21(tools: dict[str, NodeTool], method: str, algorithm: str) -> None:
    """Discovery by both documents, PKCE, state, nonce, `iss`, signature, `at_hash`, `auth_time`, userinfo of the same subject."""
    tool = tools[method]
    tool.algorithm = algorithm
    found = tool.completes(Visitor().answers(tool))
    assert "refused" not in found, found
    assert (found["claims"]["aud"], found["claims"]["acr"]) == (tool.client_id, BROKER_HIGH)
    assert found["userinfo"]["sub"] == found["claims"]["sub"]
    assert found["userinfo"]["preferred_username"]
    assert found["tokenType"] == "bearer"


def test_signing_out_leads_back_with_state_a20(stack: StartedStack, tools: dict[str, NodeTool]) -> None:
    tool, visitor = tools["client_secret_basic"], Visitor()
    found = tool.completes(visitor.answers(tool))
    visitor.stopping.stops_before = tool.after_sign_out
    visitor.browser.opens(found["endSession"])
    assert parse_qs(urlsplit(visitor.stopping.stopped_at).query)["state"] == ["farewell"]
    visitor.browser.opens(f"{stack.tool_url('karte')}/login?silent=1")
    visitor.is_told("login_required")


def test_silence_is_answered_with_an_error_it_understands_a18(tools: dict[str, NodeTool]) -> None:
    tool = tools["client_secret_basic"]
    assert tool.completes(Visitor().answers(tool, prompt="none"))["error"] == "login_required"


def test_its_own_checks_are_awake_a06(tools: dict[str, NodeTool]) -> None:
    """Else the tests above would prove little: it refuses what was tampered with, and the broker's answers pass."""
    tool = tools["client_secret_basic"]
    answer = Visitor().answers(tool)
    for spoilt in (_changed(answer, iss="https://evil.example"), _changed(answer, iss=None), _changed(answer, state="another")):
        assert tool.completes(spoilt)["refused"] == "OAUTH_INVALID_RESPONSE"
    assert "claims" in tool.completes(answer)


def test_a_wrong_verifier_and_a_used_code_are_invalid_grants_a04_a05(tools: dict[str, NodeTool]) -> None:
    tool, visitor = tools["client_secret_basic"], Visitor()
    assert tool.completes(visitor.answers(tool), verifier="w" * 43)["error"] == "invalid_grant"
    answer = visitor.answers(tool)
    assert "claims" in tool.completes(answer)
    assert tool.completes(answer)["error"] == "invalid_grant"
