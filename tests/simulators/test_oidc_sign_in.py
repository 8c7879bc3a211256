"""What a sign-in at the OpenID Connect account tells: only what was asked for, in the words of its shape, as sure as the means was."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from tests.support.clock import Clock
from tests.support.oidc_account import OidcAccount, answer_of

PROTOCOL = {"iss", "aud", "azp", "sub", "sid", "iat", "exp", "auth_time", "acr", "amr", "nonce"}
ALL_SCOPES = "openid profile email address ags"
EIDAS = "http://eidas.europa.eu/LoA/"


@pytest.fixture
def oidc(clock: Clock) -> OidcAccount:
    return OidcAccount(clock)


def test_asked_for_openid_alone_nothing_about_the_citizen_leaves(oidc: OidcAccount) -> None:
    tokens = oidc.redeems(oidc.identifies("eid", "jasper")["code"]).get_json()
    claims = oidc.checked(tokens["id_token"])
    assert claims.keys() == PROTOCOL
    assert oidc.userinfo(tokens) == {"sub": claims["sub"]}
    assert tokens["scope"] == "openid"


def test_scopes_bring_their_claims_in_the_names_of_openid_connect(oidc: OidcAccount) -> None:
    claims = oidc.signs_in("eid", "jasper", scope=ALL_SCOPES)
    assert {name: claims[name] for name in claims.keys() - PROTOCOL} == {
        "given_name": "JASPER",
        "family_name": "THOMSEN",
        "birthdate": "1975-11-30",
        "email": "jasper.thomsen@post.example",
        "email_verified": True,
        "address": {"street_address": "HOLTENAUER STRAẞE 300", "postal_code": "24106", "locality": "KIEL", "country": "DE"},
        "ags": "01002000",
    }


def test_the_claims_parameter_asks_for_single_ones(oidc: OidcAccount) -> None:
    wanted = {"id_token": {"birthdate": {"essential": True}, "unheard_of": None}, "userinfo": {"family_name": None}}
    tokens = oidc.redeems(oidc.identifies("eid", "jasper", claims=json.dumps(wanted))["code"]).get_json()
    assert oidc.checked(tokens["id_token"]).keys() - PROTOCOL == {"birthdate"}
    assert oidc.userinfo(tokens).keys() == {"sub", "family_name"}


def test_who_has_one_name_has_one_name(oidc: OidcAccount) -> None:
    claims = oidc.signs_in("eid", "suharto", scope=ALL_SCOPES)
    assert (claims["family_name"], "given_name" in claims, "email" in claims) == ("SUHARTO", False, False)


@pytest.mark.parametrize(
    ("means", "person", "stork", "eidas", "amr"),
    [
        ("eid", "jasper", "STORK-QAA-Level-4", f"{EIDAS}high", ["sc", "pin", "mfa"]),
        ("elster", "nele", "STORK-QAA-Level-3", f"{EIDAS}substantial", ["swk", "pin", "mfa"]),
        ("password", "jasper", "STORK-QAA-Level-1", "urn:simulation:loa:basic", ["pwd"]),
        ("password", "paul", "STORK-QAA-Level-1", "urn:simulation:loa:basic", ["pwd", "otp", "mfa"]),
    ],
)
def test_level_and_means_in_both_vocabularies(clock: Clock, means: str, person: str, stork: str, eidas: str, amr: list[str]) -> None:
    for shape, word in (("keycloak", stork), ("deutschlandid", eidas)):
        claims = OidcAccount(clock, shape).signs_in(means, person)
        assert (claims["acr"], claims["amr"]) == (word, amr)


def test_the_old_account_of_thueringen_splits_given_names_and_knows_no_address(clock: Clock) -> None:
    claims = OidcAccount(clock, "thueringen").signs_in("eid", "babette", scope=ALL_SCOPES)
    assert (claims["given_name"], claims["middle_name"]) == ("BABETTE", "MARIA")
    assert "address" not in claims


def test_where_scopes_mean_userinfo_the_id_token_holds_what_was_asked_for_there(clock: Clock) -> None:
    oidc = OidcAccount(clock, "deutschlandid")
    asked = {"scope": "openid profile", "claims": json.dumps({"id_token": {"birthdate": None}})}
    tokens = oidc.redeems(oidc.identifies("eid", "jasper", **asked)["code"]).get_json()
    assert oidc.checked(tokens["id_token"]).keys() - PROTOCOL == {"birthdate"}
    assert oidc.userinfo(tokens).keys() == {"sub", "given_name", "family_name", "birthdate"}


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ({}, ["eid", "elster", "password"]),
        ({"acr_values": "STORK-QAA-Level-3"}, ["eid", "elster"]),
        ({"acr_values": f"{EIDAS}high STORK-QAA-Level-4"}, ["eid"]),
        ({"acr_values": "no-word-of-ours"}, ["eid", "elster", "password"]),
        ({"claims": json.dumps({"id_token": {"acr": {"essential": True, "values": ["STORK-QAA-Level-4"]}}})}, ["eid"]),
    ],
)
def test_only_means_that_reach_the_asked_level_are_offered(oidc: OidcAccount, asked: dict[str, str], offered: list[str]) -> None:
    page = oidc.sees(oidc.asks(**asked))
    assert [str(one).removeprefix("means-") for one in page.xpath("//*/@id[starts-with(., 'means-')]")] == offered


def test_any_level_offers_all_of_them_so_that_a_refusal_can_be_seen(clock: Clock) -> None:
    oidc = OidcAccount(clock, options={"any_level": True})
    assert oidc.signs_in("password", "jasper", acr_values="STORK-QAA-Level-4")["acr"] == "STORK-QAA-Level-1"


def test_a_means_that_does_not_reach_the_level_cannot_be_forced(oidc: OidcAccount) -> None:
    page = urlsplit(oidc.asks(acr_values="STORK-QAA-Level-4").location or "").path
    assert oidc.browser.post(f"{page}/password", data={"account": "jasper"}).status_code == 404
    assert oidc.browser.post(f"{page}/confirm").status_code == 410


def test_a_session_answers_again_until_somebody_insists(oidc: OidcAccount, clock: Clock) -> None:
    first = oidc.signs_in("password", "jasper")
    assert oidc.checked(oidc.redeems(answer_of(oidc.asks(prompt="none"))["code"]).get_json()["id_token"])["sub"] == first["sub"]
    clock.advance(seconds=90)
    assert "code" in answer_of(oidc.asks(max_age="90"))
    for insists in ({"prompt": "login"}, {"max_age": "89"}, {"acr_values": "STORK-QAA-Level-4"}):
        assert "/sign-in/" in (oidc.asks(**insists).location or "")
    for too_much in ({"max_age": "89"}, {"acr_values": "STORK-QAA-Level-4"}):
        assert answer_of(oidc.asks(prompt="none", **too_much))["error"] == "login_required"
    again = oidc.signs_in("eid", "jasper", prompt="login")
    assert again["auth_time"] == first["auth_time"] + 90


def test_without_a_session_prompt_none_is_login_required(oidc: OidcAccount) -> None:
    assert answer_of(oidc.asks(prompt="none"))["error"] == "login_required"


def test_the_subject_is_stable_per_account_and_says_nothing(clock: Clock) -> None:
    one, again = (OidcAccount(clock).signs_in("eid", "jasper") for _ in range(2))
    other = OidcAccount(clock).signs_in("eid", "doris")
    assert one["sub"] == again["sub"] != other["sub"]
    assert "jasper" not in one["sub"]


def test_cancelling_is_access_denied_and_ends_the_sign_in(oidc: OidcAccount) -> None:
    page = urlsplit(oidc.asks().location or "").path
    assert answer_of(oidc.browser.post(f"{page}/cancel"))["error"] == "access_denied"
    assert oidc.browser.get(page).status_code == 410


def test_a_login_hint_finds_the_citizen(oidc: OidcAccount) -> None:
    page = urlsplit(oidc.asks(login_hint="doris@post.example").location or "").path
    assert oidc.browser.get(f"{page}/eid").get_data(as_text=True).count('id="person-') == 1
    unknown = urlsplit(oidc.asks(login_hint="nobody@post.example").location or "").path
    assert oidc.browser.get(f"{unknown}/eid").get_data(as_text=True).count('id="person-') > 1


@pytest.mark.parametrize(("locales", "words"), [("en-GB de", "How do you want"), ("fr", "Wie möchten"), (None, "Wie möchten")])
def test_ui_locales_choose_the_language(oidc: OidcAccount, locales: str | None, words: str) -> None:
    page = oidc.sees(oidc.asks(ui_locales=locales))
    assert words in page.text_content()
    assert page.get("lang") == ("en" if locales == "en-GB de" else "de")


def test_pages_are_kept_nowhere_and_run_nothing(oidc: OidcAccount) -> None:
    page = oidc.browser.get(urlsplit(oidc.asks().location or "").path)
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "SIMULATION" in page.get_data(as_text=True)
