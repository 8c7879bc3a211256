"""Request objects that count for nothing (PK-08; JT-01 to JT-06, JT-11 to JT-14): the answer is an error and never a sign-in."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwe
from joserfc.jwk import ECKey

from broker.flows.outbound import Outbound
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.request_object import KIND, RequestSigner, request_signer
from tests.support.signing import SigningKey, by_hand

MINUTE, HOUR = 60, 3600


@pytest.fixture
def signer(broker: Broker) -> RequestSigner:
    """A tool with an ES256 key."""
    return request_signer(broker)


def refused(browser: Browser, signer: RequestSigner, token: str) -> bool:
    """The tool is told so at its registered address; without one beside the object it is our page."""
    told = browser.opens(signer.url(token, redirect_uri=signer.tool.client.redirect_uris[0])).answer
    shown = browser.opens(signer.url(token))
    assert (told["error"], shown.location, shown.response.status_code) == ("invalid_request_object", None, 400)
    return "code" not in told


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "", None])
@pytest.mark.parametrize("key", [None, b"x"])
def test_jt_01_an_unsigned_object(browser: Browser, signer: RequestSigner, alg: str | None, key: bytes | None) -> None:
    header = {"typ": KIND} if alg is None else {"typ": KIND, "alg": alg}

    assert refused(browser, signer, by_hand(header, signer.claims(), key))


def test_jt_01_a_signature_that_was_cut_off_or_changed(browser: Browser, signer: RequestSigner) -> None:
    head, body, signature = signer.signed().split(".")
    other = signer.signed(state="another").split(".")[1]

    for token in (f"{head}.{body}.", f"{head}.{body}", f"{head}.{other}.{signature}", f"{head}.{body}.{signature[:-4]}"):
        assert refused(browser, signer, token)


@pytest.mark.parametrize("form", ["pem", "pem with a space", "pem with a line break", "der", "jwk", "secret", "empty"])
def test_jt_02_an_hmac_keyed_with_what_everybody_knows(browser: Browser, signer: RequestSigner, form: str) -> None:
    public = signer.key.private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    keys = {
        "pem": pem,
        "pem with a space": b" " + pem,
        "pem with a line break": b"\n" + pem,
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(signer.key.jwk).encode(),
        "secret": signer.tool.secret.encode(),
        "empty": b"",
    }

    assert refused(browser, signer, by_hand({"alg": "HS256", "kid": signer.key.kid}, signer.claims(), keys[form]))


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES384", "ES512", "HS256", "Ed25519", "EdDSA", "RS1", "ES256K"])
def test_jt_02_a_header_with_another_algorithm_than_the_keys(browser: Browser, signer: RequestSigner, alg: str) -> None:
    assert refused(browser, signer, by_hand({"alg": alg, "kid": signer.key.kid}, signer.claims(), b"x" * 64))


def test_jt_02_another_clients_key(broker: Broker, browser: Browser, signer: RequestSigner) -> None:
    other = request_signer(broker, "other", SigningKey(number=1))
    stranger = RequestSigner(broker, signer.tool, other.key)

    assert refused(browser, signer, stranger.signed())


@pytest.mark.parametrize("kid", [None, "", "unknown", "../../dev/null", "https://evil.test/jwks", "' OR 1=1 --", 7, ["first"]])
@pytest.mark.parametrize("brings", [{}, {"jwk": True}, {"jku": "https://evil.test/jwks"}, {"x5u": "https://evil.test/c"}, {"x5c": ["MII"]}])
def test_jt_03_a_key_that_the_token_brings_along(
    broker: Broker, browser: Browser, signer: RequestSigner, monkeypatch: pytest.MonkeyPatch, kid: Any, brings: dict[str, Any]
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("an outbound call")

    monkeypatch.setattr(Outbound, "ask", never)
    own = SigningKey(number=1)
    header = {**({} if kid is None else {"kid": kid}), **({"jwk": own.jwk} if "jwk" in brings else brings)}

    assert refused(browser, signer, by_any_header(signer, header, own))


@pytest.mark.parametrize("crit", [["x"], [], "x", None, ["b64"], ["exp"]])
def test_jt_05_a_critical_header(browser: Browser, signer: RequestSigner, crit: Any) -> None:
    header = {"kid": signer.key.kid, "crit": crit, "x": 1, **({"b64": False} if crit == ["b64"] else {})}

    assert refused(browser, signer, by_any_header(signer, header))


def test_jt_05_an_unencoded_payload(browser: Browser, signer: RequestSigner) -> None:
    assert refused(browser, signer, by_any_header(signer, {"kid": signer.key.kid, "b64": False}))


@pytest.mark.parametrize(
    "token",
    [
        "x" * 60_000,
        "." * 10_000,
        ".." + "A" * 20_000,
        "a.b.c",
        "e30.e30.e30",
        "\u00fc.\u00fc.\u00fc",
        '{"payload":"e30","signatures":[]}',
        "e30.e30.e30.e30.e30",
        by_hand({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2s": "AAAA", "p2c": 10**9}, {}) + ".AAAA.AAAA",
        by_hand({"alg": "dir", "enc": "A128GCM", "zip": "DEF"}, {}) + ".AAAA.AAAA",
    ],
)
def test_jt_06_an_object_of_unbearable_size_or_shape(browser: Browser, signer: RequestSigner, token: str) -> None:
    client = browser.client
    form = {"client_id": signer.tool.client.client_id, "request": token, "redirect_uri": signer.tool.client.redirect_uris[0]}
    started = time.thread_time()

    response = client.post("/authorize", base_url=ISSUER, data=form)

    assert time.thread_time() - started < 0.05
    assert response.status_code == 303
    assert "error=invalid_request" in response.headers["Location"]


def test_jt_06_more_than_anything_we_take_is_not_even_read(browser: Browser, signer: RequestSigner) -> None:
    form = {"client_id": signer.tool.client.client_id, "request": "A" * 5_000_000}

    assert browser.client.post("/authorize", base_url=ISSUER, data=form).status_code == 413
    assert signer.tool.posts("/par", form, signer.tool.basic()).status_code == 413


@pytest.mark.parametrize("payload", ["[" * 6000, '{"a":' * 1500, "[]", '"x"', "7", "null", "", "\xff", '{"exp": NaN}', '{"exp":1e999}'])
def test_jt_06_a_payload_that_is_no_plain_object(browser: Browser, signer: RequestSigner, payload: str) -> None:
    assert refused(browser, signer, signer.key.sign_bytes(payload.encode("latin-1"), kid=signer.key.kid))


def test_a_member_that_stands_there_twice(browser: Browser, signer: RequestSigner) -> None:
    text = json.dumps(signer.claims())

    assert refused(browser, signer, signer.key.sign_bytes((text[:-1] + ', "state": "again"}').encode(), kid=signer.key.kid))


def test_an_encrypted_object(browser: Browser, signer: RequestSigner) -> None:
    ours = ECKey.generate_key("P-256")
    token = jwe.encrypt_compact({"alg": "ECDH-ES", "enc": "A128GCM", "cty": "JWT"}, signer.signed().encode(), ours)

    assert refused(browser, signer, token)


@pytest.mark.parametrize("iss", [None, "", "signe", "signer/", "SIGNER", "other", ["signer"], {"signer": 1}, 7])
def test_jt_11_another_issuer(browser: Browser, signer: RequestSigner, iss: Any) -> None:
    assert refused(browser, signer, signer.signed(iss=iss))


@pytest.mark.parametrize(
    "aud",
    [
        None,
        "",
        "*",
        ISSUER + "/",
        ISSUER.upper(),
        ISSUER + "/authorize",
        ISSUER + "/par",
        "https://other.test",
        [],
        ["*"],
        [[ISSUER]],
        {},
        7,
    ],
)
def test_jt_12_another_audience(browser: Browser, signer: RequestSigner, aud: Any) -> None:
    assert refused(browser, signer, signer.signed(aud=aud))


def test_jt_12_an_audience_of_several_that_names_us_is_taken(browser: Browser, signer: RequestSigner) -> None:
    assert browser.arrives_at(signer.url(signer.signed(aud=["https://other.test", ISSUER]))).code


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": 0},
        {"exp": -1},
        {"exp": -5 * MINUTE},
        {"exp": HOUR + 1},
        {"nbf": 61},
        {"nbf": 11},
        {"nbf": -HOUR - 1},
        {"nbf": -HOUR + 1, "exp": 2},
        {"nbf": None, "exp": HOUR + 1},
        {"iat": 61},
    ],
)
def test_jt_13_a_time_that_does_not_fit(broker: Broker, browser: Browser, signer: RequestSigner, changes: dict[str, int | None]) -> None:
    now = int(broker.clock().timestamp())
    times = {name: None if offset is None else now + offset for name, offset in changes.items()}

    assert refused(browser, signer, signer.signed(**times))


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", ["1795683600", 1795683600.5, True, [], {}, 10**20, "NaN"])
def test_jt_13_a_time_that_is_no_whole_number(browser: Browser, signer: RequestSigner, name: str, value: Any) -> None:
    assert refused(browser, signer, signer.signed(**{name: value}))


@pytest.mark.parametrize(
    "changes", [{"nbf": 8}, {"iat": 8}, {"nbf": None}, {"iat": None}, {"nbf": -50 * MINUTE}, {"exp": HOUR}, {"exp": 1}]
)
def test_jt_13_a_clock_a_few_seconds_off_is_tolerated(
    broker: Broker, browser: Browser, signer: RequestSigner, changes: dict[str, int | None]
) -> None:
    now = int(broker.clock().timestamp())
    times = {name: None if offset is None else now + offset for name, offset in changes.items()}

    assert browser.arrives_at(signer.url(signer.signed(**times))).code


def test_jt_13_a_client_held_to_fapi_says_from_when_its_request_counts(broker: Broker) -> None:
    signer = request_signer(broker, fapi=True)

    assert (
        signer.tool.posts("/par", {"request": signer.signed(nbf=None)}, signer.tool.basic()).get_json()["error"] == "invalid_request_object"
    )


@pytest.mark.parametrize(
    "typ", ["at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "oauth-authz-resp+jwt", "client-authentication+jwt", 7, []]
)
def test_jt_14_another_kind_of_token(browser: Browser, signer: RequestSigner, typ: Any) -> None:
    assert refused(browser, signer, by_any_header(signer, {"kid": signer.key.kid, "typ": typ}))


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "application/oauth-authz-req+jwt", "OAuth-Authz-Req+JWT"])
def test_jt_14_its_own_kind_or_none_is_taken(browser: Browser, signer: RequestSigner, typ: str | None) -> None:
    token = signer.key.sign_bytes(json.dumps(signer.claims()).encode(), kid=signer.key.kid, typ=typ)

    assert browser.arrives_at(signer.url(token)).code


def test_jt_14_a_client_assertion_is_no_request(browser: Browser, signer: RequestSigner) -> None:
    assert refused(browser, signer, signer.signed(sub="signer"))


def test_jt_14_an_id_token_of_ours_is_no_request(browser: Browser, signer: RequestSigner) -> None:
    id_token = signer.tool.redeems(browser.arrives(signer.tool).code).get_json()["id_token"]

    assert refused(browser, signer, id_token)


@pytest.mark.parametrize("name", ["request", "request_uri"])
def test_pk_08_no_request_within_a_request(browser: Browser, signer: RequestSigner, name: str) -> None:
    for value in (signer.signed(), "urn:ietf:params:oauth:request_uri:x", "", 7):
        assert refused(browser, signer, signer.signed(**{name: value}))


def test_pk_08_request_and_request_uri_exclude_one_another(browser: Browser, signer: RequestSigner) -> None:
    answer = browser.opens(
        signer.url(signer.signed(), request_uri="https://tool.test/o", redirect_uri=signer.tool.client.redirect_uris[0])
    ).answer

    assert answer["error"] == "invalid_request"


def by_any_header(signer: RequestSigner, header: dict[str, Any], key: SigningKey | None = None) -> str:
    """Rightly signed under a header that no library would write."""
    signing = by_hand({"alg": "ES256", **header}, signer.claims()).rpartition(".")[0]
    r, s = decode_dss_signature((key or signer.key).private.sign(signing.encode(), ECDSA(SHA256())))
    signature = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).rstrip(b"=").decode()
    return f"{signing}.{signature}"
