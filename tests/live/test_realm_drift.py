"""Every change somebody makes to the described parts of a realm is found, said in one line, and mended by the next apply."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broker.upstream.keycloak_connection import KeycloakConnection
from broker.upstream.realm_admin import RealmAdmin
from broker.upstream.realm_desired import Json
from deploy.demo.keycloak_server import KeycloakServer
from tests.live.described_realm import Described, broker_client, describe

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def applied(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Described:
    """A realm that is as described; whoever changes it brings it back."""
    described = describe(keycloak, tmp_path_factory.mktemp("applied"))
    described.reconciler().apply()
    return described


def provider(admin: RealmAdmin) -> Json:
    return next(each for each in admin.identity_providers() if each["alias"] == "bundid")


def change_redirect_uri(admin: RealmAdmin) -> None:
    client = broker_client(admin)
    admin.update_client(client["id"], {**client, "redirectUris": ["https://evil.example/*"]})


def switch_pkce_off(admin: RealmAdmin) -> None:
    client = broker_client(admin)
    client["attributes"]["pkce.code.challenge.method"] = ""
    admin.update_client(client["id"], client)


def change_secret(admin: RealmAdmin) -> None:
    client = broker_client(admin)
    admin.update_client(client["id"], {**client, "secret": "known-to-somebody-else"})


def add_scope(admin: RealmAdmin) -> None:
    profile = next(scope for scope in admin.client_scopes() if scope["name"] == "profile")
    admin.add_client_scope(broker_client(admin)["id"], profile["id"], optional=False)


def leak_into_access_token(admin: RealmAdmin) -> None:
    client = broker_client(admin)
    mapper = next(each for each in client["protocolMappers"] if each["name"] == "upstream")
    mapper["config"]["access.token.claim"] = "true"
    admin.update_client_mapper(client["id"], mapper["id"], mapper)


def add_client_mapper(admin: RealmAdmin) -> None:
    config = {"claim.name": "up_idp", "claim.value": "bundid", "id.token.claim": "true"}
    body = {"name": "forged", "protocol": "openid-connect", "protocolMapper": "oidc-hardcoded-claim-mapper", "config": config}
    admin.create_client_mapper(broker_client(admin)["id"], body)


def believe_unsigned_answers(admin: RealmAdmin) -> None:
    bundid = provider(admin)
    bundid["config"]["validateSignature"] = "false"
    admin.update_identity_provider(bundid)


def trust_email(admin: RealmAdmin) -> None:
    admin.update_identity_provider({**provider(admin), "trustEmail": True})


def drop_note_mapper(admin: RealmAdmin) -> None:
    (mapper,) = admin.identity_provider_mappers("bundid")
    admin.delete_identity_provider_mapper("bundid", mapper["id"])


def add_provider_mapper(admin: RealmAdmin) -> None:
    config = {"attribute": "x", "attribute.value": "y", "syncMode": "FORCE"}
    body = {
        "name": "forged",
        "identityProviderMapper": "hardcoded-attribute-idp-mapper",
        "identityProviderAlias": "bundid",
        "config": config,
    }
    admin.create_identity_provider_mapper("bundid", body)


def open_registration(admin: RealmAdmin) -> None:
    admin.update_realm({"registrationAllowed": True})


def put_password_form_into_flow(admin: RealmAdmin) -> None:
    admin.delete_execution(admin.executions("citizen browser")[-1]["id"])
    admin.create_execution("citizen browser", "auth-username-password-form")


def reorder_flow(admin: RealmAdmin) -> None:
    last = admin.executions("citizen browser")[-1]
    admin.update_execution("citizen browser", {**last, "priority": 1})


def change_flow_config(admin: RealmAdmin) -> None:
    (step,) = admin.executions("citizen first login")
    config = admin.authenticator_config(step["authenticationConfig"])
    config["config"]["require.password.update.after.registration"] = "true"
    admin.update_authenticator_config(config["id"], config)


def require_email(admin: RealmAdmin) -> None:
    profile = admin.user_profile()
    next(each for each in profile["attributes"] if each["name"] == "email")["required"] = {"roles": ["user"]}
    admin.update_user_profile(profile)


def demote_signing_key(admin: RealmAdmin) -> None:
    key = next(each for each in admin.components() if each.get("name") == "ecdsa-generated")
    admin.update_component(key["id"], {**key, "config": {**key["config"], "priority": ["1"]}})


DRIFT: list[tuple[Callable[[RealmAdmin], None], str]] = [
    (change_redirect_uri, '~ change client broker, redirectUris: ["https://evil.example/*"] -> ["http://localhost:8000/callback"]'),
    (switch_pkce_off, "~ change client broker, attributes.pkce.code.challenge.method: (not set) -> S256"),
    (change_secret, "~ change client broker, secret: ********** -> **********"),
    (add_scope, '~ change client broker, defaultClientScopes: ["acr", "basic", "profile"] -> ["acr", "basic"]'),
    (leak_into_access_token, "~ change protocol mapper upstream, config.access.token.claim: true -> false"),
    (add_client_mapper, "- remove protocol mapper forged (it is not in the files)"),
    (believe_unsigned_answers, "~ change identity provider bundid, config.validateSignature: false -> true"),
    (trust_email, "~ change identity provider bundid, trustEmail: true -> false"),
    (drop_note_mapper, "+ create mapper upstream-note of bundid"),
    (add_provider_mapper, "- remove mapper forged of bundid (it is not in the files)"),
    (open_registration, "~ change realm {name}, registrationAllowed: true -> false"),
    (
        put_password_form_into_flow,
        '~ change flow citizen browser, executions: ["auth-cookie ALTERNATIVE", "identity-provider-redirector ALTERNATIVE",'
        ' "auth-username-password-form REQUIRED"] -> ["auth-cookie ALTERNATIVE", "identity-provider-redirector ALTERNATIVE",'
        ' "bp-return-error ALTERNATIVE"]',
    ),
    (
        reorder_flow,
        '~ change flow citizen browser, executions: ["bp-return-error ALTERNATIVE", "auth-cookie ALTERNATIVE",'
        ' "identity-provider-redirector ALTERNATIVE"] -> ["auth-cookie ALTERNATIVE", "identity-provider-redirector ALTERNATIVE",'
        ' "bp-return-error ALTERNATIVE"]',
    ),
    (
        change_flow_config,
        "~ change flow citizen first login, idp-create-user-if-unique.config.require.password.update.after.registration: true -> false",
    ),
    (require_email, '~ change user profile, attributes.email.required: {{"roles": ["user"]}} -> (not set)'),
    (demote_signing_key, '~ change component ecdsa-generated, config.priority: ["1"] -> ["200"]'),
]


@pytest.mark.parametrize(("spoil", "line"), DRIFT, ids=[each[0].__name__ for each in DRIFT])
def test_drift_is_found_and_mended(applied: Described, spoil: Callable[[RealmAdmin], None], line: str) -> None:
    spoil(applied.admin)
    expected = line.format(name=applied.name) if "{" in line else line
    assert applied.reconciler().plan().lines() == [expected]
    assert applied.reconciler().apply().lines == (expected,)
    assert applied.reconciler().plan().empty


def test_a_citizen_id_that_somebody_deleted_comes_back(applied: Described) -> None:
    KeycloakConnection(applied.access, applied.name).admin.delete_idp("bundid")
    assert applied.reconciler().apply().lines == ("+ create identity provider bundid",)
    assert applied.reconciler().plan().empty
