"""The form of a DPoP proof: compact, of one kind, signed by the sound public key it carries (RFC 9449 4.2; JT-01 to JT-06 at proofs)."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as some

from broker.core.oauth_errors import InvalidDpopProof
from broker.oidc.dpop import LONGEST_PROOF, read_proof
from tests.support.clock import Clock
from tests.support.dpop import Prover, encoded

ISSUER = "https://broker.test"
THUMBPRINT_OF_THE_RFC = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
_HEADER = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMi"
    "LCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
)
PROOF_OF_THE_RFC = (  # RFC 9449 4.1
    f"{_HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYy"
    "NjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
PROOF_FOR_A_RESOURCE = (  # RFC 9449 7.1
    f"{_HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIs"
    "ImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plem"
    "AgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)


@pytest.fixture
def prover(clock: Clock) -> Prover:
    return Prover(clock, ISSUER)


def test_the_rfcs_own_proofs_are_read() -> None:
    at_token, at_resource = read_proof(PROOF_OF_THE_RFC), read_proof(PROOF_FOR_A_RESOURCE)

    assert at_token.thumbprint == at_resource.thumbprint == THUMBPRINT_OF_THE_RFC
    assert (at_token.jti, at_token.method, at_token.uri) == ("-BwC3ESc6acc2lTc", "POST", "https://server.example.com/token")
    assert (at_token.issued_at, at_token.access_hash, at_token.nonce) == (1562262616, None, None)
    assert at_resource.access_hash == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "Ed25519"])
def test_every_algorithm_yields_the_keys_thumbprint(clock: Clock, algorithm: str) -> None:
    prover = Prover(clock, ISSUER, algorithm)

    assert read_proof(prover.proof("POST", "/token")).thumbprint == prover.thumbprint


def test_both_names_of_eddsa_are_one_algorithm(clock: Clock) -> None:
    prover = Prover(clock, ISSUER, "Ed25519")
    payload = json.dumps({"jti": "1", "htm": "POST", "htu": ISSUER, "iat": 1})

    for name in ("EdDSA", "Ed25519"):
        sealed = prover.seals({"typ": "dpop+jwt", "alg": name, "jwk": prover.jwk}, payload)
        assert read_proof(sealed).thumbprint == prover.thumbprint


def test_jt_03_other_ways_to_name_a_key_are_not_looked_at(prover: Prover) -> None:
    elsewhere = {"jku": "http://127.0.0.1:9/keys", "x5u": "http://127.0.0.1:9/chain", "kid": "../../dev/null", "note": [1], "x5t": "x"}

    assert read_proof(prover.proof("POST", "/token", header=elsewhere)).thumbprint == prover.thumbprint


# --- what is refused ----------------------------------------------------------------------------------------------------------------


def _unsigned(prover: Prover, name: str = "none") -> str:
    _, payload, _ = prover.proof("POST", "/token").split(".")
    return f"{encoded(json.dumps({'typ': 'dpop+jwt', 'alg': name, 'jwk': prover.jwk}))}.{payload}."


def _by_hmac(prover: Prover, key: bytes, jwk: object) -> str:
    header = encoded(json.dumps({"typ": "dpop+jwt", "alg": "HS256", "jwk": jwk}))
    signed = f"{header}.{prover.proof('POST', '/token').split('.')[1]}"
    return f"{signed}.{encoded(hmac.digest(key, signed.encode(), hashlib.sha256))}"


def _signed(prover: Prover, key: Any, algorithm: str, jwk: Any) -> str:
    claims = {"jti": secrets.token_urlsafe(9), "htm": "POST", "htu": f"{ISSUER}/token", "iat": int(prover.clock().timestamp())}
    return jwt.encode(claims, key, algorithm, {"typ": "dpop+jwt", "jwk": jwk})


def _by_rsa(prover: Prover, algorithm: str, bits: int) -> str:
    key = rsa.generate_private_key(65537, bits)
    return _signed(prover, key, algorithm, Prover(prover.clock, ISSUER, "PS256", key=key).jwk)


def _by_p384(prover: Prover) -> str:
    key = ec.generate_private_key(ec.SECP384R1())
    return _signed(prover, key, "ES384", Prover(prover.clock, ISSUER, key=key).jwk)


def _spliced(prover: Prover) -> str:
    header, _, signature = prover.proof("POST", "/token").split(".")
    return f"{header}.{prover.proof('POST', '/token').split('.')[1]}.{signature}"


def _sealed(prover: Prover, payload: str = "{}", **header: object) -> str:
    other = Prover(prover.clock, ISSUER, "Ed25519")
    full = {"typ": "dpop+jwt", "alg": "EdDSA", "jwk": other.jwk, **header}
    return other.seals({name: value for name, value in full.items() if value is not None}, payload)


def _with_key(prover: Prover, jwk: Any) -> str:
    return prover.proof("POST", "/token", header={"jwk": jwk})


BAD: dict[str, Callable[[Prover], str]] = {
    "empty": lambda prover: "",
    "no JWT": lambda prover: "proof",
    "two parts": lambda prover: prover.proof("POST", "/token").rpartition(".")[0],
    "four parts": lambda prover: prover.proof("POST", "/token") + ".x",
    "two proofs in one header": lambda prover: f"{prover.proof('POST', '/token')},{prover.proof('POST', '/token')}",
    "padded": lambda prover: prover.proof("POST", "/token") + "==",
    "with a space": lambda prover: prover.proof("POST", "/token") + " ",
    "JT-06 huge": lambda prover: prover.proof("POST", "/token", filler="x" * LONGEST_PROOF),
    "JSON serialisation": lambda prover: json.dumps({"payload": "", "signatures": []}),
    "payload is a list": lambda prover: _sealed(prover, "[]"),
    "payload is a number": lambda prover: _sealed(prover, "7"),
    "payload is no JSON": lambda prover: _sealed(prover, "x"),
    "payload says jti twice": lambda prover: _sealed(prover, '{"jti":"1","jti":"2","htm":"POST","htu":"x","iat":1}'),
    "payload is deep": lambda prover: _sealed(prover, "[" * 1500),
    "header is a list": lambda prover: f"{encoded('[]')}.{encoded('{}')}.AAAA",
    "header is a list that names alg": lambda prover: f'{encoded("""["alg"]""")}.{encoded("{}")}.AAAA',
    "header is deep": lambda prover: f"{encoded('[' * 2500)}.{encoded('{}')}.AAAA",
    "spliced": _spliced,
    "JT-01 none": _unsigned,
    "JT-01 nOnE": lambda prover: _unsigned(prover, "nOnE"),
    "JT-01 empty signature": lambda prover: _unsigned(prover, "ES256"),
    "JT-01 no alg": lambda prover: _sealed(prover, alg=None),
    "JT-01 alg is a list": lambda prover: _sealed(prover, alg=["EdDSA"]),
    "JT-02 HS256 by its own key": lambda prover: _by_hmac(prover, b"k" * 32, {"kty": "oct", "k": encoded("k" * 32)}),
    "JT-02 HS256 by the public key": lambda prover: _by_hmac(prover, json.dumps(prover.jwk).encode(), prover.jwk),
    "JT-02 ES256 with an RSA key": lambda prover: _with_key(prover, Prover(prover.clock, ISSUER, "PS256").jwk),
    "JT-02 ES256 with an Ed25519 key": lambda prover: _with_key(prover, Prover(prover.clock, ISSUER, "Ed25519").jwk),
    "RS256": lambda prover: _by_rsa(prover, "RS256", 2048),
    "PS256 with 1024 bits": lambda prover: _by_rsa(prover, "PS256", 1024),
    "ES384": _by_p384,
    "giant exponent": lambda prover: _with_key(prover, {**Prover(prover.clock, ISSUER, "PS256").jwk, "e": "A" * 340 + "AQAB"}),
    "no key": lambda prover: _sealed(prover, jwk=None),
    "key is text": lambda prover: _sealed(prover, jwk="key"),
    "key is empty": lambda prover: _sealed(prover, jwk={}),
    "key with its private part": lambda prover: _with_key(prover, prover.whole_jwk),
    "another key": lambda prover: _with_key(prover, Prover(prover.clock, ISSUER).jwk),
    "key off the curve": lambda prover: _with_key(prover, {**prover.jwk, "x": prover.jwk["y"]}),
    "JT-03 only an address": lambda prover: _sealed(prover, jwk=None, jku="https://evil.test/keys"),
    "JT-05 crit": lambda prover: _sealed(prover, crit=["exp"], exp=1),
    "JT-05 crit is empty": lambda prover: _sealed(prover, crit=[]),
    "JT-05 crit is no list": lambda prover: _sealed(prover, crit="b64"),
    "JT-05 b64": lambda prover: _sealed(prover, b64=False),
    "no typ": lambda prover: _sealed(prover, typ=None),
    "typ JWT": lambda prover: _sealed(prover, typ="JWT"),
    "typ at+jwt": lambda prover: _sealed(prover, typ="at+jwt"),
}


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits long")
@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_anything_else_is_no_proof(prover: Prover, make: Callable[[Prover], str]) -> None:
    with pytest.raises(InvalidDpopProof) as refused:
        read_proof(make(prover))

    assert prover.jwk["x"] not in str(refused.value)


@pytest.mark.parametrize("name", ["jti", "htm", "htu", "iat"])
def test_a_claim_that_is_missing_is_missed(prover: Prover, name: str) -> None:
    with pytest.raises(InvalidDpopProof, match=name if name != "iat" else "when"):
        read_proof(prover.proof("POST", "/token", **{name: None}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("jti", "htm", "htu", "ath", "nonce") for value in (7, "", ["x"], {}, True, "x" * 513, "\ud800")),
        *((name, value) for name in ("iat", "nbf", "exp") for value in ("1", True, [], -1, 10**400, 1e300, float("inf"), float("nan"))),
    ],
)
def test_a_claim_of_another_form_is_refused(clock: Clock, name: str, value: object) -> None:
    claims = {"jti": "1", "htm": "POST", "htu": f"{ISSUER}/token", "iat": 1, name: value}

    with pytest.raises(InvalidDpopProof, match=f"{name}|cannot be read"):
        read_proof(_sealed(Prover(clock, ISSUER), json.dumps(claims)))


@given(
    some.text(max_size=200)
    | some.binary(max_size=200).map(encoded)
    | some.text(max_size=60).map(lambda text: f"{_HEADER}.{encoded(text)}.AA")
)
def test_nothing_raises_anything_else(text: str) -> None:
    with pytest.raises(InvalidDpopProof):
        read_proof(text)
