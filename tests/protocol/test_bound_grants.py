"""Tokens of devices, services and exchanges can be bound to a key as well (RFC 9449 5; A-09)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from broker.core.client_policy import GrantType, TokenPolicy
from broker.core.grant import access_hash
from tests.support.app import ISSUER, Broker
from tests.support.clock import Clock
from tests.support.device import DEVICE_GRANT, begins, device_tool, lets_in
from tests.support.dpop import Prover
from tests.support.tool import Tool

API = "https://api.test/"
EVERY = TokenPolicy(grant_types=tuple(GrantType), resources=(API,))


@pytest.fixture
def prover(clock: Clock) -> Prover:
    """A key."""
    return Prover(clock, ISSUER)


def bound_to(broker: Broker, answer: dict[str, Any]) -> str:
    """The key that an access token is bound to, as the store has it."""
    live = broker.parts.stores.access_tokens.find(access_hash(answer["access_token"], as_jwt=False))
    assert live
    return live.token.confirmation


def test_a_device_that_proves_a_key_gets_tokens_for_it(broker: Broker, prover: Prover) -> None:
    device = begins(device_tool(broker))
    lets_in(broker.browser(), device)
    device.tool.prover = prover
    answer = device.polls().get_json()
    assert (answer["token_type"], bound_to(broker, answer)) == ("DPoP", f"jkt:{prover.thumbprint}")
    assert device.tool.asks_userinfo(answer["access_token"]).status_code == 200


def test_a_device_that_announced_its_key_is_the_only_one_to_fetch_the_answer(broker: Broker, clock: Clock, prover: Prover) -> None:
    tool = device_tool(broker)
    tool.prover = prover
    thief, victim = begins(tool), begins(tool)
    for device in (thief, victim):
        lets_in(broker.browser(), device)
    tool.prover = Prover(clock, ISSUER)
    assert [thief.hears(), thief.hears()] == ["invalid_grant", "invalid_grant"]
    tool.prover = prover
    assert victim.hears() == "token"


def test_a_tool_that_has_to_prove_a_key_gets_nothing_without(broker: Broker) -> None:
    tool = broker.tool(tokens=replace(EVERY, dpop_bound=True))
    device = begins(tool)
    lets_in(broker.browser(), device)
    for form in ({"grant_type": DEVICE_GRANT, "device_code": device.told["device_code"]}, {"grant_type": "client_credentials"}):
        refused = tool.calls_token(form, tool.basic())
        assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_dpop_proof")
    tool.prover = Prover(broker.clock, ISSUER)
    assert device.hears() == "token"


def test_a_service_that_proves_a_key_gets_a_token_for_it(broker: Broker, prover: Prover) -> None:
    tool = broker.tool(tokens=EVERY)
    tool.prover = prover
    answer = tool.calls_token({"grant_type": "client_credentials"}, tool.basic()).get_json()
    assert (answer["token_type"], bound_to(broker, answer)) == ("DPoP", f"jkt:{prover.thumbprint}")


def exchanges(tool: Tool, token: str) -> dict[str, Any]:
    """The answer to an exchange."""
    kind = "urn:ietf:params:oauth:token-type:access_token"
    form = {"grant_type": GrantType.TOKEN_EXCHANGE, "subject_token": token, "subject_token_type": kind, "resource": API}
    answer: dict[str, Any] = tool.calls_token(form, tool.basic()).get_json()
    return answer


def test_a_bound_token_is_exchanged_only_by_whoever_holds_its_key(broker: Broker, clock: Clock, prover: Prover) -> None:
    """A stolen token is worth nothing here either; the new one is bound to the same key."""
    tool, browser = broker.tool(tokens=EVERY), broker.browser()
    tool.prover = prover
    token = tool.redeems(browser.arrives(tool, resource=API).code).get_json()["access_token"]
    for other in (None, Prover(clock, ISSUER)):
        tool.prover = other
        assert exchanges(tool, token)["error"] == "invalid_request"
    tool.prover = prover
    answer = exchanges(tool, token)
    assert (answer["token_type"], bound_to(broker, answer)) == ("DPoP", f"jkt:{prover.thumbprint}")


def test_a_plain_token_may_become_a_bound_one(broker: Broker, prover: Prover) -> None:
    tool, browser = broker.tool(tokens=EVERY), broker.browser()
    token = tool.redeems(browser.arrives(tool, resource=API).code).get_json()["access_token"]
    tool.prover = prover
    assert bound_to(broker, exchanges(tool, token)) == f"jkt:{prover.thumbprint}"
