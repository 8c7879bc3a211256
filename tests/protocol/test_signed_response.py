"""Signed authorization responses (JARM): one `response` that says all, in the query or as a form, success and error alike (A-06, A-23)."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from broker.core.client_policy import LogoutPolicy, RequestPolicy
from broker.core.errors import ConfigurationError
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser, Stop
from tests.support.tool import Tool

ALL = ("query", "form_post", "jwt", "query.jwt", "form_post.jwt")


@pytest.fixture
def signed(broker: Broker) -> Tool:
    """A tool that may ask for signed answers."""
    return broker.tool(response_modes=ALL)


def response_in(stop: Stop) -> str:
    """The one parameter that a signed answer has, wherever it travels."""
    if stop.location is not None:
        found = parse_qs(urlsplit(stop.location).query, strict_parsing=True)
    else:
        fields = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', stop.text)
        found = {html.unescape(name): [html.unescape(value)] for name, value in fields}
    assert list(found) == ["response"], found
    return found["response"][0]


def opened(tool: Tool, response: str, algorithm: str = "RS256") -> dict[str, Any]:
    """What the answer says, verified by PyJWT at the broker's present time."""
    kid = jwt.get_unverified_header(response)["kid"]
    key = next(jwt.PyJWK(one) for one in tool.gets("/jwks").get_json()["keys"] if one["kid"] == kid)
    claims: dict[str, Any] = jwt.decode(
        response, key, [algorithm], audience=tool.client.client_id, issuer=ISSUER, options={"require": ["exp"], "verify_exp": False}
    )
    return claims


@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "form_post.jwt"])
def test_a_code_comes_signed(broker: Broker, browser: Browser, signed: Tool, mode: str) -> None:
    browser.arrives(signed)

    claims = opened(signed, response_in(browser.opens(signed.url(response_mode=mode))))

    assert claims.keys() == {"iss", "aud", "exp", "code", "state"}
    assert claims["state"] == signed.state
    assert claims["aud"] == signed.client.client_id
    assert 0 < claims["exp"] - broker.clock().timestamp() <= 600
    assert signed.redeems(claims["code"]).status_code == 200


@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "form_post.jwt"])
def test_errors_come_signed_as_well(browser: Browser, signed: Tool, mode: str) -> None:
    for changes, error in ({"prompt": "none"}, "login_required"), ({"scope": "profile"}, "invalid_scope"):
        claims = opened(signed, response_in(browser.opens(signed.url(response_mode=mode, **changes))))
        assert claims["error"] == error
        assert claims["state"] == signed.state
        assert "code" not in claims


def test_a_no_on_the_consent_page_comes_signed(browser: Browser, signed: Tool) -> None:
    page = browser.comes_back(browser.sets_out(signed.url(response_mode="jwt")))

    assert opened(signed, response_in(browser.presses(page, "consent-deny")))["error"] == "access_denied"


def test_absent_state_stays_absent(browser: Browser, signed: Tool) -> None:
    browser.arrives(signed)

    assert "state" not in opened(signed, response_in(browser.opens(signed.url(response_mode="jwt", state=None))))


def test_a_session_state_is_inside_too(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(response_modes=ALL, logout=LogoutPolicy(session_state=True))
    browser.arrives(tool)

    assert opened(tool, response_in(browser.opens(tool.url(response_mode="jwt"))))["session_state"]


@pytest.mark.parametrize(
    ("changes", "algorithm"), [({"id_token_alg": "ES256"}, "ES256"), ({"requests": RequestPolicy(response_alg="ES256")}, "ES256")]
)
def test_the_records_algorithm_signs(broker: Broker, browser: Browser, changes: dict[str, Any], algorithm: str) -> None:
    tool = broker.tool(response_modes=ALL, **changes)
    browser.arrives(tool)

    response = response_in(browser.opens(tool.url(response_mode="jwt")))

    assert jwt.get_unverified_header(response)["alg"] == algorithm
    assert opened(tool, response, algorithm)["code"]


def test_a_client_held_to_message_signing_signs_its_request_and_reads_a_signed_answer(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(fapi=True, id_token_alg="ES256", response_modes=("jwt",))

    stop = browser.arrives_at(tool.pushed_url(response_mode="jwt"))

    assert opened(tool, response_in(stop), "ES256")["code"]


@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "form_post.jwt", "fragment.jwt"])
def test_ru_12_a_tool_whose_record_does_not_list_it_is_refused_unsigned(browser: Browser, tool: Tool, mode: str) -> None:
    assert browser.opens(tool.url(response_mode=mode)).answer["error"] == "invalid_request"


def test_jt_14_a_signed_answer_is_no_id_token(browser: Browser, signed: Tool) -> None:
    browser.arrives(signed)
    response = response_in(browser.opens(signed.url(response_mode="jwt")))

    assert jwt.get_unverified_header(response)["typ"] != "JWT"
    assert browser.opens(signed.url(prompt="none", id_token_hint=response)).answer["error"] == "invalid_request"


def test_without_a_key_nothing_goes_out_unsigned(broker: Broker, browser: Browser, signed: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def keyless(*_: object) -> str:
        raise ConfigurationError("no active signing key")

    browser.arrives(signed)
    object.__setattr__(broker.parts.responses, "sign", keyless)

    for changes in ({}, {"prompt": "none login"}):
        stop = browser.opens(signed.url(response_mode="jwt", **changes))
        assert (stop.location, stop.response.status_code) == (None, 500)
