"""Levels of assurance: what a tool asks for, what is reached, and what it is told (OIDC Core 2, 5.5.1.1; A-16, A-29, PK-10)."""

from __future__ import annotations

import json

import pytest

from broker.core.trust import TrustLevel
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool

HIGH, SUBSTANTIAL, BASIC = TrustLevel.HIGH.acr, TrustLevel.SUBSTANTIAL.acr, TrustLevel.BASIC.acr


def essential(*values: str) -> str:
    """A claims parameter that insists on one of these levels."""
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})


def acr(tool: Tool, code: str) -> str:
    """The level in the ID token."""
    value: str = tool.verifies(tool.redeems(code).get_json()["id_token"])["acr"]
    return value


def test_the_id_token_says_what_was_reached_not_what_was_asked(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.hub.trust = TrustLevel.BASIC

    assert acr(tool, browser.arrives(tool, acr_values=HIGH).code) == BASIC


def test_an_essential_level_is_the_citizen_ids_minimum_a_wished_one_hides_no_means(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.sets_out(tool.url(claims=essential(SUBSTANTIAL, HIGH)))
    assert broker.hub.asked[-1].trust is TrustLevel.SUBSTANTIAL

    browser.sets_out(tool.url(acr_values=f"nonsense {SUBSTANTIAL} {HIGH}"))
    assert broker.hub.asked[-1].trust is TrustLevel.BASIC


def test_an_essential_level_not_reached_is_explained_and_then_told(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.hub.trust = TrustLevel.BASIC

    page = browser.signs_in(browser.opens(tool.url(claims=essential(SUBSTANTIAL, HIGH))))

    assert page.location is None
    answer = browser.presses(page, "unmet-back").answer
    assert answer["error"] == "unmet_authentication_requirements"
    assert answer["state"] == tool.state


def test_a_tools_minimum_is_never_undercut(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(minimum_trust=TrustLevel.SUBSTANTIAL)
    broker.hub.trust = TrustLevel.LOW

    page = browser.signs_in(browser.opens(tool.url()))

    assert browser.presses(page, "unmet-back").answer["error"] == "unmet_authentication_requirements"


def test_an_essential_level_reached_is_served(browser: Browser, tool: Tool) -> None:
    assert acr(tool, browser.arrives(tool, claims=essential(SUBSTANTIAL, HIGH)).code) == HIGH


@pytest.mark.parametrize("value", ["urn:nobody:knows", "9", "urn:bp:loa:none"])
def test_an_essential_level_that_does_not_exist_is_unmet_at_once(browser: Browser, tool: Tool, value: str) -> None:
    assert browser.opens(tool.url(claims=essential(value))).answer["error"] == "unmet_authentication_requirements"


def test_a_voluntary_level_that_does_not_exist_is_ignored(browser: Browser, tool: Tool) -> None:
    claims = json.dumps({"id_token": {"acr": {"values": ["urn:nobody:knows"]}}})

    assert browser.arrives(tool, claims=claims, acr_values="urn:nobody:knows").code


def test_a_level_that_decayed_asks_for_a_new_sign_in_only_where_it_is_needed(broker: Broker, browser: Browser) -> None:
    modest, strict = broker.tool("modest"), broker.tool("strict", minimum_trust=TrustLevel.HIGH)
    browser.arrives(modest)
    browser.arrives(strict)
    broker.clock.advance(minutes=31)  # the life of level high (TR-03160-1)

    assert acr(modest, browser.opens(modest.url()).code) == TrustLevel.LOW.acr  # half an hour idle ends substantial as well
    assert browser.opens(strict.url(prompt="none")).answer["error"] == "login_required"


@pytest.mark.parametrize(
    "claims",
    [
        "{",
        "[]",
        '"x"',
        "null",
        '{"id_token": 5}',
        '{"id_token": {"acr": "high"}}',
        '{"userinfo": {"email": true}}',
        "[" * 4000,
        '{"userinfo":' * 700,
        json.dumps({"userinfo": {f"c{n}": None for n in range(101)}}),
        json.dumps({"userinfo": {"a": {"b": {"c": {"d": {"e": 1}}}}}}),
        json.dumps({"userinfo": {"email": {"value": "x" * 1_000_000}}}),
    ],
)
def test_pk_10_broken_deep_and_huge_claims_are_invalid(browser: Browser, tool: Tool, claims: str) -> None:
    assert browser.opens(tool.url(claims=claims)).answer["error"] == "invalid_request"


def test_pretty_printed_claims_are_fine(browser: Browser, tool: Tool) -> None:
    claims = json.dumps({"userinfo": {"nickname": {"essential": True}, "quota": None}, "id_token": {}, "other": 1}, indent=2)

    assert browser.arrives(tool, claims=claims).code


def test_pk_10_claims_ask_for_no_more_than_the_record_allows(browser: Browser, tool: Tool) -> None:
    claims = json.dumps({"userinfo": {"email": {"essential": True}, "given_name": None, "bp_resident_of": None, "birthdate": None}})

    token = tool.redeems(browser.arrives(tool, claims=claims).code).get_json()["access_token"]

    assert not tool.asks_userinfo(token).get_json().keys() & {"email", "given_name", "bp_resident_of", "birthdate"}
