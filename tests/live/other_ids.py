"""A real Keycloak with Mein Unternehmenskonto and the OpenID Connect account behind it, in this process so that tests can bend them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from broker.upstream.keycloak_connection import KeycloakConnection
from broker.upstream.realm import RealmReconciler
from broker.upstream.realm_files import load_realms
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.muk import app as muk_pages
from deploy.demo.muk.simulator import METADATA_PATH
from deploy.demo.muk.simulator import Settings as MukSettings
from deploy.demo.muk.simulator import Simulator as Muk
from deploy.demo.oidc import site as oidc_pages
from deploy.demo.oidc.provider import Account
from deploy.demo.oidc.settings import RelyingParty
from deploy.demo.oidc.settings import Settings as OidcSettings
from deploy.demo.persons import load_persons
from deploy.demo.saml.keys import Keys
from tests.live.described_realm import describe
from tests.live.hub_places import Callback, HubPlace, serving
from tests.support.realm_config import ENVIRON
from tests.support.saml_sp import rsa_pair
from tests.support.services import free_port


@dataclass
class OtherIds:
    """The hub, and the two simulators."""

    place: HubPlace
    muk: Muk
    oidc: Account


@contextmanager
def other_ids(keycloak: KeycloakServer, folder: Path) -> Iterator[OtherIds]:
    """The given Keycloak with a realm of its own, as `realm-config/` describes it."""
    callback, muk_port, oidc_port = Callback(), free_port(), free_port()
    described = describe(keycloak, folder)
    described.config.offers("muk", "oidc")
    realm_url = f"{keycloak.base_url}/realms/{described.name}"
    muk = _muk(f"http://localhost:{muk_port}", realm_url)
    oidc = _oidc(f"http://localhost:{oidc_port}", realm_url)
    addresses = {"BROKER_URL": callback.broker_url, "MUK_URL": muk.settings.base_url, "OIDC_URL": oidc.settings.issuer}
    desired = load_realms(described.config.folder, "local", {**ENVIRON, **addresses}, lambda url: muk.metadata())[-1]
    RealmReconciler(KeycloakConnection(described.access, described.name), desired).apply()
    with ExitStack() as running:
        running.enter_context(serving(callback, callback.port))
        running.enter_context(serving(muk_pages.create_app(muk), muk_port))
        running.enter_context(serving(oidc_pages.create_app(oidc), oidc_port))
        yield OtherIds(HubPlace(realm_url, callback), muk, oidc)


def _muk(base_url: str, realm_url: str) -> Muk:
    settings = MukSettings(base_url + METADATA_PATH, base_url, (f"{realm_url}/broker/muk/endpoint/descriptor",), show_faults=True)
    keys = Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests")
    return Muk(settings, keys, load_persons(), lambda: dt.datetime.now(dt.UTC))


def _oidc(issuer: str, realm_url: str) -> Account:
    client = RelyingParty.keycloak(realm_url, "oidc", "keycloak", ENVIRON["OIDC_CLIENT_SECRET"])
    return Account(OidcSettings(issuer, client, show_faults=True))
