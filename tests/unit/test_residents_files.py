"""The realm behind the account without a citizen ID: described only where that account is offered, and stores next to nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.core.errors import ConfigurationError
from broker.core.trust import TrustLevel
from broker.upstream.realm_desired import DesiredRealm
from broker.upstream.realm_files import SMTP_DIGEST, load_identity_providers, load_realms
from tests.support.realm_config import ENVIRON, BentConfig, fetch


@pytest.fixture
def config(tmp_path: Path) -> BentConfig:
    bent = BentConfig(tmp_path / "realm-config")
    bent.replace("environments/local.yaml", "identity_providers: [", "identity_providers: [local] # [")
    return bent


def residents(config: BentConfig, **more: str) -> DesiredRealm:
    behind, brokering = load_realms(config.folder, "local", {**ENVIRON, **more}, fetch)
    assert brokering.name == "citizens"
    return behind


def test_the_realm_is_made_where_the_account_is_offered_and_before_the_one_that_brokers(config: BentConfig) -> None:
    assert residents(config).name == "residents"
    config.replace("environments/local.yaml", "[local] # [", "[bundid] # [")
    assert [each.name for each in load_realms(config.folder, "local", ENVIRON, fetch)] == ["citizens"]


def test_a_realm_must_stand_behind_a_citizen_id_that_exists(config: BentConfig) -> None:
    line = config.replace("residents/realm.yaml", "stands_behind: local", "stands_behind: nobody")
    with pytest.raises(ConfigurationError, match=rf"residents/realm\.yaml:{line}: 'stands_behind' is 'nobody'"):
        residents(config)


def test_there_is_no_password_no_name_and_no_unproven_address(config: BentConfig) -> None:
    realm = residents(config)
    forbidden = ("registrationAllowed", "resetPasswordAllowed", "rememberMe", "verifyEmail", "duplicateEmailsAllowed", "eventsEnabled")
    assert [realm.representation[key] for key in forbidden] == [False] * len(forbidden)
    assert [each["name"] for each in realm.user_profile["attributes"]] == ["username", "email"]
    assert [each.authenticator for flow in realm.flows for each in flow.executions] == [
        "bp-email-link",
        "webauthn-authenticator-passwordless",
    ]
    assert realm.identity_providers == ()


def test_only_the_brokering_realm_is_its_client_at_one_exact_address(config: BentConfig) -> None:
    client = residents(config, KEYCLOAK_URL="http://localhost:8123").client.representation
    assert client["redirectUris"] == ["http://localhost:8123/realms/citizens/broker/local/endpoint"]
    assert (client["publicClient"], client["directAccessGrantsEnabled"], client["serviceAccountsEnabled"]) == (False, False, False)


def test_the_account_is_basic_and_never_more(config: BentConfig) -> None:
    (local,) = load_identity_providers(config.folder, "local", {})
    assert local.trust_ceiling is TrustLevel.BASIC
    assert {each.key: each.trust for each in local.means} == {"email": TrustLevel.BASIC, "passkey": TrustLevel.BASIC}


def test_secrets_of_both_realms_are_masked_and_the_mail_password_has_a_digest(config: BentConfig) -> None:
    one = residents(config, SMTP_PASSWORD="first-mail-password", RESIDENTS_CLIENT_SECRET="a-secret-between-realms")
    other = residents(config, SMTP_PASSWORD="second-mail-password")
    assert {"first-mail-password", "a-secret-between-realms"} <= one.secrets
    assert one.representation["attributes"][SMTP_DIGEST] != other.representation["attributes"][SMTP_DIGEST]
    assert "first-mail-password" not in str(one.representation["attributes"])


def test_production_is_complete_with_its_values(config: BentConfig) -> None:
    config.replace("environments/production.yaml", "identity_providers: [", "identity_providers: [local] # [")
    environ = {
        **ENVIRON,
        "BROKER_SITE_NAME": "Beteiligung Lübeck",
        "BROKER_ISSUER": "https://konto.luebeck.example",
        "KEYCLOAK_PUBLIC_URL": "https://anmeldung.luebeck.example",
        "RESIDENTS_CLIENT_SECRET": "a-secret-between-realms",
        "SMTP_HOST": "mail.luebeck.example",
        "SMTP_FROM": "beteiligung@luebeck.example",
        "SMTP_USER": "beteiligung",
        "SMTP_PASSWORD": "a-mail-password",
    }
    behind, brokering = load_realms(config.folder, "production", environ, fetch)
    assert behind.representation["smtpServer"]["starttls"] == "true"
    (local,) = brokering.identity_providers
    assert local.representation["config"]["tokenUrl"].startswith("https://anmeldung.luebeck.example/realms/residents/")
