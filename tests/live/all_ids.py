"""A real Keycloak with every citizen ID behind it, each simulated in this process so that tests can bend it, in one realm as described."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from broker.upstream.keycloak_connection import KeycloakConnection
from broker.upstream.realm import RealmReconciler
from broker.upstream.realm_files import load_realms
from deploy.demo.bundid import app as akdb_pages
from deploy.demo.bundid.product import CitizenId
from deploy.demo.bundid.simulator import Settings as AkdbSettings
from deploy.demo.bundid.simulator import Simulator as Akdb
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.muk import app as muk_pages
from deploy.demo.muk import simulator as muk
from deploy.demo.oidc import site as oidc_pages
from deploy.demo.oidc.provider import Account
from deploy.demo.oidc.settings import RelyingParty
from deploy.demo.oidc.settings import Settings as OidcSettings
from deploy.demo.osi import app as osi_pages
from deploy.demo.osi import simulator as osi
from deploy.demo.persons import load_persons
from deploy.demo.saml.keys import Keys
from tests.live.described_realm import Described, describe
from tests.live.hub_places import Callback, HubPlace, serving
from tests.support.realm_config import ENVIRON
from tests.support.saml_sp import rsa_pair
from tests.support.services import free_port

ALIASES = ("bundid", "bayernid", "sh", "muk", "oidc")


@dataclass
class AllIds:
    """The hub, and its citizen IDs by their aliases."""

    place: HubPlace
    realm: Described
    bundid: Akdb
    bayernid: Akdb
    sh: osi.Simulator
    muk: muk.Simulator
    oidc: Account
    environ: dict[str, str] = field(default_factory=dict)

    def metadata(self, url: str) -> bytes:
        """What stands at an address of one of the SAML ones."""
        by_url = {one.settings.entity_id: one.metadata for one in (self.bundid, self.bayernid, self.muk)}
        return {**by_url, self.sh.settings.base_url + osi.METADATA_PATH: self.sh.metadata}[url]()


@contextmanager
def all_ids(keycloak: KeycloakServer, folder: Path) -> Iterator[AllIds]:
    """Everything running, the realm applied."""
    callback, described = Callback(), describe(keycloak, folder)
    described.config.offers(*ALIASES)
    realm_url = f"{keycloak.base_url}/realms/{described.name}"
    ports = {alias: free_port() for alias in ALIASES}
    urls = {alias: f"http://localhost:{port}" for alias, port in ports.items()}
    ids = _simulators(HubPlace(realm_url, callback), described, urls)
    ids.environ.update({**ENVIRON, "BROKER_URL": callback.broker_url, **{f"{alias.upper()}_URL": url for alias, url in urls.items()}})
    desired = load_realms(described.config.folder, "local", ids.environ, ids.metadata)[-1]
    RealmReconciler(KeycloakConnection(described.access, described.name), desired).apply()
    pages = {
        "bundid": akdb_pages.create_app(ids.bundid),
        "bayernid": akdb_pages.create_app(ids.bayernid),
        "sh": osi_pages.create_app(ids.sh),
        "muk": muk_pages.create_app(ids.muk),
        "oidc": oidc_pages.create_app(ids.oidc),
    }
    with ExitStack() as running:
        running.enter_context(serving(callback, callback.port))
        for alias, page in pages.items():
            running.enter_context(serving(page, ports[alias]))
        yield ids


def _simulators(place: HubPlace, realm: Described, urls: dict[str, str]) -> AllIds:
    descriptor = {alias: (f"{place.issuer}/broker/{alias}/endpoint/descriptor",) for alias in urls}
    keys, persons = Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests"), load_persons()

    def akdb(alias: str, citizen_id: CitizenId) -> Akdb:
        settings = AkdbSettings(f"{urls[alias]}/idp", urls[alias], descriptor[alias], show_faults=True, citizen_id=citizen_id)
        return Akdb(settings, keys, persons, _now)

    muk_settings = muk.Settings(urls["muk"] + muk.METADATA_PATH, urls["muk"], descriptor["muk"], show_faults=True)
    osi_settings = osi.Settings(urls["sh"], sp_metadata=descriptor["sh"], show_faults=True)
    client = RelyingParty.keycloak(place.issuer, "oidc", "keycloak", ENVIRON["OIDC_CLIENT_SECRET"])
    return AllIds(
        place,
        realm,
        akdb("bundid", CitizenId.BUNDID),
        akdb("bayernid", CitizenId.BAYERNID),
        osi.Simulator(osi_settings, keys, persons, _now),
        muk.Simulator(muk_settings, keys, persons, _now),
        Account(OidcSettings(urls["oidc"], client, show_faults=True)),
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
