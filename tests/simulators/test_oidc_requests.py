"""The OpenID Connect account takes correct requests only, and answers the others as the specifications say."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.bundid.vocabulary import Level
from deploy.demo.oidc.authorization_request import AuthorizationRequest, RequestError, read_request
from deploy.demo.oidc.vocabulary import SHAPES
from tests.support.clock import Clock
from tests.support.oidc_account import CALLBACK, CHALLENGE, CLIENT, ISSUER, OidcAccount, answer_of


@pytest.fixture
def oidc(clock: Clock) -> OidcAccount:
    return OidcAccount(clock)


@pytest.mark.parametrize("changed", [{"client_id": "stranger"}, {"redirect_uri": "https://stranger.example"}, {"redirect_uri": None}])
def test_without_a_known_way_back_the_error_stays_on_the_accounts_page(oidc: OidcAccount, changed: dict[str, str | None]) -> None:
    page = oidc.asks(**changed)
    assert (page.status_code, page.location) == (400, None)
    assert "is not registered" in page.get_data(as_text=True)


WRONG = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": None}, "unsupported_response_type"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"scope": "profile"}, "invalid_scope"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"max_age": "soon"}, "invalid_request"),
    ({"claims": "{"}, "invalid_request"),
    ({"claims": "[]"}, "invalid_request"),
    ({"claims": '{"id_token": 5}'}, "invalid_request"),
    ({"claims": "[" * 100_000}, "invalid_request"),
    ({"request": "eyJ"}, "request_not_supported"),
    ({"request_uri": "https://keycloak.example/r"}, "request_uri_not_supported"),
    ({"registration": "{}"}, "registration_not_supported"),
]


@pytest.mark.parametrize(("changed", "error"), WRONG)
def test_a_wrong_request_is_answered_at_the_client(oidc: OidcAccount, changed: dict[str, str | None], error: str) -> None:
    answer = answer_of(oidc.asks(**changed))
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "s1", ISSUER)


def test_a_doubled_parameter_is_refused(oidc: OidcAccount) -> None:
    asked = oidc.asks().request.args.to_dict()
    twice = oidc.browser.get("/authorize", query_string=[*asked.items(), ("nonce", "n2")])
    assert answer_of(twice)["error"] == "invalid_request"


def _read(**changed: str) -> AuthorizationRequest:
    asked = {"client_id": "keycloak", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid"}
    return read_request(asked | {"code_challenge": CHALLENGE, "code_challenge_method": "S256"} | changed, False, CLIENT, SHAPES["keycloak"])


@given(text=st.text(max_size=60))
def test_whatever_stands_in_the_claims_parameter_is_read_or_refused(text: str) -> None:
    with suppress(RequestError):
        assert isinstance(_read(claims=text), AuthorizationRequest)


@given(acr=st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda one: st.lists(one) | st.dictionaries(st.text(), one)))
def test_no_acr_asked_for_as_a_claim_makes_it_fall(acr: object) -> None:
    assert _read(claims=json.dumps({"id_token": {"acr": {"values": acr, "value": acr}}})).minimum_level is Level.BASIC


def test_discovery_says_what_holds(oidc: OidcAccount) -> None:
    metadata = oidc.browser.get("/.well-known/openid-configuration").get_json()
    assert metadata["issuer"] == ISSUER
    assert metadata["claims_parameter_supported"] is True
    for name in ("authorization", "token", "userinfo", "end_session"):
        path = metadata[f"{name}_endpoint"].removeprefix(ISSUER)
        assert oidc.browser.open(path, method="POST").status_code != 404
    assert oidc.browser.get(metadata["jwks_uri"].removeprefix(ISSUER)).get_json()["keys"][0].keys() >= {"kid", "x", "y"}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"auth": None}, "invalid_client"),
        ({"auth": ("keycloak", "wrong")}, "invalid_client"),
        ({"auth": ("stranger", "wrong")}, "invalid_client"),
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"redirect_uri": f"{CALLBACK}/other"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_code_is_redeemed_by_its_owner_only(oidc: OidcAccount, changed: dict[str, object], error: str) -> None:
    code = oidc.identifies("eid", "jasper")["code"]
    answer = oidc.redeems(**{"code": code, **changed})  # type: ignore[arg-type]
    assert answer.get_json() == {"error": error}
    assert answer.status_code == (401 if error == "invalid_client" else 400)


def test_a_code_works_once_and_for_a_minute(oidc: OidcAccount, clock: Clock) -> None:
    code = oidc.identifies("eid", "jasper")["code"]
    assert oidc.redeems(code).status_code == 200
    assert oidc.redeems(code).get_json() == {"error": "invalid_grant"}
    late = oidc.identifies("eid", "jasper", prompt="login")["code"]
    clock.advance(seconds=61)
    assert oidc.redeems(late).get_json() == {"error": "invalid_grant"}


def test_userinfo_wants_a_token_of_ours(oidc: OidcAccount) -> None:
    answer = oidc.browser.get("/userinfo", headers={"Authorization": "Bearer guessed"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
