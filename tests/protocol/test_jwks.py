"""The published key set and its life (RFC 7517; A-21, A-22, JT-15, JT-16)."""

from __future__ import annotations

from dataclasses import replace

import jwt

from broker.core.signing_key import KeyState
from broker.flows.rotating import Rotating
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool


def test_jt_16_only_public_parts_each_with_kid_use_and_alg(tool: Tool) -> None:
    keys = tool.gets("/jwks").get_json()["keys"]

    assert {key["alg"] for key in keys} == {"RS256", "ES256"}
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert key["use"] == "sig"
        assert key["kty"] in ("RSA", "EC")
        assert not key.keys() & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
        jwt.PyJWK(key)


def test_it_is_cacheable(tool: Tool) -> None:
    response = tool.gets("/jwks")

    assert response.mimetype == "application/json"
    assert "public" in response.headers["Cache-Control"]


def test_jt_15_rotation_publishes_before_it_signs_and_keeps_what_it_signed(broker: Broker, browser: Browser, tool: Tool) -> None:
    rotating = Rotating(broker.parts.stores.signing_keys, broker.clock)
    before = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
    old_kid = jwt.get_unverified_header(before)["kid"]

    made = {key.algorithm: key.kid for key in rotating.rotate()}
    published = [key["kid"] for key in tool.gets("/jwks").get_json()["keys"]]
    still = tool.redeems(browser.opens(tool.url()).code).get_json()["id_token"]
    assert made["RS256"] in published
    assert jwt.get_unverified_header(still)["kid"] == old_kid

    broker.clock.advance(hours=26)
    rotating.advance()
    after = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
    assert jwt.get_unverified_header(after)["kid"] == made["RS256"]
    assert tool.verifies(after)
    assert tool.verifies(before), "the old key stays published while its tokens may live"
    assert browser.opens(tool.url(prompt="none", id_token_hint=before)).code

    broker.clock.advance(hours=26)
    assert old_kid not in [key["kid"] for key in tool.gets("/jwks").get_json()["keys"]]
    browser.arrives(tool)
    assert browser.opens(tool.url(prompt="none", id_token_hint=before)).code, "hints are read with keys no longer published"


def test_without_an_active_key_it_is_an_outage_of_ours_not_the_tools_fault(broker: Broker, browser: Browser, tool: Tool) -> None:
    code = browser.arrives(tool).code
    store = broker.parts.stores.signing_keys
    for key in store.list():
        store.replace(replace(key, state=KeyState.RETIRED, retire_at=broker.clock()))

    response = tool.redeems(code)

    assert (response.status_code, response.get_json()["error"]) == (500, "server_error")
