"""One real Keycloak per test process: `keycloak` is running and ready when a test gets it."""

import os
from collections.abc import Iterator

import pytest

from deploy.demo.java import find_java_home
from deploy.demo.keycloak_distribution import find_keycloak
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.setup_error import SetupError
from tests.support.services import free_port

BROKER_RETURN = "http://localhost:8000/upstream/return"


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeycloakServer]:
    """A Keycloak of its own data with the broker's provider and theme; skips (in CI fails) where it cannot be had."""
    try:
        server = KeycloakServer(
            home=find_keycloak(),
            java_home=find_java_home(),
            data_dir=tmp_path_factory.mktemp("keycloak"),
            admin_password="only-in-this-test",
            port=free_port(),
            management_port=free_port(),
            broker_return=BROKER_RETURN,
        )
        server.prepare()
        server.start()
    except SetupError as missing:
        _cannot(str(missing))
    try:
        server.wait_ready(600)
        yield server
    finally:
        server.stop()


def _cannot(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
