"""Which proofs fit which call, and what they bind (RFC 9449 4.3, 5, 7.1, 10; RFC 8705 3; A-09, A-24)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from broker.core.client_policy import TokenPolicy
from broker.core.errors import BadRequest, InvalidRequest, InvalidToken
from broker.core.oauth_errors import InvalidDpopProof, InvalidProofForToken, UnprovenToken, UseDpopNonce, UseDpopNonceForToken
from broker.oidc.client_call import ClientCall
from broker.oidc.dpop_nonce import DpopNonces
from broker.oidc.parameters import Parameters
from broker.oidc.proofs import Proofs, token_type
from tests.support.clock import Clock
from tests.support.dpop import Prover
from tests.support.makers import client

ISSUER = "https://broker.test"
CLIENT = client()
DPOP_BOUND = client(tokens=TokenPolicy(dpop_bound=True))
WITH_NONCE = client(tokens=TokenPolicy(dpop_nonce=True))
CERTIFICATE_BOUND = client(tokens=TokenPolicy(certificate_bound=True))
FAPI = client(fapi=True)
CERTIFICATE = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"


class Once:
    """The gate of `store/one_time_ids.py`, in memory."""

    def __init__(self) -> None:
        self.until: dict[tuple[str, str], datetime] = {}

    def __call__(self, thumbprint: str, jti: str, until: datetime) -> bool:
        first = (thumbprint, jti) not in self.until
        self.until.setdefault((thumbprint, jti), until)
        return first


@pytest.fixture
def gate() -> Once:
    return Once()


@pytest.fixture
def proofs(clock: Clock, gate: Once) -> Proofs:
    return Proofs(ISSUER, DpopNonces(bytes(32), clock), gate, lambda header: header.partition("cert:")[2] or None, clock)


@pytest.fixture
def prover(clock: Clock) -> Prover:
    return Prover(clock, ISSUER)


def call(*dpop: str, path: str = "/token", **fields: Any) -> ClientCall:
    return ClientCall(Parameters({}), dpop=dpop, path=path, **fields)


def with_certificate(thumbprint: str = CERTIFICATE, *dpop: str, **fields: Any) -> ClientCall:
    return call(*dpop, certificate=f"cert:{thumbprint}", **fields)


# --- a proof and the call it comes with -------------------------------------------------------------------------------------------------


def test_a_proof_is_a_confirmation(proofs: Proofs, prover: Prover) -> None:
    assert proofs.confirmation(call(prover.proof("POST", "/token")), CLIENT) == f"jkt:{prover.thumbprint}"
    assert proofs.confirmation(call(), CLIENT) == ""
    assert [token_type(bound) for bound in ("", f"jkt:{prover.thumbprint}", f"x5t#S256:{CERTIFICATE}")] == ["Bearer", "DPoP", "Bearer"]


@pytest.mark.parametrize(
    "address",
    [
        "/token",
        "",
        "token",
        "https://broker.test",
        "https://evil.test/token",
        "https://broker.test/userinfo",
        "https://broker.test/token/",
        "https://broker.test//token",
        "https://broker.test/TOKEN",
        "https://broker.test/tok%2Fen",
        "https://broker.test%2Ftoken",
        "http://broker.test/token",
        "http://broker.test:443/token",
        "https://broker.test:8443/token",
        "https://broker.test:0/token",
        "https://broker.test:x/token",
        "https://broker.test@evil.test/token",
        "https://evil.test@broker.test/token",
        "https://[::1/token",
        "urn:token",
    ],
)
def test_a_proof_for_another_address_is_refused(proofs: Proofs, prover: Prover, address: str) -> None:
    with pytest.raises(InvalidDpopProof):
        proofs.confirmation(call(prover.proof("POST", "/token", htu=address or "/")), CLIENT)


@pytest.mark.parametrize(
    "address",
    ["https://broker.test/token?x=1#y", "HTTPS://Broker.TEST/token", "https://broker.test:443/token", "https://broker.test/%74oken"],
)
def test_addresses_are_compared_as_addresses(proofs: Proofs, prover: Prover, address: str) -> None:
    """RFC 9449 4.3 number 9: query and fragment do not count; normalised as RFC 3986 6.2.2 and 6.2.3 say."""
    assert proofs.confirmation(call(prover.proof("POST", "/token", htu=address)), CLIENT)


def test_an_issuer_may_have_a_port_and_a_path(proofs: Proofs, clock: Clock) -> None:
    issuer = "http://localhost:8000/broker"

    assert replace(proofs, issuer=issuer).confirmation(call(Prover(clock, issuer).proof("POST", "/token")), CLIENT)


@pytest.mark.parametrize("method", ["GET", "post", "PUT"])
def test_a_proof_for_another_method_is_refused(proofs: Proofs, prover: Prover, method: str) -> None:
    with pytest.raises(InvalidDpopProof):
        proofs.confirmation(call(prover.proof(method, "/token")), CLIENT)


@pytest.mark.parametrize(
    ("claim", "seconds", "good"),
    [
        ("iat", 10, True),
        ("iat", 11, False),
        ("iat", -60, True),
        ("iat", -61, False),
        ("nbf", 10, True),
        ("nbf", 11, False),
        ("exp", -9, True),
        ("exp", -10, False),
    ],
)
def test_a_24_time_counts(proofs: Proofs, prover: Prover, clock: Clock, claim: str, seconds: int, good: bool) -> None:
    made = call(prover.proof("POST", "/token", **{claim: int(clock().timestamp()) + seconds}))

    if good:
        assert proofs.confirmation(made, CLIENT)
        return
    with pytest.raises(InvalidDpopProof, match=claim):
        proofs.confirmation(made, CLIENT)


def test_a_proof_counts_once_for_as_long_as_it_could_be_shown(proofs: Proofs, prover: Prover, clock: Clock, gate: Once) -> None:
    proof = prover.proof("POST", "/token", jti="one")
    assert proofs.confirmation(call(proof), CLIENT)

    with pytest.raises(InvalidDpopProof, match="before"):
        proofs.confirmation(call(proof), CLIENT)
    assert proofs.confirmation(call(Prover(clock, ISSUER).proof("POST", "/token", jti="one")), CLIENT), "another key's ids are its own"
    until = gate.until[(prover.thumbprint, "one")]
    clock.now = until
    with pytest.raises(InvalidDpopProof, match="iat"):
        proofs.confirmation(call(proof), CLIENT)


def test_a_proof_that_does_not_fit_is_not_used_up(proofs: Proofs, prover: Prover, gate: Once) -> None:
    for bad in ({"htm": "GET"}, {"htu": "https://evil.test"}, {"iat": 1}, {"nonce": "foreign"}):
        with pytest.raises((InvalidDpopProof, UseDpopNonce)):
            proofs.confirmation(call(prover.proof("POST", "/token", **bad)), CLIENT)

    assert not gate.until


def test_exactly_one_header(proofs: Proofs, prover: Prover) -> None:
    with pytest.raises(InvalidDpopProof, match="exactly one"):
        proofs.confirmation(call(prover.proof("POST", "/token"), prover.proof("POST", "/token")), CLIENT)


# --- who gets no token without ------------------------------------------------------------------------------------------------------


def test_a_client_that_has_to_prove_gets_nothing_without(proofs: Proofs, prover: Prover) -> None:
    for bare, refusal in ((DPOP_BOUND, InvalidDpopProof), (CERTIFICATE_BOUND, BadRequest), (FAPI, BadRequest)):
        with pytest.raises(refusal):
            proofs.confirmation(call(), bare)
        with pytest.raises(refusal):
            proofs.confirmation(call(certificate="nonsense"), bare)
    with pytest.raises(InvalidDpopProof):
        proofs.confirmation(with_certificate(), DPOP_BOUND)


def test_certificates_bind_where_the_record_says_so(proofs: Proofs, prover: Prover) -> None:
    for asked in (CERTIFICATE_BOUND, FAPI):
        assert proofs.confirmation(with_certificate(), asked) == f"x5t#S256:{CERTIFICATE}"
    assert proofs.confirmation(with_certificate(), CLIENT) == ""
    assert proofs.confirmation(with_certificate(CERTIFICATE, prover.proof("POST", "/token")), FAPI) == f"jkt:{prover.thumbprint}"
    with pytest.raises(InvalidDpopProof):
        proofs.confirmation(with_certificate(CERTIFICATE, prover.proof("POST", "/token")), CERTIFICATE_BOUND)


# --- announcing a key ----------------------------------------------------------------------------------------------------------------


def test_a_key_is_announced_by_either_way_or_both(proofs: Proofs, prover: Prover) -> None:
    pushed = lambda: call(prover.proof("POST", "/par"), path="/par")  # noqa: E731  # a fresh proof each time

    assert proofs.announced(call(path="/par"), CLIENT, None) == ""
    assert proofs.announced(call(path="/par"), CLIENT, prover.thumbprint) == f"jkt:{prover.thumbprint}"
    assert proofs.announced(pushed(), CLIENT, None) == f"jkt:{prover.thumbprint}"
    assert proofs.announced(pushed(), CLIENT, prover.thumbprint) == f"jkt:{prover.thumbprint}"


def test_announcements_that_disagree_or_make_no_sense_are_refused(proofs: Proofs, prover: Prover, clock: Clock) -> None:
    with pytest.raises(InvalidDpopProof, match="different"):
        proofs.announced(call(prover.proof("POST", "/par"), path="/par"), CLIENT, Prover(clock, ISSUER).thumbprint)
    for nonsense in ("x", "x" * 44, "ü" * 43, "jkt:" + "x" * 39):
        with pytest.raises(InvalidRequest):
            proofs.announced(call(path="/par"), CLIENT, nonsense)
    with pytest.raises(UseDpopNonce):
        proofs.announced(call(prover.proof("POST", "/par"), path="/par"), WITH_NONCE, None)


# --- access tokens ---------------------------------------------------------------------------------------------------------------------


def shown(prover: Prover, token: str = "token", scheme: str = "DPoP", **claims: Any) -> ClientCall:  # no secret
    proof = prover.proof("GET", "/userinfo", token, **claims)
    return call(proof, path="/userinfo", method="GET", authorization=f"{scheme} {token}")


def test_a_bound_token_passes_with_its_proof(proofs: Proofs, prover: Prover) -> None:
    for scheme in ("DPoP", "dpop", "DPOP"):
        proofs.check(shown(prover, scheme=scheme), "token", f"jkt:{prover.thumbprint}", CLIENT)


@pytest.mark.parametrize(
    "claims", [{"ath": None}, {"ath": "x"}, {"ath": "x" * 43}, {"htm": "POST"}, {"htu": f"{ISSUER}/token"}, {"iat": 1}]
)
def test_a_bound_token_with_a_wrong_proof_does_not(proofs: Proofs, prover: Prover, claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidProofForToken):
        proofs.check(shown(prover, **claims), "token", f"jkt:{prover.thumbprint}", CLIENT)


def test_a_bound_token_is_no_bearer_token_and_no_bearer_token_is_bound(proofs: Proofs, prover: Prover, clock: Clock) -> None:
    bound = f"jkt:{prover.thumbprint}"
    with pytest.raises(UnprovenToken):
        proofs.check(shown(prover, scheme="Bearer"), "token", bound, CLIENT)
    with pytest.raises(UnprovenToken):
        proofs.check(call(authorization=None), "token", bound, CLIENT)
    with pytest.raises(UnprovenToken, match="another key"):
        proofs.check(shown(Prover(clock, ISSUER)), "token", bound, CLIENT)
    with pytest.raises(UnprovenToken):
        proofs.check(shown(prover), "token", "", CLIENT)
    with pytest.raises(InvalidProofForToken):
        proofs.check(replace(shown(prover), dpop=()), "token", bound, CLIENT)
    with pytest.raises(UseDpopNonceForToken):
        proofs.check(shown(prover), "token", bound, WITH_NONCE)


def test_a_token_of_a_certificate_needs_that_certificate(proofs: Proofs, prover: Prover) -> None:
    bound = f"x5t#S256:{CERTIFICATE}"
    proofs.check(with_certificate(authorization="Bearer token"), "token", bound, CLIENT)
    proofs.check(with_certificate(authorization="Bearer token"), "token", "", CLIENT)

    for wrong in (call(authorization="Bearer token"), with_certificate("x" * 43, authorization="Bearer token"), shown(prover)):
        with pytest.raises(InvalidToken):
            proofs.check(wrong, "token", bound, CLIENT)
