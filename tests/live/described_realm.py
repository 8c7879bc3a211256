"""A realm name of a test's own, the description of that realm, and the ways to a real Keycloak."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from broker.upstream.keycloak_connection import KeycloakAccess, KeycloakConnection
from broker.upstream.realm import RealmReconciler
from broker.upstream.realm_admin import RealmAdmin
from broker.upstream.realm_desired import DesiredRealm, Json
from broker.upstream.realm_files import load_realms
from broker.upstream.realm_values import Fetch
from deploy.demo.keycloak_server import KeycloakServer
from tests.support.realm_config import ENVIRON, BentConfig, fetch


@dataclass
class Described:
    """One described realm."""

    config: BentConfig
    access: KeycloakAccess
    name: str
    fetch: Fetch = fetch

    def desired(self) -> DesiredRealm:
        return load_realms(self.config.folder, "local", ENVIRON, self.fetch)[-1]

    def reconciler(self) -> RealmReconciler:
        return RealmReconciler(KeycloakConnection(self.access, self.name), self.desired())

    @property
    def admin(self) -> RealmAdmin:
        return RealmAdmin(KeycloakConnection(self.access, self.name))


def describe(keycloak: KeycloakServer, folder: Path) -> Described:
    config, name = BentConfig(folder / "realm-config"), f"applied-{secrets.token_hex(4)}"
    config.offers("bundid")
    config.replace("environments/local.yaml", "realm: citizens", f"realm: {name}")
    return Described(config, KeycloakAccess(keycloak.base_url, keycloak.admin_user, keycloak.admin_password), name)


def broker_client(admin: RealmAdmin) -> Json:
    """The broker's client as Keycloak has it; it must be there."""
    client = admin.find_client("broker")
    assert client is not None
    return client
