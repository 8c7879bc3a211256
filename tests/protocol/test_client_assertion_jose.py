"""What is signed, and what only looks so, at client assertions (RFC 7515, RFC 8725; A-21 to A-25; JT-01 to JT-07, JT-14)."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from broker.core.client_policy import ClientKeys
from tests.protocol.test_client_auth import turned_away
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.signing import SigningKey, SigningTool, by_hand, signing_tool


@pytest.fixture
def signer(broker: Broker) -> SigningTool:
    """A tool with an ES256 key."""
    return signing_tool(broker)


@pytest.fixture(params=["RS256", "PS256", "ES256", "Ed25519"])
def key(request: pytest.FixtureRequest) -> SigningKey:
    """One key of each algorithm."""
    return SigningKey(request.param)


def with_header(token: str, **changes: Any) -> str:
    """The same token under another header: no longer what was signed."""
    head, _, rest = token.partition(".")
    header = json.dumps({**json.loads(base64.urlsafe_b64decode(head + "==")), **changes}).encode()
    return f"{base64.urlsafe_b64encode(header).rstrip(b'=').decode()}.{rest}"


def test_the_algorithm_of_the_record_is_the_only_one(broker: Broker, browser: Browser) -> None:
    rs, ps = SigningKey("RS256"), SigningKey("PS256")
    signer = signing_tool(broker, key=rs, keys=ClientKeys(jwks={"keys": [rs.jwk]}, signing_alg="PS256"))
    assert turned_away(signer.redeems("x", rs.sign(signer.claims())))
    assert signer.redeems(browser.arrives(signer.tool).code, ps.sign(signer.claims())).status_code == 200


def test_rs256_is_refused_to_a_client_held_to_fapi(broker: Broker) -> None:
    key = SigningKey("RS256")
    signer = signing_tool(broker, key=key, fapi=True)
    assert turned_away(signer.redeems("x"))
    assert signer.redeems("x", SigningKey("PS256").sign(signer.claims())).get_json()["error"] != "invalid_client"


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "NONE", None, "", 5, ["none"]])
def test_jt_01_nothing_unsigned_passes(signer: SigningTool, alg: Any) -> None:
    header = {"typ": "JWT", "kid": "first", **({} if alg is None else {"alg": alg})}
    assert turned_away(signer.redeems("x", by_hand(header, signer.claims())))
    signed = signer.assertion().rpartition(".")
    assert turned_away(signer.redeems("x", f"{signed[0]}."))
    assert turned_away(signer.redeems("x", f"{by_hand(header, signer.claims())}{signed[2]}"))


@pytest.mark.parametrize("shape", ["pem", "der", "jwk", "bom", "space", "newline", "empty"])
@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_jt_02_a_public_key_is_no_hmac_key(broker: Broker, algorithm: str, shape: str) -> None:
    signer = signing_tool(broker, key=SigningKey(algorithm))
    public = signer.key.private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secret = {
        "pem": pem,
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(signer.key.jwk).encode(),
        "bom": b"\xef\xbb\xbf" + pem,
        "space": b" " + pem,
        "newline": b"\n" + pem,
        "empty": b"",
    }[shape]
    assert turned_away(signer.redeems("x", by_hand({"alg": "HS256", "typ": "JWT", "kid": "first"}, signer.claims(), secret)))


def test_jt_02_the_algorithm_fits_the_key(broker: Broker, key: SigningKey) -> None:
    signer = signing_tool(broker, key=key)
    for other in {"RS256", "PS256", "ES256", "Ed25519", "HS256", "ES512", "ES256K"} - {key.algorithm}:
        assert turned_away(signer.redeems("x", with_header(signer.assertion(), alg=other)))


def test_jt_02_the_algorithm_of_the_jwk_is_binding(broker: Broker) -> None:
    key = SigningKey("RS256")
    signer = signing_tool(broker, key=key, keys=ClientKeys(jwks={"keys": [{**key.jwk, "alg": "PS256"}]}))
    assert turned_away(signer.redeems("x"))
    assert signer.redeems("x", SigningKey("PS256").sign(signer.claims())).get_json()["error"] == "invalid_grant"


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_both_names_of_ed25519_are_taken(broker: Broker, alg: str) -> None:
    key = SigningKey("Ed25519")
    signer = signing_tool(broker, key=key, keys=ClientKeys(jwks={"keys": [{**key.jwk, "alg": alg}]}, signing_alg="Ed25519"))
    assert signer.redeems("x").get_json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": SigningKey("ES256", None, 9).jwk},
        {"jku": "https://evil.test/keys"},
        {"x5u": "https://evil.test/certificate"},
        {"x5c": ["MIIB"]},
    ],
    ids=lambda header: next(iter(header)),
)
def test_jt_03_no_key_comes_with_the_token(broker: Broker, signer: SigningTool, header: dict[str, Any], monkeypatch: Any) -> None:
    reached: list[object] = []
    monkeypatch.setattr("broker.flows.outbound.socket.getaddrinfo", lambda *asked, **how: reached.append(asked))
    assert turned_away(signer.redeems("x", SigningKey("ES256", "first", 9).sign(signer.claims(), **header)))
    assert turned_away(signer.redeems("x", signer.key.sign(signer.claims(), **header)))
    assert reached == []


@pytest.mark.parametrize("kid", ["../../dev/null", "https://evil.test/k", "' OR 1=1 --", "x" * 2000, "\x00", "", "first\n", 5, ["first"]])
def test_jt_03_a_kid_is_a_name_and_nothing_else(signer: SigningTool, kid: Any) -> None:
    assert turned_away(signer.redeems("x", by_hand({"alg": "HS256", "typ": "JWT", "kid": kid}, signer.claims(), b"")))
    assert turned_away(signer.redeems("x", with_header(signer.assertion(), kid=kid)))


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]},
        {"crit": ["unknown"], "unknown": 1},
        {"crit": []},
        {"crit": "b64"},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
        {"crit": None},
    ],
    ids=str,
)
def test_jt_05_we_know_no_extension(signer: SigningTool, header: dict[str, Any]) -> None:
    assert turned_away(signer.redeems("x", with_header(signer.assertion(), **header)))
    if header.get("b64") is None:  # PyJWT would take `b64` at its word
        assert turned_away(signer.redeems("x", signer.key.sign(signer.claims(), **header)))


def _deep(signer: SigningTool) -> str:
    return by_hand({"alg": "ES256", "kid": "first"}, b'{"iss":' + b"[" * 9_000 + b"]" * 9_000 + b"}")


LARGE: list[Callable[[SigningTool], str]] = [
    lambda signer: by_hand({"alg": "ES256", "kid": "first", "x": "y" * 40_000}, signer.claims()),
    lambda signer: by_hand({"alg": "ES256", "kid": "first", "x": "y" * 5_000}, signer.claims()),
    lambda signer: "." * 10_000,
    lambda signer: by_hand(b"[" * 3_000, signer.claims()),
    _deep,
    lambda signer: by_hand({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 10**9, "zip": "DEF"}, b"") + "..",
    lambda signer: signer.assertion() + "A" * 60_000,
    lambda signer: "ü" * 100,
    lambda signer: "a.b.c",
    lambda signer: "..",
    lambda signer: by_hand(b'"alg"', signer.claims()),
    lambda signer: by_hand(b"5", signer.claims()),
    lambda signer: by_hand(b"null", signer.claims()),
    lambda signer: by_hand({"alg": "ES256", "typ": 5}, signer.claims()),
    lambda signer: by_hand({"alg": "ES256"}, b"\xff\xfe"),
    lambda signer: by_hand({"alg": "ES256"}, ["iss"]),
]


@pytest.mark.parametrize("make", LARGE)
def test_jt_06_what_is_too_large_or_too_deep_is_refused_quickly(signer: SigningTool, make: Callable[[SigningTool], str]) -> None:
    assertion = make(signer)
    signer.redeems("x", "a.b.c")  # what is made at the first call of all
    began = time.perf_counter()
    answer = signer.redeems("x", assertion)
    assert time.perf_counter() - began < 1
    assert turned_away(answer)


def test_jt_06_a_body_beyond_all_measure_is_not_read(signer: SigningTool) -> None:
    assert signer.redeems("x", "A" * 100_000).status_code == 413


def test_jt_07_an_encrypted_assertion_is_refused_alike(signer: SigningTool) -> None:
    for alg in ("RSA1_5", "RSA-OAEP", "dir", "A128KW"):
        encrypted = ".".join([by_hand({"alg": alg, "enc": "A128CBC-HS256"}, b"").partition(".")[0], "AAAA", "AAAA", "AAAA", "AAAA"])
        assert turned_away(signer.redeems("x", encrypted))


def test_jt_14_an_id_token_is_no_assertion(browser: Browser, signer: SigningTool) -> None:
    id_token = signer.redeems(browser.arrives(signer.tool).code).get_json()["id_token"]
    assert turned_away(signer.redeems("x", id_token))


@pytest.mark.parametrize(
    "typ", ["oauth-authz-req+jwt", "dpop+jwt", "logout+jwt", "at+jwt", "id_token", "secevent+jwt", "client-authentication", " JWT", "JWT "]
)
def test_jt_14_a_token_of_another_kind_is_no_assertion(signer: SigningTool, typ: str) -> None:
    assert turned_away(signer.redeems("x", signer.key.sign(signer.claims(), typ=typ)))


def test_jt_14_a_request_object_without_typ_is_no_assertion(signer: SigningTool) -> None:
    """It says who issued it, but not about whom (RFC 9101 10.8: request objects carry no `sub`)."""
    assert turned_away(signer.redeems("x", signer.assertion(sub=None, client_id="signer", response_type="code")))
