"""Tokens that are no hint: forged, or ours and meant for something else (A-21 to A-25, JT-01 to JT-06, JT-11 to JT-14)."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa
from jwt.algorithms import RSAAlgorithm

from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.forging import PublicForms, SigningHalf, compact, private_half, segment, with_mac
from tests.support.tool import Tool


@pytest.fixture
def hint(browser: Browser, tool: Tool) -> str:
    """An ID token of the citizen who is signed in."""
    token: str = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
    return token


@dataclass(frozen=True)
class Workshop:
    """All that is needed to write a token: a good one's parts, and every key, ours included."""

    hint: str
    header: dict[str, Any]
    claims: dict[str, Any]
    ours: SigningHalf
    ours_es256: SigningHalf
    kid_es256: str
    public: PublicForms

    def signs(self, claims: dict[str, Any] | None = None, **header: Any) -> str:
        """With our own key, so that nothing but what was changed can be the reason for refusing it."""
        named = {name: value for name, value in {**self.header, **header}.items() if value is not ...}
        return compact(named, self.claims if claims is None else claims, self.ours)

    def says(self, **changes: Any) -> str:
        """Our signature under other claims; `...` leaves one out."""
        return self.signs({name: value for name, value in {**self.claims, **changes}.items() if value is not ...})


@pytest.fixture
def workshop(broker: Broker, tool: Tool, hint: str) -> Workshop:
    header = jwt.get_unverified_header(hint)
    keys = {key.algorithm: key for key in broker.parts.stores.signing_keys.list()}
    published = {key["kid"]: key for key in tool.gets("/jwks").get_json()["keys"]}
    ours = private_half(keys["RS256"])
    return Workshop(
        hint=hint,
        header=header,
        claims=jwt.decode(hint, options={"verify_signature": False}),
        ours=ours,
        ours_es256=private_half(keys["ES256"]),
        kid_es256=keys["ES256"].kid,
        public=PublicForms.of(ours, published[header["kid"]]),
    )


Forgery = Callable[[Workshop], str]
STRANGER, EC_STRANGER = new_rsa(65537, 2048), new_ec(SECP256R1())
EMBEDDED = RSAAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True)


def parts(shop: Workshop) -> list[str]:
    return shop.hint.split(".")


def headed(shop: Workshop, **header: Any) -> str:
    """The good token under another header, its signature kept."""
    named = {name: value for name, value in {**shop.header, **header}.items() if value is not ...}
    return ".".join([segment(named), *parts(shop)[1:]])


def mac(prefix: bytes = b"", form: str = "pem", **header: Any) -> Forgery:
    return lambda shop: with_mac({**shop.header, "alg": "HS256", **header}, shop.claims, prefix + getattr(shop.public, form))


FORGERIES: dict[str, Forgery] = {
    "jt_01 changed": lambda shop: f"{parts(shop)[0]}.{segment({**shop.claims, 'sub': 'x'})}.{parts(shop)[2]}",
    "jt_01 none": lambda shop: f"{segment({**shop.header, 'alg': 'none'})}.{parts(shop)[1]}.",
    "jt_01 none with the signature": lambda shop: headed(shop, alg="none"),
    "jt_01 None": lambda shop: f"{segment({**shop.header, 'alg': 'None'})}.{parts(shop)[1]}.",
    "jt_01 nOnE": lambda shop: f"{segment({**shop.header, 'alg': 'nOnE'})}.{parts(shop)[1]}.",
    "jt_01 empty signature": lambda shop: f"{parts(shop)[0]}.{parts(shop)[1]}.",
    "jt_01 no alg": lambda shop: headed(shop, alg=...),
    "jt_01 alg null": lambda shop: headed(shop, alg=None),
    "jt_01 alg list": lambda shop: headed(shop, alg=["RS256"]),
    "jt_02 hmac with PEM": mac(),
    "jt_02 hmac with DER": mac(form="der"),
    "jt_02 hmac with JWK": mac(form="jwk"),
    "jt_02 hmac with BOM and PEM": mac(b"\xef\xbb\xbf"),
    "jt_02 hmac with blank and PEM": mac(b" "),
    "jt_02 hmac with newline and PEM": mac(b"\n"),
    "jt_02 hmac without kid": mac(kid="x"),
    "jt_02 hmac called RS256": mac(alg="RS256"),
    "jt_02 ES256 with our RSA key": lambda shop: headed(shop, alg="ES256"),
    "jt_02 ES256 by a stranger under our RSA kid": lambda shop: compact({**shop.header, "alg": "ES256"}, shop.claims, EC_STRANGER, "ES256"),
    "jt_02 our RS256 key used for PS256": lambda shop: compact({**shop.header, "alg": "PS256"}, shop.claims, shop.ours, "PS256"),
    "jt_02 our RS256 key used for RS512": lambda shop: headed(shop, alg="RS512"),
    "jt_02 our RSA signature under our EC kid": lambda shop: shop.signs(kid=shop.kid_es256),
    "jt_02 our EC signature called RS256": lambda shop: compact({**shop.header, "kid": shop.kid_es256}, shop.claims, shop.ours_es256),
    "jt_03 another key": lambda shop: compact(shop.header, shop.claims, STRANGER),
    "jt_03 jwk": lambda shop: compact({**shop.header, "jwk": EMBEDDED}, shop.claims, STRANGER),
    "jt_03 jwk without kid": lambda shop: compact({"alg": "RS256", "typ": "JWT", "jwk": EMBEDDED}, shop.claims, STRANGER),
    "jt_03 jku": lambda shop: compact({**shop.header, "jku": "https://evil.test/jwks"}, shop.claims, STRANGER),
    "jt_03 x5u": lambda shop: compact({**shop.header, "x5u": "https://evil.test/x5u"}, shop.claims, STRANGER),
    "jt_03 x5c": lambda shop: compact({**shop.header, "x5c": ["MIIB"]}, shop.claims, STRANGER),
    "jt_03 kid as path": lambda shop: shop.signs(kid="../../dev/null"),
    "jt_03 kid as address": lambda shop: shop.signs(kid="https://evil.test/key"),
    "jt_03 kid as SQL": lambda shop: shop.signs(kid="x' OR '1'='1"),
    "jt_03 kid unknown": lambda shop: shop.signs(kid="unknown"),
    "jt_03 kid absent": lambda shop: shop.signs(kid=...),
    "jt_03 kid number": lambda shop: shop.signs(kid=1),
    "jt_03 kid list": lambda shop: shop.signs(kid=[shop.header["kid"]]),
    "jt_05 crit unknown": lambda shop: shop.signs(crit=["x"], x=1),
    "jt_05 crit unknown and absent": lambda shop: shop.signs(crit=["x"]),
    "jt_05 crit empty": lambda shop: shop.signs(crit=[]),
    "jt_05 crit no list": lambda shop: shop.signs(crit="x", x=1),
    "jt_05 b64": lambda shop: shop.signs(crit=["b64"], b64=False),
    "jt_05 b64 without crit": lambda shop: shop.signs(b64=False),
    "jt_06 four parts": lambda shop: f"{shop.hint}.e30",
    "jt_06 two parts": lambda shop: shop.hint.rpartition(".")[0],
    "jt_06 dots": lambda shop: "." * 4000,
    "jt_06 deep": lambda shop: compact(b'{"a":' * 900 + b"1" + b"}" * 900, {}, STRANGER),
    "jt_06 deep claims": lambda shop: compact(shop.header, b"[" * 1000 + b"]" * 1000, shop.ours),
    "jt_06 words": lambda shop: "x",
    "jt_06 letters": lambda shop: "a.b.c",
    "jt_06 empty objects": lambda shop: "e30.e30.e30",
    "jt_06 umlauts": lambda shop: "\u00fc.\u00fc.\u00fc",
    "jt_06 claims are a list": lambda shop: compact(shop.header, [shop.claims], shop.ours),
    "jt_06 header is a list": lambda shop: compact([shop.header], shop.claims, shop.ours),
    "a_25 json serialisation": lambda shop: json.dumps({"payload": parts(shop)[1], "signatures": []}),
    "a_25 flattened with crit outside": lambda shop: json.dumps(
        {"protected": parts(shop)[0], "payload": parts(shop)[1], "header": {"crit": ["x"]}, "signature": parts(shop)[2]}
    ),
    "jt_11 iss with slash": lambda shop: shop.says(iss=f"{shop.claims['iss']}/"),
    "jt_11 iss longer": lambda shop: shop.says(iss=f"{shop.claims['iss']}.evil.test"),
    "jt_11 iss shorter": lambda shop: shop.says(iss=shop.claims["iss"][:-1]),
    "jt_11 iss upper case": lambda shop: shop.says(iss=shop.claims["iss"].upper()),
    "jt_11 iss list": lambda shop: shop.says(iss=[shop.claims["iss"]]),
    "jt_11 iss number": lambda shop: shop.says(iss=1),
    "jt_11 iss null": lambda shop: shop.says(iss=None),
    "jt_11 iss absent": lambda shop: shop.says(iss=...),
    "jt_12 aud ours and theirs": lambda shop: shop.says(aud=[shop.claims["aud"], "other"]),
    "jt_12 aud ours and theirs with azp": lambda shop: shop.says(aud=[shop.claims["aud"], "other"], azp=shop.claims["aud"]),
    "jt_12 aud theirs": lambda shop: shop.says(aud="other"),
    "jt_12 aud wildcard": lambda shop: shop.says(aud="*"),
    "jt_12 aud null": lambda shop: shop.says(aud=None),
    "jt_12 aud absent": lambda shop: shop.says(aud=...),
    "jt_12 aud empty list": lambda shop: shop.says(aud=[]),
    "jt_12 aud object": lambda shop: shop.says(aud={shop.claims["aud"]: 1}),
    "jt_12 azp theirs": lambda shop: shop.says(azp="other"),
    "jt_13 exp absent": lambda shop: shop.says(exp=...),
    "jt_13 exp string": lambda shop: shop.says(exp=str(shop.claims["exp"])),
    "jt_13 exp float": lambda shop: shop.says(exp=shop.claims["exp"] + 0.5),
    "jt_13 exp NaN": lambda shop: shop.says(exp=float("nan")),
    "jt_13 exp infinite": lambda shop: shop.says(exp=float("inf")),
    "jt_13 exp negative": lambda shop: shop.says(exp=-shop.claims["exp"]),
    "jt_13 exp enormous": lambda shop: shop.says(exp=10**20),
    "jt_13 exp true": lambda shop: shop.says(exp=True),
    "jt_13 exp before iat": lambda shop: shop.says(exp=shop.claims["iat"] - 1),
    "jt_13 iat absent": lambda shop: shop.says(iat=...),
    "jt_13 iat in 61 seconds": lambda shop: shop.says(iat=shop.claims["iat"] + 61),
    "jt_13 nbf in 61 seconds": lambda shop: shop.says(nbf=shop.claims["iat"] + 61),
    "jt_13 nbf string": lambda shop: shop.says(nbf="soon"),
    "jt_14 logout token": lambda shop: shop.signs(typ="logout+jwt"),
    "jt_14 access token": lambda shop: shop.signs(typ="at+jwt"),
    "jt_14 request object": lambda shop: shop.signs(typ="oauth-authz-req+jwt"),
    "jt_14 userinfo": lambda shop: shop.signs(typ="userinfo+jwt"),
    "jt_14 client assertion": lambda shop: shop.signs(typ="client-authentication+jwt"),
    "jt_14 introspection": lambda shop: shop.signs(typ="token-introspection+jwt"),
    "jt_14 typ absent": lambda shop: shop.signs(typ=...),
    "jt_14 typ list": lambda shop: shop.signs(typ=["JWT"]),
    "jt_14 an answer of ours with the same typ": lambda shop: shop.signs(
        {name: shop.claims[name] for name in ("iss", "aud", "exp")} | {"code": "x"}
    ),
    "jt_14 no subject": lambda shop: shop.says(sub=...),
    "jt_14 no sign-in": lambda shop: shop.says(auth_time=...),
    "jt_14 sub null": lambda shop: shop.says(sub=None),
}


@pytest.mark.parametrize("row", sorted({name.split()[0] for name in FORGERIES}))
def test_jt_01_02_03_05_06_11_12_13_14_no_such_token_is_a_hint(browser: Browser, tool: Tool, workshop: Workshop, row: str) -> None:
    for name, forgery in FORGERIES.items():
        if name.startswith(row):
            answer = browser.opens(tool.url(prompt="none", id_token_hint=forgery(workshop))).answer
            assert answer.get("error") == "invalid_request", name
            assert answer["state"] == tool.state


def test_the_workshop_writes_good_tokens_when_nothing_is_changed(browser: Browser, tool: Tool, workshop: Workshop) -> None:
    claims = workshop.claims
    for good in (
        workshop.signs(),
        workshop.says(azp=claims["aud"]),
        workshop.says(iat=claims["iat"] + 5, exp=claims["exp"] + 5, nbf=claims["iat"] + 5),  # JT-13: clocks may differ by seconds
        workshop.says(nonce=...),
    ):
        assert browser.opens(tool.url(prompt="none", id_token_hint=good)).code


def test_jt_03_no_call_goes_out_and_no_file_is_read(
    browser: Browser, tool: Tool, workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: calls.append(address))
    bait = tmp_path / "key"
    bait.write_bytes(workshop.public.pem)

    for token in (
        *(FORGERIES[f"jt_03 {name}"](workshop) for name in ("jku", "x5u", "x5c", "kid as address")),
        with_mac({**workshop.header, "alg": "HS256", "kid": str(bait)}, workshop.claims, workshop.public.pem),
    ):
        assert browser.opens(tool.url(prompt="none", id_token_hint=token)).answer["error"] == "invalid_request"

    assert calls == []
