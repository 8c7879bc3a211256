"""Every citizen ID at one real Keycloak, once per test process, and a town in front of it."""

from collections.abc import Iterator

import pytest

from broker.upstream.realm_files import load_identity_providers
from deploy.demo.keycloak_server import KeycloakServer
from tests.journeys.town import Town, town_behind
from tests.live.all_ids import AllIds, all_ids
from tests.support.app import settings
from tests.support.realm_config import ENVIRON
from tests.support.services import RedisServer, migrate_at


@pytest.fixture(scope="session")
def ids(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AllIds]:
    """Tests that bend a simulator put it back."""
    with all_ids(keycloak, tmp_path_factory.mktemp("all-ids")) as found:
        yield found


@pytest.fixture(scope="module")
def town(ids: AllIds, tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Town]:
    """A broker and two tools in front of the real Keycloak. The tools ask for nothing that a citizen ID might lack."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "clients").mkdir()
    url = f"sqlite:///{folder / 'broker.sqlite'}"
    migrate_at(url)
    providers = load_identity_providers(ids.realm.config.folder, "local", ids.environ, ids.metadata)
    chosen = settings(
        url,
        redis_server.url,
        issuer=ids.place.callback.broker_url,
        hub_issuer=ids.place.issuer,
        hub_client_secret=ENVIRON["BROKER_HUB_CLIENT_SECRET"],
    )
    with town_behind(ids.place.callback, chosen, providers, folder / "clients", demanding=False) as built:
        yield built
