"""What the files of Mein Unternehmenskonto and of the OpenID Connect account tell Keycloak and the broker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from broker.core.trust import TrustLevel
from broker.upstream.realm_desired import DesiredRealm
from broker.upstream.realm_files import load_identity_providers, load_realms
from tests.support.realm_config import ENVIRON, BentConfig, fetch

OIDC_VALUES = {
    "OIDC_NAME": "Konto Musterland",
    "OIDC_ISSUER": "https://konto.musterland.example",
    "OIDC_AUTHORIZATION_URL": "https://konto.musterland.example/authorize",
    "OIDC_TOKEN_URL": "https://konto.musterland.example/token",
    "OIDC_JWKS_URL": "https://konto.musterland.example/jwks",
    "OIDC_LOGOUT_URL": "https://konto.musterland.example/logout",
    "OIDC_CLIENT_ID": "broker",
    "OIDC_CLIENT_SECRET": "a-secret-of-the-tests",
}
BROKER_VALUES = {**ENVIRON, "BROKER_SITE_NAME": "Beteiligung", "BROKER_ISSUER": "https://konto.luebeck.example"}


@pytest.fixture
def config(tmp_path: Path) -> BentConfig:
    return BentConfig(tmp_path / "realm-config")


def _local(config: BentConfig) -> DesiredRealm:
    config.offers("muk", "oidc")
    return load_realms(config.folder, "local", ENVIRON, fetch)[-1]


def _keycloak(realm: DesiredRealm, alias: str) -> dict[str, Any]:
    config: dict[str, Any] = next(one for one in realm.identity_providers if one.name == alias).representation["config"]
    return config


def test_of_muk_the_response_is_signed_and_the_assertion_encrypted(config: BentConfig) -> None:
    muk = _keycloak(_local(config), "muk")
    signed = {key: muk[key] for key in ("validateSignature", "wantAssertionsSigned", "wantAssertionsEncrypted")}
    assert signed == {"validateSignature": "true", "wantAssertionsSigned": "false", "wantAssertionsEncrypted": "true"}
    assert (muk["principalType"], muk["nameIDPolicyFormat"].rpartition(":")[2]) == ("SUBJECT", "persistent")


def test_of_oidc_only_the_signed_id_token_counts_and_only_level_and_claims_go_on(config: BentConfig) -> None:
    realm = _local(config)
    oidc = _keycloak(realm, "oidc")
    checks = {key: oidc[key] for key in ("validateSignature", "disableUserInfo", "disableNonce", "pkceEnabled", "pkceMethod")}
    assert checks == {
        "validateSignature": "true", "disableUserInfo": "true", "disableNonce": "false", "pkceEnabled": "true", "pkceMethod": "S256",
    }  # fmt: skip
    assert oidc["forwardParameters"] == "acr_values,claims"
    assert oidc["clientSecret"] in realm.secrets


def test_nothing_of_a_citizen_is_stored_nor_dropped_too_late(config: BentConfig) -> None:
    realm = _local(config)
    for alias in ("muk", "oidc"):
        assert _keycloak(realm, alias)["doNotStoreUsers"] == "true"
        (mapper,) = next(one for one in realm.identity_providers if one.name == alias).mappers
        assert "attributes" in mapper["config"], "without a list everything would go on"


def test_organisations_never_reach_more_than_substantial(config: BentConfig) -> None:
    config.offers("muk")
    (muk,) = load_identity_providers(config.folder, "local", {})
    assert (muk.trust_ceiling, muk.sandbox) == (TrustLevel.SUBSTANTIAL, False)


def test_in_production_an_oidc_account_is_basic_until_the_controller_says_more(config: BentConfig) -> None:
    config.offers("oidc", environment="production")
    (basic,) = load_identity_providers(config.folder, "production", OIDC_VALUES)
    (agreed,) = load_identity_providers(config.folder, "production", {**OIDC_VALUES, "OIDC_TRUST_CEILING": "substantial"})
    assert (basic.trust_ceiling, agreed.trust_ceiling) == (TrustLevel.BASIC, TrustLevel.SUBSTANTIAL)
    assert basic.names["de-leicht"] == "Konto Musterland"


def test_in_production_an_oidc_account_is_asked_for_openid_alone(config: BentConfig) -> None:
    config.offers("oidc", environment="production")
    realm = load_realms(config.folder, "production", {**BROKER_VALUES, **OIDC_VALUES}, lambda url: b"")[-1]
    assert _keycloak(realm, "oidc")["defaultScope"] == "openid"


def test_values_of_citizen_ids_that_are_not_offered_are_neither_asked_for_nor_refused(config: BentConfig) -> None:
    config.offers(environment="production")
    assert load_realms(config.folder, "production", BROKER_VALUES, lambda url: b"")[-1].identity_providers == ()
