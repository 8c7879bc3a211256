"""`id_token_hint` at the authorization endpoint (OIDC Core 3.1.2.1; JT-06, JT-15); forged ones are in `test_id_token_hint_forged.py`."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from time import perf_counter

import jwt
import pytest

from broker.core.client_policy import TokenPolicy
from broker.core.errors import BadRequest
from broker.oidc.id_token_hint import HintReader
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.forging import segment
from tests.support.statements import Statements
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


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "Ed25519"])
@pytest.mark.parametrize("as_list", [False, True])
def test_every_id_token_that_we_make_comes_back_as_a_hint(broker: Broker, browser: Browser, algorithm: str, as_list: bool) -> None:
    tool = broker.tool("every", id_token_alg=algorithm, tokens=TokenPolicy(audience_as_list=as_list))
    token = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]

    assert browser.opens(tool.url(prompt="none", id_token_hint=token)).code


@pytest.fixture
def reader(broker: Broker) -> HintReader:
    return HintReader(broker.issuer, broker.parts.keys, broker.clock)


ENDLESS: dict[str, Callable[[], str]] = {
    "a header of 50 MB": lambda: "A" * 50_000_000 + ".e30.x",
    "claims of 50 MB": lambda: "e30." + "A" * 50_000_000 + ".x",
    "10,000 dots": lambda: "." * 10_000,
    "encrypted with a bomb inside": lambda: f"{segment({'alg': 'dir', 'enc': 'A128GCM', 'zip': 'DEF'})}..AAAA.{'A' * 5_000_000}.AAAA",
    "encrypted with a costly password": lambda: (
        f"{segment({'alg': 'PBES2-HS256+A128KW', 'enc': 'A128GCM', 'p2c': 10**9, 'p2s': 'AA'})}.A.A.A.A"
    ),
    "1,000 deep": lambda: f"{segment(b'[' * 1000 + b']' * 1000)}.e30.AAAA",
}


@pytest.mark.parametrize("what", ENDLESS)
def test_jt_06_what_is_too_much_is_refused_at_once_without_being_unpacked(reader: HintReader, what: str) -> None:
    times, token = [], ENDLESS[what]()
    tracemalloc.start()
    for _ in range(3):
        began = perf_counter()
        with pytest.raises(BadRequest):
            reader.read(token)
        times.append(perf_counter() - began)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert min(times) < 0.05
    assert peak < 1_000_000


def test_jt_15_a_storm_of_unknown_kids_asks_the_database_no_more_often(broker: Broker, reader: HintReader, hint: str) -> None:
    header, others = jwt.get_unverified_header(hint), hint.partition(".")[2]
    storm = [f"{segment({**header, 'kid': f'unknown-{number}'})}.{others}" for number in range(1000)]
    reader.keys.published()

    with Statements(broker.parts.stores.database) as statements:
        for token in storm:
            with pytest.raises(BadRequest):
                reader.read(token)

    assert len(statements) == 0
