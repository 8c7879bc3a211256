"""Every citizen ID at one real Keycloak, once per test process."""

from collections.abc import Iterator

import pytest

from deploy.demo.keycloak_server import KeycloakServer
from tests.live.all_ids import AllIds, all_ids


@pytest.fixture(scope="session")
def ids(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AllIds]:
    """Tests that bend a simulator put it back."""
    with all_ids(keycloak, tmp_path_factory.mktemp("all-ids")) as found:
        yield found
