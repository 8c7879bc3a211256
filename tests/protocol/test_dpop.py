"""DPoP over the wire: a proof at the token endpoint and at userinfo (RFC 9449 5, 7; A-09). Claim by claim in tests/unit/test_proofs.py."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from broker.core.client_policy import TokenPolicy
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.dpop import Prover
from tests.support.outages import sql_away
from tests.support.tool import Tool

Headers = list[tuple[str, str]]


@pytest.fixture
def proving(broker: Broker, tool: Tool) -> Tool:
    """A tool whose calls carry proofs."""
    tool.prover = broker.prover()
    return tool


@pytest.fixture
def prover(proving: Tool) -> Prover:
    """Its key."""
    assert proving.prover is not None
    return proving.prover


def refused(response: TestResponse, error: str = "invalid_dpop_proof", status: int = 400) -> bool:
    """A JSON error that is never cached."""
    assert (response.status_code, response.get_json()["error"]) == (status, error), response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
    return True


def challenged(response: TestResponse, error: str) -> bool:
    """401 in the form of RFC 9449 7.1."""
    assert refused(response, error, 401)
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith(f'DPoP realm="userinfo", error="{error}", error_description="')
    assert challenge.endswith(', algs="ES256 PS256 Ed25519 EdDSA"')
    return True


def redeems(tool: Tool, code: str, headers: Headers) -> TestResponse:
    """With exactly these headers beside the client's credentials."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": tool.client.redirect_uris[0], "code_verifier": tool.verifier}
    sent = [*tool.basic().items(), *headers]
    return tool.app.test_client(use_cookies=False).post("/token", base_url=tool.issuer, data=form, headers=sent)


def bound_token(browser: Browser, proving: Tool) -> str:
    value: str = proving.redeems(browser.arrives(proving).code).get_json()["access_token"]
    return value


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "Ed25519"])
def test_a_proof_binds_the_token_and_every_algorithm_works(broker: Broker, browser: Browser, tool: Tool, algorithm: str) -> None:
    tool.prover = broker.prover(algorithm)

    answer = tool.redeems(browser.arrives(tool).code).get_json()

    assert answer["token_type"] == "DPoP"
    assert tool.asks_userinfo(answer["access_token"]).get_json()["sub"] == tool.verifies(answer["id_token"])["sub"]
    assert tool.gets("/.well-known/openid-configuration").get_json()["dpop_signing_alg_values_supported"] == [
        "ES256",
        "PS256",
        "Ed25519",
        "EdDSA",
    ]


def test_without_a_proof_nothing_changes(browser: Browser, tool: Tool) -> None:
    response = tool.redeems(browser.arrives(tool).code)

    assert response.get_json()["token_type"] == "Bearer"
    assert "DPoP-Nonce" not in response.headers


def test_a_bad_proof_is_refused_and_no_code_is_consumed(browser: Browser, proving: Tool, prover: Prover) -> None:
    code = browser.arrives(proving).code
    stale = int(prover.clock().timestamp()) - 61

    for proof in (
        "",
        "nonsense",
        prover.proof("GET", "/token"),
        prover.proof("POST", "/userinfo"),
        prover.proof("POST", "/token", iat=stale),
        prover.proof("POST", "/token", header={"jwk": prover.whole_jwk}),
        prover.proof("POST", "/token", filler="x" * 20_000),
    ):
        assert refused(redeems(proving, code, [("DPoP", proof)]))
    assert proving.redeems(code).status_code == 200


def test_two_headers_are_refused(browser: Browser, proving: Tool, prover: Prover) -> None:
    code = browser.arrives(proving).code
    proof = prover.proof("POST", "/token")

    assert refused(redeems(proving, code, [("DPoP", proof), ("DPoP", prover.proof("POST", "/token"))]))
    assert refused(redeems(proving, code, [("DPoP", proof), ("DPoP", "")]))
    assert redeems(proving, code, [("DPoP", proof)]).status_code == 200, "and none of them was used up"


def test_in_01_the_address_is_ours_by_setting(browser: Browser, proving: Tool, prover: Prover) -> None:
    """A Host header that names our host with another port does not move the address."""
    code = browser.arrives(proving).code
    elsewhere = prover.proof("POST", "/token", htu="https://broker.test:8443/token")

    assert refused(redeems(proving, code, [("Host", "broker.test:8443"), ("DPoP", elsewhere)]))
    assert redeems(proving, code, [("Host", "broker.test:8443"), ("DPoP", prover.proof("POST", "/token"))]).status_code == 200


def test_a_client_authenticates_before_its_proof_counts(browser: Browser, proving: Tool, prover: Prover) -> None:
    code = browser.arrives(proving).code
    proof = [("DPoP", prover.proof("POST", "/token"))]

    wrong = proving.calls_token({"grant_type": "authorization_code", "code": code}, {**dict(proof), **proving.basic(secret="wrong")})

    assert refused(wrong, "invalid_client", 401)
    assert redeems(proving, code, proof).status_code == 200


# --- once -------------------------------------------------------------------------------------------------------------------------------


def test_a_proof_counts_once(broker_everywhere: Broker) -> None:
    tool, browser = broker_everywhere.tool(), broker_everywhere.browser()
    tool.prover = broker_everywhere.prover()
    proof = [("DPoP", tool.prover.proof("POST", "/token"))]
    first, second = browser.arrives(tool).code, browser.arrives(tool).code

    token = redeems(tool, first, proof).get_json()["access_token"]
    assert refused(redeems(tool, second, proof))

    shown = tool.prover.headers("GET", "/userinfo", token)
    assert tool.gets("/userinfo", shown).status_code == 200
    assert challenged(tool.gets("/userinfo", shown), "invalid_dpop_proof")


def test_a_48_of_many_at_once_exactly_one_passes(broker_everywhere: Broker) -> None:
    tool, browser = broker_everywhere.tool(), broker_everywhere.browser()
    tool.prover = broker_everywhere.prover()
    token = bound_token(browser, tool)

    for _ in range(5):
        shown = tool.prover.headers("GET", "/userinfo", token)
        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(response.status_code for response in pool.map(lambda _: tool.gets("/userinfo", shown), range(8)))  # noqa: B023
        assert statuses == [200] + [401] * 7


def test_what_was_shown_is_forgotten_when_it_is_too_old_anyway(broker: Broker, browser: Browser, proving: Tool, prover: Prover) -> None:
    proof = [("DPoP", prover.proof("POST", "/token"))]
    redeems(proving, browser.arrives(proving).code, proof)
    gate = broker.parts.stores.one_time_ids

    assert gate.purge_expired(broker.clock() + timedelta(seconds=60)) == 0
    broker.clock.advance(seconds=61)
    assert refused(redeems(proving, browser.arrives(proving).code, proof))
    assert gate.purge_expired(broker.clock() + timedelta(seconds=60)) == 1


def test_an_outage_of_the_gate_is_told_as_one(broker: Broker, browser: Browser, proving: Tool) -> None:
    """A-47: neither the proof nor the code is called bad, and both are good afterwards."""
    code = browser.arrives(proving).code

    with sql_away(broker):
        response = proving.redeems(code)

    assert (response.status_code, response.get_json()["error"]) == (503, "temporarily_unavailable")
    assert response.headers["Retry-After"]
    assert proving.redeems(code).status_code == 200


# --- at userinfo ----------------------------------------------------------------------------------------------------------------------


def test_a_bound_token_is_worth_nothing_as_a_bearer_token(broker: Broker, browser: Browser, proving: Tool) -> None:
    token = bound_token(browser, proving)
    stolen = {"Authorization": f"Bearer {token}"}
    by_form = broker.app.test_client().post("/userinfo", base_url=broker.issuer, data={"access_token": token})

    assert challenged(proving.gets("/userinfo", stolen), "invalid_token")
    assert challenged(by_form, "invalid_token")
    assert proving.asks_userinfo(token).status_code == 200


def test_a_bound_token_needs_a_fitting_proof_by_its_own_key(broker: Broker, browser: Browser, proving: Tool, prover: Prover) -> None:
    token = bound_token(browser, proving)
    other = broker.prover()

    assert challenged(proving.gets("/userinfo", {"Authorization": f"DPoP {token}"}), "invalid_dpop_proof")
    assert challenged(proving.gets("/userinfo", prover.headers("GET", "/userinfo", token, ath=None)), "invalid_dpop_proof")
    assert challenged(proving.gets("/userinfo", prover.headers("GET", "/userinfo", token, ath="x" * 43)), "invalid_dpop_proof")
    assert challenged(proving.gets("/userinfo", prover.headers("POST", "/userinfo", token)), "invalid_dpop_proof")
    assert challenged(proving.gets("/userinfo", other.headers("GET", "/userinfo", token)), "invalid_token")


def test_a_token_bound_to_nothing_is_no_dpop_token(broker: Broker, browser: Browser, tool: Tool) -> None:
    token = tool.redeems(browser.arrives(tool).code).get_json()["access_token"]

    assert challenged(tool.gets("/userinfo", broker.prover().headers("GET", "/userinfo", token)), "invalid_token")
    assert tool.asks_userinfo(token).status_code == 200


def test_post_works_as_get_and_the_scheme_in_any_case(broker: Broker, browser: Browser, proving: Tool, prover: Prover) -> None:
    token = bound_token(browser, proving)
    client = broker.app.test_client()

    for scheme in ("DPoP", "dpop", "DPOP"):
        headers = {**prover.headers("POST", "/userinfo", token), "Authorization": f"{scheme} {token}"}
        assert client.post("/userinfo", base_url=broker.issuer, headers=headers).status_code == 200


def test_both_schemes_are_named_to_whoever_presents_nothing_or_something_dead(tool: Tool) -> None:
    bare = tool.gets("/userinfo").headers["WWW-Authenticate"]
    dead = tool.asks_userinfo("x" * 43).headers["WWW-Authenticate"]

    assert bare == 'Bearer realm="userinfo", DPoP algs="ES256 PS256 Ed25519 EdDSA"'
    assert dead.startswith('Bearer realm="userinfo", error="invalid_token"')
    assert dead.endswith(', DPoP algs="ES256 PS256 Ed25519 EdDSA"')


# --- who has to ------------------------------------------------------------------------------------------------------------------------


def test_a_client_whose_record_says_so_gets_no_token_without(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=TokenPolicy(dpop_bound=True))
    code = browser.arrives(tool).code

    assert refused(tool.redeems(code))
    tool.prover = broker.prover()
    assert tool.redeems(code).get_json()["token_type"] == "DPoP"
