"""A real Keycloak with the accounts of two Länder behind it, BayernID and Servicekonto SH, in this process so that tests can bend them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from broker.upstream.keycloak_connection import KeycloakConnection
from broker.upstream.realm import RealmReconciler
from broker.upstream.realm_files import load_realms
from deploy.demo.bundid import app as akdb_pages
from deploy.demo.bundid.product import CitizenId
from deploy.demo.bundid.simulator import Settings as AkdbSettings
from deploy.demo.bundid.simulator import Simulator as Akdb
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.osi import app as osi_pages
from deploy.demo.osi import simulator as osi
from deploy.demo.osi.simulator import Simulator as Osi
from deploy.demo.persons import load_persons
from deploy.demo.saml.keys import Keys
from tests.live.described_realm import describe
from tests.live.hub_places import Callback, HubPlace, serving
from tests.support.realm_config import ENVIRON
from tests.support.saml_sp import rsa_pair
from tests.support.services import free_port


@dataclass
class LaenderPlace:
    """The hub, and the two simulators."""

    place: HubPlace
    bayernid: Akdb
    sh: Osi


@contextmanager
def laender_place(keycloak: KeycloakServer, folder: Path) -> Iterator[LaenderPlace]:
    """The given Keycloak with a realm of its own, as `realm-config/` describes it."""
    callback, bayernid_port, sh_port = Callback(), free_port(), free_port()
    described = describe(keycloak, folder)
    described.config.replace("environments/local.yaml", "identity_providers: [", "identity_providers: [bayernid, sh] # [")
    realm_url = f"{keycloak.base_url}/realms/{described.name}"
    bayernid, sh = _bayernid(f"http://localhost:{bayernid_port}", realm_url), _sh(f"http://localhost:{sh_port}", realm_url)
    addresses = {"BROKER_URL": callback.broker_url, "BAYERNID_URL": bayernid.settings.base_url, "SH_URL": sh.settings.base_url}
    metadata = {bayernid.settings.entity_id: bayernid, sh.settings.base_url + osi.METADATA_PATH: sh}
    desired = load_realms(described.config.folder, "local", {**ENVIRON, **addresses}, lambda url: metadata[url].metadata())[-1]
    RealmReconciler(KeycloakConnection(described.access, described.name), desired).apply()
    with (
        serving(callback, callback.port),
        serving(akdb_pages.create_app(bayernid), bayernid_port),
        serving(osi_pages.create_app(sh), sh_port),
    ):
        yield LaenderPlace(HubPlace(realm_url, callback), bayernid, sh)


def _keys() -> Keys:
    return Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _bayernid(base_url: str, realm_url: str) -> Akdb:
    descriptor = f"{realm_url}/broker/bayernid/endpoint/descriptor"
    settings = AkdbSettings(f"{base_url}/idp", base_url, (descriptor,), show_faults=True, citizen_id=CitizenId.BAYERNID)
    return Akdb(settings, _keys(), load_persons(), _now)


def _sh(base_url: str, realm_url: str) -> Osi:
    settings = osi.Settings(base_url, sp_metadata=(f"{realm_url}/broker/sh/endpoint/descriptor",), show_faults=True)
    return Osi(settings, _keys(), load_persons(), _now)
