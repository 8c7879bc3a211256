"""An empty Keycloak becomes the described one, once; what it lacks or refuses is told in a sentence and leaves nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.core.errors import ConfigurationError, UpstreamRefused
from broker.upstream.keycloak_connection import KeycloakAccess, KeycloakConnection
from broker.upstream.realm_admin import RealmAdmin
from broker.upstream.realm_plan import NOTHING
from deploy.demo.keycloak_server import KeycloakServer
from tests.live.described_realm import Described, describe

pytestmark = pytest.mark.live


@pytest.fixture
def described(keycloak: KeycloakServer, tmp_path: Path) -> Described:
    """A realm that is described and does not exist yet."""
    return describe(keycloak, tmp_path)


def test_an_empty_keycloak_becomes_the_described_one_and_a_second_apply_changes_nothing(described: Described) -> None:
    plan = described.reconciler().plan()
    assert plan.lines()[0] == f"+ create realm {described.name}"
    assert described.admin.find_realm() is None, "planning must not create anything"
    assert described.reconciler().apply().changed
    assert described.reconciler().plan().lines() == [NOTHING]
    again = described.reconciler().apply()
    assert (again.changed, again.lines) == (False, ())


def test_what_the_files_do_not_name_is_told_but_left_alone(described: Described) -> None:
    described.reconciler().apply()
    config = {"clientId": "x", "clientSecret": "y", "authorizationUrl": "https://a.example/", "tokenUrl": "https://a.example/"}
    described.admin.create_identity_provider({"alias": "made-by-hand", "providerId": "oidc", "config": config})
    plan = described.reconciler().plan()
    assert plan.empty
    assert plan.lines()[-1] == "! identity provider made-by-hand is in Keycloak but not in the files; it stays as it is"
    described.reconciler().apply()
    assert "made-by-hand" in {each["alias"] for each in described.admin.identity_providers()}


def test_a_missing_jar_is_told_before_anything_is_written(described: Described) -> None:
    line = described.config.replace("citizens/browser-flow.yaml", "bp-return-error\n", "bp-not-installed\n")
    with pytest.raises(
        ConfigurationError, match=rf"browser-flow\.yaml:{line}: this Keycloak has no authenticator 'bp-not-installed': install"
    ):
        described.reconciler().apply()
    assert described.admin.find_realm() is None


def test_a_missing_theme_is_told_before_anything_is_written(described: Described) -> None:
    described.config.replace("citizens/realm.yaml", "loginTheme: broker", "loginTheme: brooker")
    with pytest.raises(ConfigurationError, match="no login theme 'brooker'"):
        described.reconciler().apply()
    assert described.admin.find_realm() is None


def test_a_feature_that_would_store_citizens_is_refused(described: Described) -> None:
    described.config.replace("citizens/realm.yaml", "enabled: [transient-users]", "enabled: [transient-users, scripts]")
    with pytest.raises(ConfigurationError, match="feature 'scripts' is off: build Keycloak with --features=scripts"):
        described.reconciler().plan()


def test_what_keycloak_refuses_is_told_and_leaves_nothing_behind(described: Described) -> None:
    # A subject as principal together with a transient NameID would be a new person at each login; Keycloak refuses that.
    described.config.replace("identity-providers/bundid.yaml", "principalType: ATTRIBUTE", "principalType: SUBJECT")
    with pytest.raises(UpstreamRefused, match=f"refused creating realm {described.name}"):
        described.reconciler().apply()
    assert described.admin.find_realm() is None


def test_a_wrong_password_is_told(described: Described) -> None:
    with pytest.raises(UpstreamRefused, match="does not accept the administrator's name or password"):
        KeycloakConnection(KeycloakAccess(described.access.url, described.access.username, "wrong"), described.name)


def test_an_account_without_rights_is_told(described: Described) -> None:
    connection = KeycloakConnection(described.access, "master")
    connection.admin.create_client({"clientId": "weak", "secret": "weak", "serviceAccountsEnabled": True, "publicClient": False})
    weak = KeycloakAccess(described.access.url, client_id="weak", client_secret="weak")
    with pytest.raises(UpstreamRefused, match="does not allow this administrator"):
        RealmAdmin(KeycloakConnection(weak, described.name)).find_realm()
