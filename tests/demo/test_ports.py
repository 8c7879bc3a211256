"""Issue 3, point 1: a port in use is told in one sentence that names the port, who has it, and what to do."""

import os
import socket
from collections.abc import Iterator
from dataclasses import astuple

import pytest

from deploy.demo.ports import Ports
from deploy.demo.setup_error import SetupError


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_taken_port_is_named_with_its_owner_and_another_choice(taken: int) -> None:
    with pytest.raises(SetupError) as told:
        Ports(broker=taken).check_free("broker")
    sentence = str(told.value)
    assert f"Port {taken} (broker) is in use by" in sentence
    assert f"process {os.getpid()}" in sentence
    assert f"make demo BROKER_PORT={taken + 1}" in sentence


def test_only_the_named_parts_are_looked_at(taken: int) -> None:
    Ports(broker=taken, karte=Ports.any_free().karte).check_free("karte")


def test_one_port_for_two_parts_is_refused() -> None:
    free = Ports.any_free().broker
    with pytest.raises(SetupError, match="KARTE_PORT and BROKER_PORT are both"):
        Ports(broker=free, karte=free).check_free("broker", "karte")


def test_environment_replaces_single_ports() -> None:
    ports = Ports.from_environment({"BROKER_PORT": "8001", "UNRELATED": "x", "KARTE_PORT": ""})
    assert (ports.broker, ports.karte) == (8001, 8091)


@pytest.mark.parametrize("text", ["http", "80", "70000", "-1"])
def test_no_port_number_is_refused_with_the_variables_name(text: str) -> None:
    with pytest.raises(SetupError, match="BROKER_PORT is"):
        Ports.from_environment({"BROKER_PORT": text})


def test_any_free_gives_different_free_ports() -> None:
    ports = Ports.any_free()
    assert len(set(astuple(ports))) == len(astuple(ports))
    ports.check_free("broker", "metrics", "keycloak", "keycloak_management", "bundid", "karte", "haushalt", "redis")
