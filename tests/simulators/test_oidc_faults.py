"""Each fault bends exactly what its name says, so that a test of a relying party knows what it has met."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest

from deploy.demo.oidc.faults import FAULTS, SMUGGLED
from tests.support.clock import Clock
from tests.support.oidc_account import OidcAccount

SCOPE = "openid profile email address"
CHANGED = {
    "wrong-audience": {"aud"},
    "two-audiences": {"aud", "azp"},
    "wrong-issuer": {"iss"},
    "wrong-nonce": {"nonce"},
    "without-nonce": {"nonce"},
    "expired": {"iat", "exp", "auth_time"},
    "issued-in-the-future": {"iat", "exp", "auth_time"},
    "without-subject": {"sub"},
    "smuggled-claims": set(SMUGGLED),
    "smuggled-in-address": {"address"},
    "without-level": {"acr"},
    "unknown-level": {"acr"},
    "two-levels": {"acr"},
    "level-as-number": {"acr"},
    "malformed-email": {"email"},
    "partial-birthdate": {"birthdate"},
    "huge-claim": {"given_name"},
    "userinfo-of-another": set(),
    "unknown-kid": set(),
    "signed-by-stranger": set(),
    "alg-none": set(),
    "tampered": {"sub"},
}
NOT_SIGNED_BY_THE_PUBLISHED_KEY = {"unknown-kid", "signed-by-stranger", "alg-none", "tampered"}


@pytest.fixture
def oidc(clock: Clock) -> OidcAccount:
    return OidcAccount(clock, options={"show_faults": True})


def _tokens(oidc: OidcAccount, *faults: str) -> dict[str, Any]:
    tokens: dict[str, Any] = oidc.redeems(oidc.identifies("eid", "jasper", *faults, scope=SCOPE, prompt="login")["code"]).get_json()
    return tokens


def _unchecked(tokens: dict[str, Any]) -> dict[str, Any]:
    payload = tokens["id_token"].split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def test_every_fault_has_its_expectation() -> None:
    assert set(CHANGED) == set(FAULTS)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_changes_what_it_names_and_nothing_else(oidc: OidcAccount, fault: str) -> None:
    faithful, bent = _unchecked(_tokens(oidc)), _unchecked(_tokens(oidc, fault))
    faithful.pop("sid"), bent.pop("sid")  # new at each sign-in
    assert {name for name in faithful | bent if faithful.get(name, ...) != bent.get(name, ...)} == CHANGED[fault]


@pytest.mark.parametrize("fault", sorted(NOT_SIGNED_BY_THE_PUBLISHED_KEY))
def test_these_signatures_do_not_fit_the_published_key(oidc: OidcAccount, fault: str) -> None:
    with pytest.raises((jwt.PyJWTError, KeyError)):
        oidc.checked(_tokens(oidc, fault)["id_token"])


def test_userinfo_of_another_leaves_the_id_token_alone(oidc: OidcAccount) -> None:
    tokens = _tokens(oidc, "userinfo-of-another")
    assert oidc.userinfo(tokens)["sub"] != oidc.checked(tokens["id_token"])["sub"]


def test_faults_are_offered_only_where_they_are_wanted(clock: Clock) -> None:
    oidc = OidcAccount(clock)
    assert "acr" in oidc.checked(_tokens(oidc, "without-level")["id_token"])


def test_a_fault_of_the_tests_bends_every_answer(oidc: OidcAccount) -> None:
    oidc.account.always_faults.append("without-level")
    assert "acr" not in oidc.checked(_tokens(oidc)["id_token"])
