"""`broker realm plan|apply|drift` as administrators use it: what it prints, what it never prints, and how it ends."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broker.app import open_database
from broker.cli import main
from broker.config import load_settings
from broker.store.migrations import migrate
from broker.store.providers import Providers
from deploy.demo.keycloak_distribution import KEYCLOAK_VERSION
from deploy.demo.keycloak_server import KeycloakServer
from tests.live.described_realm import Described, broker_client, describe
from tests.support.realm_config import ENVIRON
from tests.support.services import free_port

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]


@pytest.fixture
def described(keycloak: KeycloakServer, tmp_path: Path) -> Described:
    """A realm that is described and does not exist yet."""
    return describe(keycloak, tmp_path)


@pytest.fixture
def command(described: Described, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`broker realm ...` with the environment of the demo, without a simulated BundID to ask for its certificate."""
    described.config.replace("environments/local.yaml", '{saml_metadata: "${bundid_entity_id}", entity_id: "${bundid_entity_id}"}', "MIIB")
    for name, value in {
        **ENVIRON,
        "BROKER_ISSUER": "http://localhost:8000",
        "BROKER_SECRET": secrets.token_urlsafe(48),
        "BROKER_DATABASE_URL": f"sqlite:///{tmp_path / 'broker.db'}",
        "BROKER_HUB_ISSUER": f"{described.access.url}/realms/{described.name}",
        "BROKER_ENVIRONMENT": "local",
        "KEYCLOAK_URL": described.access.url,
        "KEYCLOAK_ADMIN_USER": described.access.username,
        "KEYCLOAK_ADMIN_PASSWORD": described.access.password,
    }.items():
        monkeypatch.setenv(name, value)
    migrate(open_database(load_settings()))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["realm", *arguments, "--config-dir", str(described.config.folder)])

    return run


def test_doctor_sees_the_version_of_the_real_keycloak(command: Callable[..., Result]) -> None:
    applied = command("apply")
    assert applied.exit_code == 0, applied.output

    told = CliRunner().invoke(main, ["doctor"]).output

    assert f"Keycloak {KEYCLOAK_VERSION}" in told
    assert "Hub: " in told


def test_the_commands_tell_what_they_did_and_drift_has_its_own_exit_status(command: Callable[..., Result], described: Described) -> None:
    assert command("drift").exit_code == 2
    first = command("apply")
    assert (first.exit_code, first.output.splitlines()[-2:]) == (
        0,
        ["Keycloak is now as the files say.", "Citizen IDs of the broker: bundid (written)."],
    )
    second = command("apply")
    assert second.output.splitlines() == [
        "Keycloak is as the files say; nothing changed.",
        "Citizen IDs of the broker: bundid (nothing changed).",
    ]
    assert command("drift").exit_code == 0
    client = broker_client(described.admin)
    described.admin.update_client(client["id"], {**client, "redirectUris": ["https://evil.example/*"]})
    drift = command("drift")
    assert drift.exit_code == 2
    assert "evil.example" in drift.output
    assert "evil.example" in command("plan").output
    assert [each.alias for each in Providers(open_database(load_settings())).list()] == ["bundid"]


def test_no_command_prints_a_secret(command: Callable[..., Result], described: Described) -> None:
    outputs = [command(name).output for name in ("plan", "apply", "drift")]
    client = broker_client(described.admin)
    described.admin.update_client(client["id"], {**client, "secret": "known-to-somebody-else"})
    outputs += [command(name).output for name in ("plan", "drift", "apply")]
    assert ENVIRON["BROKER_HUB_CLIENT_SECRET"] not in "".join(outputs)
    assert "known-to-somebody-else" not in "".join(outputs)


def test_a_keycloak_that_is_away_is_one_sentence_and_exit_status_1(command: Callable[..., Result]) -> None:
    result = command("apply", "--keycloak-url", f"http://localhost:{free_port()}")
    assert result.exit_code == 1
    assert "does not answer" in result.output
    assert "Traceback" not in result.output
    assert len(result.output.splitlines()) == 1


def test_a_hub_that_is_not_keycloak_needs_only_the_brokers_part(command: Callable[..., Result], described: Described) -> None:
    result = command("apply", "--only-broker")
    assert result.output.splitlines() == ["Citizen IDs of the broker: bundid (written)."]
    assert described.admin.find_realm() is None


def test_a_mistake_in_the_call_is_not_taken_for_drift(command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BROKER_ENVIRONMENT")
    result = command("drift")
    assert (result.exit_code, "--environment" in result.output) == (1, True)
