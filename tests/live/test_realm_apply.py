"""An empty Keycloak becomes the described one, once; what it lacks or refuses is told in a sentence and leaves nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.core.errors import ConfigurationError, UpstreamRefused, UpstreamUnavailable
from broker.upstream.keycloak_connection import KeycloakAccess, KeycloakConnection
from broker.upstream.realm import RealmReconciler
from broker.upstream.realm_plan import NOTHING
from deploy.demo.keycloak_server import KeycloakServer
from tests.live.described_realm import Described, describe

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

NEW_HOST = "https://mitmachen.demo.example"


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


def refuse_principal(described: Described) -> None:
    """A NameID as principal that is another one at each login: Keycloak does not take that."""
    described.config.replace("identity-providers/bundid.yaml", "principalType: ATTRIBUTE", "principalType: SUBJECT")


def test_a_realm_that_keycloak_does_not_take_leaves_nothing_behind(described: Described) -> None:
    refuse_principal(described)
    with pytest.raises(UpstreamUnavailable, match=f"failed at creating realm {described.name} .*its log says why"):
        described.reconciler().apply()
    assert described.admin.find_realm() is None


def test_a_refused_change_tells_what_was_done_before_it_and_what_was_not(described: Described) -> None:
    described.reconciler().apply()
    refuse_principal(described)
    described.config.replace("citizens/realm.yaml", "ssoSessionIdleTimeout: 44100", "ssoSessionIdleTimeout: 240")
    with pytest.raises(UpstreamRefused) as refused:
        described.reconciler().apply(("bundid",))
    first, *rest = str(refused.value).splitlines()
    assert "refused changing identity provider bundid (HTTP 400: " in first
    assert rest == [
        "Done before that:",
        f"~ change realm {described.name}, ssoSessionIdleTimeout: 44100 -> 240",
        "Not done:",
        "~ change identity provider bundid, config.principalType: ATTRIBUTE -> SUBJECT",
        "Apply again to finish.",
    ]


def test_a_wrong_password_is_told(described: Described) -> None:
    with pytest.raises(UpstreamRefused, match="does not accept the administrator's name or password"):
        KeycloakConnection(KeycloakAccess(described.access.url, described.access.username, "wrong"), described.name)


def test_an_account_without_rights_is_told(described: Described) -> None:
    master = KeycloakConnection(described.access, "master")
    master.admin.create_client({"clientId": described.name, "secret": "weak", "serviceAccountsEnabled": True, "publicClient": False})
    weak = KeycloakAccess(described.access.url, client_id=described.name, client_secret="weak")
    with pytest.raises(UpstreamRefused, match="does not allow this administrator to do that"):
        RealmReconciler(KeycloakConnection(weak, described.name), described.desired()).apply()
    assert described.admin.find_realm() is None


def test_another_host_in_our_entity_id_is_refused_unless_everybody_shall_be_new(described: Described) -> None:
    """BundID derives the key of a person (bPK2) from it: whoever came before would come back as somebody else."""
    described.reconciler().apply()
    described.config.replace(
        "environments/local.yaml", "bundid_sp_entity_id: https://beteiligung.demo.example", f"bundid_sp_entity_id: {NEW_HOST}"
    )
    planned = described.reconciler().plan()
    assert any(line.startswith("!! everybody gets a new key: our entityID changes") and NEW_HOST in line for line in planned.lines())
    with pytest.raises(ConfigurationError, match="apply --new-keys bundid"):
        described.reconciler().apply()
    assert described.reconciler().plan().lines() == planned.lines(), "nothing was changed"
    assert described.reconciler().apply(("bundid",)).changed
    assert described.reconciler().plan().empty
