"""private_key_jwt: who a client is, signed for us, now, once (RFC 7523; A-07, A-21 to A-25; CL-02 to CL-04, CL-06, JT at assertions)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from broker.core.client import ClientStatus
from broker.core.client_policy import AuthMethod, ClientKeys
from broker.oidc.client_auth import METHODS
from tests.protocol.test_client_auth import turned_away
from tests.support.app import Broker, closing
from tests.support.browser import Browser
from tests.support.signing import ASSERTION_TYPE, SigningKey, SigningTool, by_hand, signing_tool

KEYS = [SigningKey(algorithm) for algorithm in ("RS256", "PS256", "ES256", "Ed25519")]


@pytest.fixture
def signer(broker: Broker) -> SigningTool:
    """A tool with an ES256 key."""
    return signing_tool(broker)


@pytest.fixture(params=KEYS, ids=lambda key: str(key.algorithm))
def key(request: pytest.FixtureRequest) -> SigningKey:
    """One key of each algorithm."""
    found: SigningKey = request.param
    return found


def refused_without_harm(signer: SigningTool, code: str, assertion: str) -> bool:
    """The assertion is refused, and the code still good afterwards."""
    assert turned_away(signer.redeems(code, assertion))
    assert signer.redeems(code).status_code == 200, "a failed authentication consumes no code"
    return True


# --- what works ---------------------------------------------------------------------------------------------------------------------


def test_a_client_signs_who_it_is(broker_everywhere: Broker, key: SigningKey) -> None:
    signer = signing_tool(broker_everywhere, key=key)
    code = broker_everywhere.browser().arrives(signer.tool).code
    assert signer.redeems(code, client_id="signer").status_code == 200


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"])
def test_usual_kinds_are_taken(broker: Broker, browser: Browser, signer: SigningTool, typ: str | None) -> None:
    assertion = signer.key.sign(signer.claims(), typ=typ)
    assert signer.redeems(browser.arrives(signer.tool).code, assertion).status_code == 200


def test_a_client_without_kids_and_with_several_keys_is_found(broker: Broker, browser: Browser) -> None:
    other, own = SigningKey("ES256", None, 1), SigningKey("ES256", None, 2)
    signer = signing_tool(broker, key=own, keys=ClientKeys(jwks={"keys": [other.jwk, own.jwk]}))
    assert signer.redeems(browser.arrives(signer.tool).code).status_code == 200


def test_one_broken_key_in_the_set_does_not_matter(broker: Broker, browser: Browser) -> None:
    key = SigningKey()
    signer = signing_tool(broker, key=key, keys=ClientKeys(jwks={"keys": [{"kty": "XX"}, {"kty": "RSA", "n": "!"}, key.jwk]}))
    assert signer.redeems(browser.arrives(signer.tool).code).status_code == 200


# --- CL ---------------------------------------------------------------------------------------------------------------------------------


def test_cl_02_an_assertion_counts_once(broker_everywhere: Broker) -> None:
    signer, browser = signing_tool(broker_everywhere), broker_everywhere.browser()
    assertion = signer.assertion()
    assert signer.redeems(browser.arrives(signer.tool).code, assertion).status_code == 200
    assert turned_away(signer.redeems(browser.opens(signer.tool.url()).code, assertion))


def test_cl_02_two_clients_may_use_the_same_jti(broker: Broker, browser: Browser) -> None:
    for name in ("one", "two"):
        signer = signing_tool(broker, name, sector=f"{name}.test")
        assert signer.redeems(browser.arrives(signer.tool).code, signer.assertion(jti="1")).status_code == 200


def test_cl_02_a_replay_over_two_applications_and_after_redis_lost_everything(broker_everywhere: Broker) -> None:
    signer, browser = signing_tool(broker_everywhere), broker_everywhere.browser()
    code, assertion = browser.arrives(signer.tool).code, signer.assertion()
    assert signer.redeems(code, assertion).status_code == 200
    # Another process with another Redis: only SQL is shared.
    for again in closing(broker_everywhere.starts_again(redis_url="fake://")):
        elsewhere = replace(signer, tool=replace(signer.tool, app=again.app))
        assert turned_away(elsewhere.redeems("x", assertion))


def test_cl_02_of_many_replays_at_once_one_passes(broker_everywhere: Broker) -> None:
    signer = signing_tool(broker_everywhere)
    broker_everywhere.browser().arrives(signer.tool)
    for _ in range(10):
        assertion = signer.assertion()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _, one=assertion: signer.redeems("no-code", one), range(8)))
        outcomes = sorted(answer.get_json()["error"] for answer in answers)
        assert outcomes == ["invalid_client"] * 7 + ["invalid_grant"], "whoever passes hears of the wrong code"


@pytest.mark.parametrize(
    "audience",
    [
        "https://broker.test/token",
        "https://broker.test/par",
        "https://broker.test/",
        "https://BROKER.test",
        "https://broker.test:443",
        "http://broker.test",
        ["https://broker.test"],
        ["https://broker.test", "https://broker.test/token"],
        ["https://broker.test", "https://evil.test"],
        "https://broker.tes",
        "*",
        "",
        5,
        {"https://broker.test": 1},
    ],
    ids=str,
)
def test_cl_03_jt_12_only_the_issuer_as_one_string_is_the_audience(browser: Browser, signer: SigningTool, audience: Any) -> None:
    assert refused_without_harm(signer, browser.arrives(signer.tool).code, signer.assertion(aud=audience))


def test_jt_12_no_audience_is_none_of_ours(signer: SigningTool) -> None:
    assert turned_away(signer.redeems("x", signer.key.sign({**signer.claims(), "aud": None})))
    assert turned_away(signer.redeems("x", signer.key.sign({**signer.claims(), "aud": []})))


NOW = 1_795_683_600  # 2026-11-26 09:00 UTC, where the clock of tests stands


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"iss": None},
        {"iss": "https://broker.test"},
        {"sub": "other"},
        {"sub": None},
        {"sub": ["signer"]},
        {"iss": ["signer"]},
        {"iss": 5},
        {"iss": "signer/"},
        {"iss": "SIGNER"},
        {"iss": "sign"},
        {"aud": None},
        {"jti": None},
        {"jti": ""},
        {"jti": 5},
        {"jti": "x" * 257},
        {"exp": None},
        {"exp": NOW + 3600},
        {"exp": NOW + 361},
        {"exp": NOW - 10},
        {"exp": NOW - 300},
        {"iat": NOW + 61},
        {"nbf": NOW + 61},
        {"nbf": NOW + 3600},
    ],
    ids=str,
)
def test_cl_04_jt_11_a_wrong_claim_is_refused(browser: Browser, signer: SigningTool, changes: dict[str, Any]) -> None:
    assert refused_without_harm(signer, browser.arrives(signer.tool).code, signer.assertion(**changes))


@pytest.mark.parametrize("value", [str(NOW), float(NOW), -1, 10**20, True, [NOW], {}, "NaN"], ids=str)
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
def test_jt_13_a_time_is_a_whole_number(signer: SigningTool, name: str, value: Any) -> None:
    assert turned_away(signer.redeems("x", signer.assertion(**{name: value})))


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_jt_13_what_is_no_number_in_json_is_no_time(signer: SigningTool, constant: str) -> None:
    raw = json.dumps(signer.claims()).replace(str(NOW + 60), constant).encode()
    assert constant.encode() in raw
    assert turned_away(signer.redeems("x", signer.key.sign_bytes(raw, kid="first")))


@pytest.mark.parametrize("changes", [{"iat": NOW + 5, "nbf": NOW + 5}, {"exp": NOW - 5}, {"exp": NOW + 300}, {"iat": None}], ids=str)
def test_jt_13_small_differences_of_clocks_do_not_matter(browser: Browser, signer: SigningTool, changes: dict[str, Any]) -> None:
    assert signer.redeems(browser.arrives(signer.tool).code, signer.assertion(**changes)).status_code == 200


def test_cl_04_another_clients_key_is_refused(broker: Broker, browser: Browser, signer: SigningTool) -> None:
    other = signing_tool(broker, "other", SigningKey("ES256", "first", 1))
    forged = other.key.sign(signer.claims())
    assert refused_without_harm(signer, browser.arrives(signer.tool).code, forged)


@pytest.mark.parametrize(
    "kind", ["", "x", ASSERTION_TYPE.upper(), ASSERTION_TYPE + " ", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"]
)
def test_the_assertion_type_is_exact(signer: SigningTool, kind: str) -> None:
    assert turned_away(signer.redeems("x", client_assertion_type=kind))


def test_the_form_must_not_name_another_client(broker: Broker, browser: Browser, signer: SigningTool) -> None:
    broker.tool("other")
    assert turned_away(signer.redeems("x", client_id="other"))


def test_cl_06_a_client_with_keys_has_no_secret_and_is_not_public(broker: Broker, browser: Browser, signer: SigningTool) -> None:
    tool, code = signer.tool, browser.arrives(signer.tool).code
    assert signer.tool.client.secret_hash, "the secret of earlier days is still on record"
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": tool.client.redirect_uris[0], "code_verifier": tool.verifier}
    assert turned_away(tool.calls_token(form, tool.basic()))
    assert turned_away(tool.calls_token({**form, "client_id": "signer", "client_secret": tool.secret}))
    assert turned_away(tool.calls_token({**form, "client_id": "signer"}))
    assert signer.redeems(code).status_code == 200


def test_cl_06_a_client_with_a_secret_cannot_sign(broker: Broker, browser: Browser) -> None:
    signer = signing_tool(broker, auth_method=AuthMethod.ANY_SECRET)
    assert turned_away(signer.redeems(browser.arrives(signer.tool).code))


def test_cl_06_client_secret_jwt_is_not_there(signer: SigningTool) -> None:
    assert "client_secret_jwt" not in METHODS
    assert turned_away(signer.redeems("x", by_hand({"alg": "HS256", "typ": "JWT"}, signer.claims(), signer.tool.secret.encode())))


def test_two_methods_at_once_are_an_invalid_request(signer: SigningTool) -> None:
    tool = signer.tool
    form = {
        "grant_type": "authorization_code",
        "code": "x",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signer.assertion(),
    }
    for more, headers in (({"client_secret": tool.secret, "client_id": "signer"}, {}), ({}, tool.basic())):
        answer = tool.calls_token({**form, **more}, headers)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("status", [ClientStatus.SUSPENDED, ClientStatus.DRAFT])
def test_a_31_a_client_that_is_not_live_any_more_is_turned_away(broker: Broker, signer: SigningTool, status: ClientStatus) -> None:
    broker.changes(signer.tool, status=status)
    assert turned_away(signer.redeems("x"))


def test_an_unknown_client_is_turned_away_alike(broker: Broker, signer: SigningTool) -> None:
    known = signer.redeems("x", signer.assertion(aud="wrong"))
    unknown = signer.redeems("x", signer.assertion(iss="nobody", sub="nobody"))
    assert turned_away(unknown)
    assert known.get_json() == unknown.get_json()
    assert dict(known.headers).keys() == dict(unknown.headers).keys()
