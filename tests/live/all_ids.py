"""A real Keycloak with every citizen ID behind it, each simulated in this process, in one realm as `realm-config/` describes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from broker.upstream.keycloak_connection import KeycloakConnection
from broker.upstream.realm import RealmReconciler
from broker.upstream.realm_files import load_realms
from deploy.demo.bundid import app as bundid_pages
from deploy.demo.bundid.product import CitizenId
from deploy.demo.bundid.simulator import Settings as BundidSettings
from deploy.demo.bundid.simulator import Simulator as Bundid
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.muk import app as muk_pages
from deploy.demo.muk.simulator import METADATA_PATH
from deploy.demo.muk.simulator import Settings as MukSettings
from deploy.demo.muk.simulator import Simulator as Muk
from deploy.demo.oidc import site as oidc_pages
from deploy.demo.oidc.provider import Account
from deploy.demo.oidc.settings import RelyingParty
from deploy.demo.oidc.settings import Settings as OidcSettings
from deploy.demo.osi import app as osi_pages
from deploy.demo.osi.simulator import Settings as OsiSettings
from deploy.demo.osi.simulator import Simulator as Osi
from deploy.demo.persons import load_persons
from deploy.demo.saml.keys import Keys
from tests.live.described_realm import describe
from tests.live.hub_places import Callback, HubPlace, serving
from tests.support.realm_config import ENVIRON
from tests.support.saml_sp import rsa_pair
from tests.support.services import free_port

Metadata = Callable[[], bytes]


@dataclass
class AllIds:
    """The hub and its simulators; `addresses` are what the environment's files ask for, `metadata` what each SAML one publishes, by URL."""

    place: HubPlace
    realm_url: str
    running: ExitStack
    addresses: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Metadata] = field(default_factory=dict)

    def starts_bundid(self, alias: str, citizen_id: CitizenId) -> None:
        """BundID, or the same product as BayernID."""
        url = self._url(alias)
        settings = BundidSettings(f"{url}/idp", url, self._descriptor(alias), citizen_id=citizen_id, any_level=True, show_faults=True)
        simulator = Bundid(settings, _keys(), load_persons(), _now)
        self._serve(bundid_pages.create_app(simulator), url)
        self.metadata[settings.entity_id] = simulator.metadata

    def starts_osi(self) -> None:
        """Servicekonto Schleswig-Holstein."""
        url = self._url("sh")
        simulator = Osi(
            OsiSettings(url, sp_metadata=self._descriptor("sh"), any_level=True, show_faults=True), _keys(), load_persons(), _now
        )
        self._serve(osi_pages.create_app(simulator), url)
        self.metadata[f"{url}/webidp/metadata/metadata"] = simulator.metadata

    def starts_muk(self) -> None:
        """Mein Unternehmenskonto."""
        url = self._url("muk")
        settings = MukSettings(url + METADATA_PATH, url, self._descriptor("muk"), show_faults=True)
        simulator = Muk(settings, _keys(), load_persons(), _now)
        self._serve(muk_pages.create_app(simulator), url)
        self.metadata[settings.entity_id] = simulator.metadata

    def starts_oidc(self) -> None:
        """Any OpenID Connect account."""
        url = self._url("oidc")
        client = RelyingParty.keycloak(self.realm_url, "oidc", "keycloak", ENVIRON["OIDC_CLIENT_SECRET"])
        self._serve(oidc_pages.create_app(Account(OidcSettings(url, client, show_faults=True))), url)

    def fetch(self, url: str) -> bytes:
        """Metadata as the realm's description asks for it."""
        return self.metadata[url]()

    def _url(self, alias: str) -> str:
        url = f"http://localhost:{free_port()}"
        self.addresses[f"{alias.upper()}_URL"] = url
        return url

    def _descriptor(self, alias: str) -> tuple[str, ...]:
        return (f"{self.realm_url}/broker/{alias}/endpoint/descriptor",)

    def _serve(self, application: Any, url: str) -> None:
        self.running.enter_context(serving(application, int(url.rpartition(":")[2])))


@contextmanager
def all_ids(keycloak: KeycloakServer, folder: Path) -> Iterator[AllIds]:
    """Everything running, the realm applied."""
    callback, described = Callback(), describe(keycloak, folder)
    described.config.offers("bundid", "bayernid", "sh", "muk", "oidc")
    realm_url = f"{keycloak.base_url}/realms/{described.name}"
    with ExitStack() as running:
        running.enter_context(serving(callback, callback.port))
        ids = AllIds(HubPlace(realm_url, callback), realm_url, running)
        ids.starts_bundid("bundid", CitizenId.BUNDID)
        ids.starts_bundid("bayernid", CitizenId.BAYERNID)
        ids.starts_osi()
        ids.starts_muk()
        ids.starts_oidc()
        environ = {**ENVIRON, "BROKER_URL": callback.broker_url, **ids.addresses}
        desired = load_realms(described.config.folder, "local", environ, ids.fetch)[-1]
        RealmReconciler(KeycloakConnection(described.access, described.name), desired).apply()
        yield ids


def _keys() -> Keys:
    return Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
