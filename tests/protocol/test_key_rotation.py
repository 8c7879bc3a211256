"""Keys change and nobody's check fails: by schedule, by command, in an emergency, with old caches (F-31, JT-10, JT-15)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from joserfc.jwk import ECKey, OctKey
from jwt.algorithms import RSAAlgorithm

from broker.core.errors import ConfigurationError, SealBroken
from broker.core.signing_key import ALGORITHMS, NOTICE, KeyState, SigningKey, signing_at
from broker.flows.rotating import Rotating
from broker.oidc.keys import KeyRing
from broker.store.signing_keys import CACHE_SECONDS
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.tool import Tool


@pytest.fixture
def rotating(broker: Broker) -> Rotating:
    return Rotating(broker.parts.stores.signing_keys, broker.clock, timedelta(days=90))


def kid_of(token: str) -> str:
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid


def published(tool: Tool) -> list[str]:
    return [key["kid"] for key in tool.gets("/jwks").get_json()["keys"]]


def test_jt_15_a_new_key_is_published_before_it_signs_and_the_old_one_after(
    broker: Broker, browser: Browser, tool: Tool, rotating: Rotating
) -> None:
    before = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]

    made = {key.algorithm: key.kid for key in rotating.rotate()}
    still = tool.redeems(browser.opens(tool.url()).code).get_json()["id_token"]
    assert made["RS256"] in published(tool)
    assert kid_of(still) == kid_of(before)

    broker.clock.advance(hours=25)
    rotating.run_once()
    after = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
    assert kid_of(after) == made["RS256"]
    assert tool.verifies(after)
    assert tool.verifies(before), "the old key stays published while its tokens may live"

    broker.clock.advance(hours=26)
    assert kid_of(before) not in published(tool)
    browser.arrives(tool)
    assert browser.opens(tool.url(prompt="none", id_token_hint=before)).code, "hints are read with keys no longer published"


def test_hints_are_read_for_13_months_and_then_no_more(broker: Broker, browser: Browser, tool: Tool, rotating: Rotating) -> None:
    hint = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
    rotating.rotate()
    broker.clock.advance(hours=25)
    rotating.run_once()

    broker.clock.advance(days=395)
    broker.parts.stores.signing_keys.purge_expired(broker.clock())
    browser.arrives(tool)
    assert browser.opens(tool.url(prompt="none", id_token_hint=hint)).code
    broker.clock.advance(days=1)
    browser.arrives(tool)
    assert browser.opens(tool.url(prompt="none", id_token_hint=hint)).answer["error"] == "invalid_request"


def test_an_emergency_ends_the_belief_in_what_the_leaked_key_signed(
    broker: Broker, browser: Browser, tool: Tool, rotating: Rotating
) -> None:
    answer = tool.redeems(browser.arrives(tool).code).get_json()

    rotating.replace_leaked(["RS256"])
    broker.clock.now += NOTICE

    assert kid_of(answer["id_token"]) not in published(tool)
    assert browser.opens(tool.url(prompt="none", id_token_hint=answer["id_token"])).answer["error"] == "invalid_request"
    assert tool.asks_userinfo(answer["access_token"]).status_code == 200, "access tokens hang on no key"
    assert tool.verifies(tool.redeems(browser.opens(tool.url()).code).get_json()["id_token"])


class Process:
    """One of several web processes: its own list of keys, up to a minute old, looked at again at its own moments."""

    def __init__(self, load: Callable[[], Sequence[SigningKey]], clock: Clock, offset: float) -> None:
        self.load, self.clock = load, clock
        self.seen: Sequence[SigningKey] = ()
        self.looks_at = clock() + timedelta(seconds=offset)
        self.ring = KeyRing(self.list, clock)

    def list(self) -> Sequence[SigningKey]:
        if not self.seen or self.clock() >= self.looks_at:
            self.seen, self.looks_at = self.load(), self.clock() + timedelta(seconds=CACHE_SECONDS)
        return self.seen


def signed_and_checked(processes: Sequence[Process], kept: dict[str, dict[str, object]]) -> set[str]:
    """Every process signs; every signature is found with what every other one publishes, and in the set a tool keeps. The kids used."""
    used = set()
    for signer in processes:
        for algorithm in ("ES256", "Ed25519"):
            token = signer.ring.sign({"sub": "erika"}, "JWT", algorithm)
            used.add(kid_of(token))
            for asked in processes:
                shown = {key["kid"]: key for key in asked.ring.published()["keys"]}
                assert kid_of(token) in shown, "a tool that asks any process finds the key"
                assert asked.ring.read(token, "JWT"), "and so does any process that is shown it as a hint"
            if kept:
                assert kid_of(token) in kept, "also a tool that fetched the set an hour or a day ago"
    return used


def test_f_31_no_check_fails_during_a_rotation_with_caches_of_a_minute(broker: Broker, rotating: Rotating) -> None:
    clock = broker.clock
    processes = [Process(broker.parts.stores.signing_keys.list, clock, offset) for offset in (0, 7, 23, 41, 59.9)]
    first = signed_and_checked(processes, {})
    rotating.rotate()
    tools_copy: dict[str, dict[str, object]] = {}
    used = set(first)
    for minute in range(27 * 6):
        if minute % (24 * 6) == 2:  # a tool fetches the set soon after the rotation began, and again a day later
            tools_copy = {str(key["kid"]): key for key in processes[0].ring.published()["keys"]}
        if minute == 25 * 6 + 9:
            rotating.run_once()  # the worker comes an hour and a half late
        used |= signed_and_checked(processes, tools_copy)
        clock.advance(minutes=10)
    assert len(used) == 4, "both algorithms went over to their new keys"


def test_f_31_no_check_fails_around_the_moment_of_change_and_of_an_emergency(broker: Broker, rotating: Rotating) -> None:
    clock = broker.clock
    processes = [Process(broker.parts.stores.signing_keys.list, clock, offset) for offset in (0, 7, 23, 41, 59.9)]
    signed_and_checked(processes, {})
    rotating.replace_leaked(["ES256", "Ed25519"])
    used: set[str] = set()
    for second in range(0, 240, 3):
        if second == 120:
            rotating.run_once()
        used |= signed_and_checked(processes, {})
        clock.advance(seconds=3)
    assert len(used) == 4
    assert signing_at(rotating.list(), "ES256", clock()) is not None


def test_f_31_tokens_of_real_sign_ins_stay_good_while_keys_change(broker_everywhere: Broker) -> None:
    broker = broker_everywhere
    rotating = Rotating(broker.parts.stores.signing_keys, broker.clock)
    tools = [broker.tool(name, id_token_alg=name) for name in ALGORITHMS]
    seen: list[tuple[Tool, str, str]] = []
    rotating.rotate()
    for _ in range(4):
        browser = broker.browser()
        for tool in tools:
            token = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
            seen.append((tool, token, kid_of(token)))
        for tool, token, _kid in seen[-8:]:
            assert tool.verifies(token, tool.client.id_token_alg)
        broker.clock.advance(hours=8, minutes=30)
        rotating.run_once()
    assert len({kid for _, _, kid in seen}) == 8


def key_like(algorithm: str, private_jwk: object) -> SigningKey:
    now = Clock()() - timedelta(days=1)
    return SigningKey("weak", algorithm, json.dumps(private_jwk), KeyState.ACTIVE, now, now)


def rsa(bits: int, exponent: int = 65537) -> dict[str, object]:
    jwk: dict[str, object] = RSAAlgorithm.to_jwk(generate_private_key(exponent, bits), as_dict=True)
    return jwk


WEAK: dict[str, tuple[str, Callable[[], dict[str, object]], str]] = {
    "a short modulus": ("RS256", lambda: rsa(1024), "has 1024 bits"),
    "exponent 1": ("PS256", lambda: {**rsa(2048), "e": "AQ"}, "is no key|exponent below 65537"),
    "exponent 3": ("RS256", lambda: rsa(2048, 3), "exponent below 65537"),
    "another curve": ("ES256", lambda: ECKey.generate_key("P-384").as_dict(private=True), "P-384, which does not fit ES256"),
    "another type": ("Ed25519", lambda: ECKey.generate_key("P-256").as_dict(private=True), "P-256, which does not fit Ed25519"),
    "no private part": ("ES256", lambda: ECKey.generate_key("P-256").as_dict(private=False), "no private part"),
    "symmetric": ("RS256", lambda: OctKey.generate_key(256).as_dict(private=True), "no key pair"),
    "an empty secret": ("RS256", lambda: {"kty": "oct", "k": ""}, "is no key"),
    "8 bytes": ("RS256", lambda: {"kty": "oct", "k": "MTIzNDU2Nzg"}, "no key pair"),
    "something else": ("ES256", lambda: {"kty": "EC", "crv": "P-256"}, "is no key"),
}


@pytest.mark.parametrize("what", WEAK)
def test_jt_10_the_broker_refuses_to_start_with_a_weak_key(broker: Broker, what: str) -> None:
    algorithm, make, sentence = WEAK[what]
    private_jwk = make()
    store = broker.parts.stores.signing_keys
    for key in store.list():
        store.replace(replace(key, state=KeyState.RETIRED, retire_at=broker.clock()))
    store.add(key_like(algorithm, private_jwk))

    with pytest.raises(ConfigurationError, match=sentence) as refusal:
        broker.starts_again()

    assert "signing key weak" in refusal.value.detail
    assert "broker keys rotate --emergency" in refusal.value.detail
    for secret in (private_jwk.get("d"), private_jwk.get("k")):
        assert not secret or str(secret) not in refusal.value.detail


def test_with_another_secret_it_does_not_start_and_says_which_setting(broker: Broker) -> None:
    with pytest.raises(SealBroken, match="BROKER_SECRET is not the one it was sealed with"):
        broker.starts_again(secret="another-secret-0123456789-abcdefghijk")
