"""`id_token_hint` at the authorization endpoint: ours or nothing (OIDC Core 3.1.2.1; A-21 to A-24, JT-01 to JT-14)."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool


@pytest.fixture
def hint(browser: Browser, tool: Tool) -> str:
    """An ID token of the citizen who is signed in."""
    token: str = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
    return token


def test_the_same_citizen_silently(browser: Browser, tool: Tool, hint: str) -> None:
    assert browser.opens(tool.url(prompt="none", id_token_hint=hint)).code


def test_an_expired_hint_is_fine(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    broker.clock.advance(minutes=25)

    assert browser.opens(tool.url(prompt="none", id_token_hint=hint)).code


def test_another_citizen_is_login_required(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    broker.hub.person = "max"
    other = broker.browser()
    other.arrives(tool)

    assert other.opens(tool.url(prompt="none", id_token_hint=hint)).answer["error"] == "login_required"


def test_another_clients_hint_is_invalid(broker: Broker, browser: Browser, hint: str) -> None:
    other = broker.tool("other")

    assert browser.opens(other.url(prompt="none", id_token_hint=hint)).answer["error"] == "invalid_request"


def test_a_hint_and_a_claims_subject_that_differ_are_invalid(browser: Browser, tool: Tool, hint: str) -> None:
    claims = json.dumps({"id_token": {"sub": {"value": "somebody-else"}}})

    assert browser.opens(tool.url(id_token_hint=hint, claims=claims)).answer["error"] == "invalid_request"


def test_a_subject_in_claims_counts_like_a_hint(browser: Browser, tool: Tool, hint: str) -> None:
    sub = jwt.decode(hint, options={"verify_signature": False})["sub"]

    assert browser.opens(tool.url(prompt="none", claims=json.dumps({"id_token": {"sub": {"value": sub}}}))).code
    other = json.dumps({"id_token": {"sub": {"value": "somebody-else"}}})
    assert browser.opens(tool.url(prompt="none", claims=other)).answer["error"] == "login_required"


def forged(hint: str, how: str, published: dict[str, Any]) -> str:
    """The hint, tampered with."""
    head, body, signature = hint.split(".")
    header, claims = jwt.get_unverified_header(hint), jwt.decode(hint, options={"verify_signature": False})
    stranger = RSAKey.generate_key(2048)
    match how:
        case "changed":
            return f"{head}.{_b64({**claims, 'sub': 'x'})}.{signature}"
        case "unsigned":
            return f"{_b64({**header, 'alg': 'none'})}.{body}."
        case "None":
            return f"{_b64({**header, 'alg': 'None'})}.{body}."
        case "no alg":
            return f"{_b64({'kid': header['kid'], 'typ': 'JWT'})}.{body}.{signature}"
        case "hmac with our key":
            public = next(key for key in published["keys"] if key["kid"] == header["kid"])
            signing = f"{_b64({**header, 'alg': 'HS256'})}.{body}"
            return f"{signing}.{_text(hmac.digest(json.dumps(public).encode(), signing.encode(), 'sha256'))}"
        case "own key" | "embedded key":
            embedded = {**header, "jwk": stranger.as_dict(private=False)} if how == "embedded key" else header
            signing = f"{_b64(embedded)}.{body}"
            return f"{signing}.{_text(stranger.private_key.sign(signing.encode(), PKCS1v15(), SHA256()))}"
        case "kid as path":
            return f"{_b64({**header, 'kid': '../../dev/null'})}.{body}.{signature}"
        case "critical":
            return f"{_b64({**header, 'crit': ['x'], 'x': 1})}.{body}.{signature}"
        case "five parts":
            return f"{hint}.{body}.{signature}"
        case "dots":
            return "." * 8000
        case _:
            return how


def _b64(part: dict[str, Any]) -> str:
    return _text(json.dumps(part).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "how",
    [
        "changed",
        "unsigned",
        "None",
        "no alg",
        "hmac with our key",
        "own key",
        "embedded key",
        "kid as path",
        "critical",
        "five parts",
        "dots",
        "x",
        "a.b.c",
        "e30.e30.e30",
        "\u00fc.\u00fc.\u00fc",
        '{"payload":"e30","signatures":[]}',
    ],
)
def test_jt_01_02_03_05_06_a_forged_hint_is_invalid(browser: Browser, tool: Tool, hint: str, how: str) -> None:
    token = forged(hint, how, tool.gets("/jwks").get_json())

    answer = browser.opens(tool.url(prompt="none", id_token_hint=token)).answer

    assert answer["error"] == "invalid_request"


def test_jt_11_12_14_a_token_of_ours_of_another_kind_issuer_or_audience_is_no_hint(
    broker: Broker, browser: Browser, tool: Tool, hint: str
) -> None:
    claims = jwt.decode(hint, options={"verify_signature": False})
    keys = broker.parts.keys
    wrong = [
        keys.sign(claims, "logout+jwt", "RS256"),
        keys.sign(claims, "at+jwt", "RS256"),
        keys.sign({**claims, "iss": f"{tool.issuer}/"}, "JWT", "RS256"),
        keys.sign({**claims, "iss": [tool.issuer]}, "JWT", "RS256"),
        keys.sign({**claims, "aud": [claims["aud"]]}, "JWT", "RS256"),
        keys.sign({**claims, "sub": None}, "JWT", "RS256"),
    ]

    for token in wrong:
        assert browser.opens(tool.url(prompt="none", id_token_hint=token)).answer["error"] == "invalid_request"
    assert browser.opens(tool.url(prompt="none", id_token_hint=keys.sign(claims, "JWT", "RS256"))).code
