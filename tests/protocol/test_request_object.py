"""Request objects: what a tool signed counts, and nothing beside it (RFC 9101, OIDC Core 6; A-21 to A-25, PK-08)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from broker.core.client_policy import ClientKeys, RequestPolicy, TokenPolicy
from broker.core.trust import TrustLevel
from broker.flows.fetching import FetchFailed
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser, Stop
from tests.support.request_object import RequestSigner, request_signer
from tests.support.signing import SigningKey
from tests.support.tool import at_authorize

FAPI = ("PS256", "ES256", "Ed25519")


@pytest.fixture
def signer(broker: Broker) -> RequestSigner:
    """A tool with an ES256 key."""
    return request_signer(broker)


def page_of(stop: Stop) -> tuple[int, str | None]:
    """Status and error of our own page."""
    assert stop.location is None
    return stop.response.status_code, stop.error_code


@pytest.mark.parametrize("algorithm", ["RS256", *FAPI])
def test_a_signed_request_signs_in(broker_everywhere: Broker, algorithm: str) -> None:
    signer = request_signer(broker_everywhere, key=SigningKey(algorithm))

    stop = broker_everywhere.browser().arrives_at(signer.url(signer.signed()))

    assert stop.answer["state"] == signer.tool.state
    assert signer.tool.verifies(signer.tool.redeems(stop.code).get_json()["id_token"])["nonce"] == signer.tool.nonce


def test_ed25519_by_its_new_name_is_taken_as_well(broker: Broker, browser: Browser) -> None:
    signer = request_signer(broker, key=SigningKey("Ed25519"))
    token = signer.key.sign_bytes(json.dumps(signer.claims()).encode(), kid=signer.key.kid, alg="Ed25519")

    assert browser.arrives_at(signer.url(token)).code


def test_what_stands_outside_is_ignored(browser: Browser, signer: RequestSigner) -> None:
    browser.arrives(signer.tool)
    beside = {"state": "outside", "nonce": "outside", "scope": "nonsense", "prompt": "none login", "redirect_uri": "https://evil.test/"}

    stop = browser.opens(signer.url(signer.signed(), **beside))

    assert stop.location is not None
    assert stop.location.startswith(signer.tool.client.redirect_uris[0])
    assert stop.answer["state"] == signer.tool.state
    assert signer.tool.verifies(signer.tool.redeems(stop.code).get_json()["id_token"])["nonce"] == signer.tool.nonce


def test_state_outside_is_not_taken_for_one_that_is_missing_inside(browser: Browser, signer: RequestSigner) -> None:
    assert "state" not in browser.arrives_at(signer.url(signer.signed(state=None), state="outside")).answer


def test_pk_08_the_redirect_uri_has_to_be_inside(browser: Browser, signer: RequestSigner) -> None:
    stop = browser.opens(signer.url(signer.signed(redirect_uri=None), redirect_uri=signer.tool.client.redirect_uris[0]))

    assert page_of(stop) == (400, "BP-400-REDIRECT")


def test_pk_08_a_foreign_redirect_uri_inside_is_our_page(browser: Browser, signer: RequestSigner) -> None:
    url = signer.url(signer.signed(redirect_uri="https://evil.test/"), redirect_uri=signer.tool.client.redirect_uris[0])

    assert page_of(browser.opens(url)) == (400, "BP-400-REDIRECT")


def test_members_may_have_their_json_types(broker: Broker, browser: Browser) -> None:
    signer = request_signer(broker, tokens=TokenPolicy(resources=("https://api.test/",)))
    claims = {"id_token": {"acr": {"essential": True, "value": TrustLevel.HIGH.acr}}}

    code = browser.arrives_at(signer.url(signer.signed(claims=claims, max_age=300, resource=["https://api.test/", "https://x.test/"]))).code

    issued = broker.parts.stores.codes.take(code)
    assert issued is not None
    assert issued.audience == ("https://api.test/",)


@pytest.mark.parametrize(
    "changes", [{"state": 1}, {"scope": ["openid"]}, {"max_age": True}, {"claims": []}, {"prompt": {}}, {"nonce": 1.5}]
)
def test_members_of_other_types_are_refused(browser: Browser, signer: RequestSigner, changes: dict[str, Any]) -> None:
    assert page_of(browser.opens(signer.url(signer.signed(**changes)))) == (400, "BP-400-REQUEST-OBJECT")


def test_the_rules_of_every_request_hold_inside(browser: Browser, signer: RequestSigner) -> None:
    for changes, error in (
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"registration": "{}"}, "registration_not_supported"),
    ):
        answer = browser.opens(signer.url(signer.signed(**changes))).answer
        assert answer["error"] == error
        assert answer["state"] == signer.tool.state


def test_ui_locales_inside_choose_the_language(browser: Browser, signer: RequestSigner) -> None:
    assert '<html lang="en"' in browser.opens(signer.url(signer.signed(ui_locales="en"))).text


def test_a_bad_object_is_told_to_the_registered_address_beside_it(browser: Browser, signer: RequestSigner) -> None:
    stop = browser.opens(signer.url("x.y.z", redirect_uri=signer.tool.client.redirect_uris[0], state="outside"))

    assert stop.answer["error"] == "invalid_request_object"
    assert stop.answer["state"] == "outside"
    assert stop.answer["iss"] == ISSUER


@pytest.mark.parametrize("beside", [{}, {"redirect_uri": "https://evil.test/"}])
def test_ru_09_a_bad_object_beside_no_good_address_is_our_page(browser: Browser, signer: RequestSigner, beside: dict[str, str]) -> None:
    assert page_of(browser.opens(signer.url("x.y.z", **beside))) == (400, "BP-400-REQUEST-OBJECT")


def test_the_client_has_to_be_named_outside_and_be_the_same(broker: Broker, browser: Browser, signer: RequestSigner) -> None:
    other = request_signer(broker, "other")

    assert browser.opens(f"/authorize?request={signer.signed()}").error_code == "BP-400-CLIENT"
    assert page_of(browser.opens(other.url(signer.signed()))) == (400, "BP-400-REQUEST-OBJECT")
    assert page_of(browser.opens(signer.url(signer.signed(client_id="other")))) == (400, "BP-400-REQUEST-OBJECT")


def test_a_client_without_keys_has_none_of_it(broker: Broker, browser: Browser, signer: RequestSigner) -> None:
    plain = broker.tool("plain")

    assert browser.opens(plain.url(request=signer.signed())).answer["error"] == "request_not_supported"


def test_a_client_that_has_to_sign_gets_nothing_by_a_plain_request(broker: Broker, browser: Browser) -> None:
    signer = request_signer(broker, requests=RequestPolicy(require_signed=True))

    assert browser.opens(signer.tool.url()).answer["error"] == "invalid_request"
    assert signer.tool.pushes().get_json()["error"] == "invalid_request"
    assert browser.arrives_at(signer.url(signer.signed())).code


def test_a_signed_request_can_be_pushed_and_need_not_be_fresh_afterwards(broker: Broker, browser: Browser) -> None:
    signer = request_signer(broker, fapi=True, requests=RequestPolicy(require_signed=True))
    response = signer.tool.posts("/par", {"request": signer.signed(exp=int(broker.clock().timestamp()) + 10)}, signer.tool.basic())
    broker.clock.advance(seconds=30)

    assert browser.arrives_at(at_authorize(signer.tool, response.get_json()["request_uri"])).code


def test_beside_a_pushed_object_nothing_counts(browser: Browser, signer: RequestSigner) -> None:
    form = {"request": signer.signed(), "state": "outside", "redirect_uri": "https://evil.test/", "client_id": signer.tool.client.client_id}
    response = signer.tool.posts("/par", form, signer.tool.basic())

    assert browser.arrives_at(at_authorize(signer.tool, response.get_json()["request_uri"])).answer["state"] == signer.tool.state


def test_a_bad_object_is_json_when_pushed(signer: RequestSigner) -> None:
    response = signer.tool.posts("/par", {"request": signer.signed(aud="https://other.test")}, signer.tool.basic())

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request_object")


@pytest.mark.parametrize("algorithm", ["RS256", *FAPI])
def test_a_client_held_to_fapi_signs_with_the_better_algorithms(broker: Broker, algorithm: str) -> None:
    signer = request_signer(broker, key=SigningKey(algorithm), fapi=True)

    status = signer.tool.posts("/par", {"request": signer.signed()}, signer.tool.basic()).status_code

    assert status == (201 if algorithm in FAPI else 400)


def test_jt_02_the_records_algorithm_counts(broker: Broker, browser: Browser) -> None:
    key = SigningKey("RS256")
    other = SigningKey("PS256")  # the same RSA key
    signer = request_signer(broker, key=key, requests=RequestPolicy(signing_alg="PS256"))

    assert page_of(browser.opens(signer.url(signer.signed()))) == (400, "BP-400-REQUEST-OBJECT")
    signer.key = other
    assert browser.arrives_at(signer.url(signer.signed())).code


def fetches(broker: Broker, get: Callable[[str, int], bytes]) -> None:
    """Let the keyring fetch from a test instead of the network."""
    broker.parts.client_keys._fetched._fetch = get


def test_keys_are_fetched_from_the_registered_address(broker: Broker, browser: Browser) -> None:
    key, asked = SigningKey(), []

    def get(url: str, largest_bytes: int) -> bytes:
        asked.append(url)
        return json.dumps({"keys": [key.jwk]}).encode()

    fetches(broker, get)
    signer = request_signer(broker, keys=ClientKeys(jwks_uri="https://keys.test/jwks"))

    assert browser.arrives_at(signer.url(signer.signed())).code
    assert asked == ["https://keys.test/jwks"]


def test_keys_that_cannot_be_had_are_an_outage(broker: Broker, browser: Browser) -> None:
    def get(*_: object) -> bytes:
        raise FetchFailed("away")

    fetches(broker, get)
    signer = request_signer(broker, keys=ClientKeys(jwks_uri="https://keys.test/jwks"))

    response = signer.tool.posts("/par", {"request": signer.signed()}, signer.tool.basic())

    assert (response.status_code, response.get_json()["error"]) == (503, "temporarily_unavailable")
    url = signer.url(signer.signed(), redirect_uri=signer.tool.client.redirect_uris[0])
    assert browser.opens(url).answer["error"] == "temporarily_unavailable"
