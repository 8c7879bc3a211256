"""PKCE is a policy per client, S256 only, and enforced wherever a challenge was sent (RFC 7636, A-04, PK-01 to PK-03)."""

from __future__ import annotations

import pytest

from broker.core.client_policy import AuthMethod
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool, challenge_of


def test_pk_01_a_confidential_client_without_waiver_has_to_send_a_challenge(browser: Browser, tool: Tool) -> None:
    answer = browser.opens(tool.url(code_challenge=None, code_challenge_method=None)).answer

    assert answer["error"] == "invalid_request"
    assert "code_challenge" in answer["error_description"]


def test_pk_01_a_public_client_has_to_send_one_even_with_a_waiver(broker: Broker, browser: Browser) -> None:
    public = broker.tool("public", auth_method=AuthMethod.NONE, pkce_waived=True)

    assert browser.opens(public.url(code_challenge=None, code_challenge_method=None)).answer["error"] == "invalid_request"


def test_pk_01_a_confidential_client_with_the_waiver_is_served_without(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(pkce_waived=True)
    stop = browser.arrives(tool, code_challenge=None, code_challenge_method=None)

    assert tool.redeems(stop.code, code_verifier=None).status_code == 200


def test_pk_02_a_verifier_without_a_challenge_is_a_downgrade(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(pkce_waived=True)
    stop = browser.arrives(tool, code_challenge=None, code_challenge_method=None)

    response = tool.redeems(stop.code)

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_grant")


def test_pk_02_a_challenge_is_enforced_also_with_the_waiver(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(pkce_waived=True)
    stop = browser.arrives(tool)

    assert tool.redeems(stop.code, code_verifier=None).get_json()["error"] == "invalid_grant"


@pytest.mark.parametrize("method", ["plain", None, "s256", "S512", ""])
def test_pk_03_only_s256_by_name(browser: Browser, tool: Tool, method: str | None) -> None:
    assert browser.opens(tool.url(code_challenge_method=method)).answer["error"] == "invalid_request"


@pytest.mark.parametrize("challenge", ["a" * 42, "a" * 44, "a" * 128, "a" * 42 + "=", "a" * 42 + "+", "ä" * 43])
def test_pk_03_a_challenge_is_a_sha_256(browser: Browser, tool: Tool, challenge: str) -> None:
    assert browser.opens(tool.url(code_challenge=challenge)).answer["error"] == "invalid_request"


def test_pk_03_a_method_without_challenge_is_refused(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(pkce_waived=True)

    assert browser.opens(tool.url(code_challenge=None)).answer["error"] == "invalid_request"


@pytest.mark.parametrize("verifier", ["x" * 42, "x" * 129, "x" * 64, "ü" * 50])
def test_pk_03_a_wrong_verifier_gets_nothing_and_burns_the_code(browser: Browser, tool: Tool, verifier: str) -> None:
    stop = browser.arrives(tool)

    assert tool.redeems(stop.code, code_verifier=verifier).get_json()["error"] == "invalid_grant"
    assert tool.redeems(stop.code).get_json()["error"] == "invalid_grant"


@pytest.mark.parametrize("length", [42, 129])
def test_pk_03_a_verifier_of_bad_length_is_refused_though_its_hash_fits(browser: Browser, tool: Tool, length: int) -> None:
    verifier = "v" * length
    stop = browser.arrives(tool, code_challenge=challenge_of(verifier))

    assert tool.redeems(stop.code, code_verifier=verifier).get_json()["error"] == "invalid_grant"


def test_pk_03_a_prefix_of_the_verifier_is_not_enough(browser: Browser, tool: Tool) -> None:
    stop = browser.arrives(tool)

    assert tool.redeems(stop.code, code_verifier=tool.verifier[:-1]).get_json()["error"] == "invalid_grant"
