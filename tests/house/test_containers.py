"""What can be known about the containers without an engine: files, commands, secrets and versions that name one another exist."""

from __future__ import annotations

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from broker.cli import main
from deploy.demo.bundid.__main__ import parse_arguments
from deploy.demo.keycloak_build import FEATURES, FEATURES_DISABLED
from deploy.demo.keycloak_distribution import KEYCLOAK_VERSION
from deploy.demo.osi import __main__ as osi

TOP = Path(__file__).parents[2]
DOCKERFILES = ("deploy/Dockerfile", "deploy/demo/Dockerfile", "deploy/keycloak/Dockerfile")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((TOP / "docker-compose.yml").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_what_an_image_copies_is_in_the_repository(dockerfile: str) -> None:
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", (TOP / dockerfile).read_text(encoding="utf-8"), re.MULTILINE)

    assert copies
    assert not [source for line in copies for source in line.split() if not (TOP / source).exists()]


def test_containers_run_the_keycloak_that_was_tested(compose: dict[str, Any]) -> None:
    dockerfile = (TOP / "deploy/keycloak/Dockerfile").read_text(encoding="utf-8")

    assert compose["services"]["keycloak"]["build"]["args"]["KEYCLOAK_VERSION"] == KEYCLOAK_VERSION
    assert f"ARG KEYCLOAK_VERSION={KEYCLOAK_VERSION}\n" in dockerfile
    assert f"KC_FEATURES={FEATURES}\n" in dockerfile
    assert f"KC_FEATURES_DISABLED={FEATURES_DISABLED}\n" in dockerfile


def test_a_service_reads_only_secrets_that_it_was_given(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        given = set(service.get("secrets", []))
        read = set(re.findall(r"/run/secrets/(\w+)", f"{service.get('environment')} {service.get('entrypoint')}"))
        assert given == read, name
        assert given <= compose["secrets"].keys(), name


def test_only_the_setup_may_change_keycloak(compose: dict[str, Any]) -> None:
    holders = {name for name, service in compose["services"].items() if "keycloak_admin_password" in service.get("secrets", [])}

    assert holders == {"keycloak", "setup"}


def test_published_ports_are_listened_on(compose: dict[str, Any]) -> None:
    """The services share the proxy's network: what listens on its loopback address alone cannot be reached from outside."""
    published = {port.split(":")[0] for port in compose["services"]["proxy"]["ports"]}
    demo = [service["command"] for service in compose["services"].values() if "-m" in service.get("command", [])]
    listening = {command[command.index("--port") + 1] for command in demo if command[command.index("--host") + 1] == "0.0.0.0"}

    assert published == listening | {"8000", "8080"}  # proxy and Keycloak listen on every address


def test_commands_of_the_demo_images_are_understood(compose: dict[str, Any]) -> None:
    demo = [service["command"] for service in compose["services"].values() if "-m" in service.get("command", [])]

    assert all(find_spec(command[2]) for command in demo)
    for alias, port in {"bundid": 8082, "bayernid": 8083}.items():
        options = parse_arguments(compose["services"][alias]["command"][3:])
        assert (options.citizen_id, options.port) == (alias, port)
    assert osi.parse_arguments(compose["services"]["sh"]["command"][3:]).port == 8084


def test_setup_calls_the_command_line_as_it_is(tmp_path: Path) -> None:
    """The entry point runs with a `python` that only writes down what it was asked."""
    calls = tmp_path / "calls"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n')
    python.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "BROKER_CLIENT_FILES": "deploy/demo/clients", "BROKER_ENVIRONMENT": "local"}
    for argument in ("setup", "serve", "worker"):
        subprocess.run(["sh", str(TOP / "deploy/entrypoint.sh"), argument], env=environment, cwd=TOP, check=True)

    asked = [line.split() for line in calls.read_text().splitlines()]
    assert [call[:2] for call in asked] == [["-m", "broker"]] * 6
    for call in asked:
        understood(call[2:])


def understood(words: list[str]) -> None:
    """Raises click's UsageError unless the command line takes these words; runs nothing."""
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[words[0]]
        words = words[1:]
    command.make_context("broker", list(words))
