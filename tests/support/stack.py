"""The demo's stack with a real Keycloak and real stores, started once per test session: `stack`.

Unlike the demo, everything that may keep something about a citizen can be looked into: Keycloak and the broker each have a database in one
PostgreSQL, sessions are in a real Redis, and Keycloak would log its events if its realm let it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from keycloak import KeycloakAdmin

from deploy.demo.citizen import Citizen
from deploy.demo.java import find_java_home
from deploy.demo.keycloak_distribution import find_keycloak
from deploy.demo.keycloak_server import Database, KeycloakServer
from deploy.demo.launcher import Demo
from deploy.demo.ports import Ports
from deploy.demo.processes import ChildProcess, plain_environment
from deploy.demo.setup_error import SetupError
from deploy.demo.stack import REALM, TOP, KeycloakPart, Say, Stack
from deploy.demo.state import DemoState
from tests.support.servers import PostgresqlServer, RedisServer, missing, running, until


class OutspokenKeycloak(KeycloakServer):
    """Logs its events, which the demo's Keycloak never does: what stays silent here is silenced by the realm itself."""

    def _arguments(self) -> list[str]:
        return [argument.replace("org.keycloak.events:OFF", "org.keycloak.events:DEBUG") for argument in super()._arguments()]


@dataclass(frozen=True, kw_only=True)
class RealStack(Stack):
    """The demo's parts on real stores, citizen IDs with their panels of faults."""

    postgresql: PostgresqlServer
    hub_part: list[KeycloakPart] = field(default_factory=list)

    @property
    def database_url(self) -> str:
        """The broker's database."""
        return database_url(self.postgresql, "participation")

    def keycloak(self, say: Say) -> KeycloakPart:
        server = OutspokenKeycloak(
            home=find_keycloak(say),
            java_home=find_java_home(),
            data_dir=self.state.folder / "keycloak",
            admin_password=self.state.secret("keycloak_admin_password"),
            port=self.ports.keycloak,
            management_port=self.ports.keycloak_management,
            database=Database("postgres", f"jdbc:postgresql://127.0.0.1:{self.postgresql.port}/keycloak", "broker", "any"),
            broker_return=f"{self.broker_url}/upstream/return",
            say=say,
        )
        server.prepare()
        self.hub_part.append(KeycloakPart(server))
        return self.hub_part[-1]

    def citizen_ids(self) -> list[ChildProcess]:
        parts = Stack.citizen_ids(self)
        for part in parts:
            part.command = [*part.command, "--faults"]
        return parts

    def broker_settings(self) -> dict[str, str]:
        return Stack.broker_settings(self) | {"BROKER_DATABASE_URL": self.database_url}


@dataclass
class StartedStack:
    """The running whole: where its parts are, and what a test may do to them."""

    parts: RealStack
    postgresql: PostgresqlServer
    redis: RedisServer
    client_secrets: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def broker_url(self) -> str:
        return self.parts.broker_url

    @property
    def hub_url(self) -> str:
        return self.parts.hub_url

    @property
    def keycloak(self) -> KeycloakServer:
        return self.parts.hub_part[-1].server

    def tool_url(self, tool: str) -> str:
        return self.parts.tool_url(tool)

    def logs(self) -> dict[str, str]:
        """What each process has said so far, by the name of its log."""
        files = [*self.parts.state.logs.glob("*.log"), self.keycloak.log_file]
        return {file.stem: file.read_text(errors="replace") for file in files}

    def registers(self, client_files: Mapping[str, str], **secrets: str) -> None:
        """Operators' files are put beside the others and applied; `secrets` are the environment they name."""
        for name, text in client_files.items():
            (self.parts.state.clients / f"{name}.toml").write_text(text, encoding="utf-8")
        self.client_secrets |= secrets
        self.runs_broker("clients", "apply", "--folder", str(self.parts.state.clients), **self.client_secrets)

    def hub_sessions(self) -> set[str]:
        """The ids of all sessions that citizens have at Keycloak, as its administrator sees them."""
        admin = self.hub_admin()
        client = admin.get_client_id("broker")
        assert client is not None
        return {session["id"] for session in admin.get_client_all_sessions(client)}

    def hub_admin(self, password: str | None = None) -> KeycloakAdmin:
        """Keycloak's administrator, who may mistype the password."""
        server = self.keycloak
        return KeycloakAdmin(
            server_url=server.base_url,
            username=server.admin_user,
            password=password or server.admin_password,
            realm_name=REALM,
            user_realm_name="master",
        )

    @contextmanager
    def hub_away(self) -> Iterator[None]:
        """Keycloak is killed for a while and starts again."""
        self.keycloak.stop()
        try:
            yield
        finally:
            self.keycloak.start()
            until(self._leads_to_bundid, 300, "sign-ins to work again")

    def _leads_to_bundid(self) -> bool:
        """Its first answers after a start take longer than the broker is willing to wait."""
        if not self.keycloak.is_ready():
            return False
        citizen = Citizen()
        citizen.wants_to_sign_in(self.tool_url("karte"))
        return citizen.browser.shows("means-eid")

    def runs_broker(self, *command: str, **environment: str) -> str:
        """An administrator runs `broker ...`; what it prints. It must succeed."""
        settings = plain_environment() | self.parts.setup_settings() | environment
        done = subprocess.run(
            [sys.executable, "-m", "broker", *command], env=settings, cwd=TOP, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"broker {' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def stack() -> Iterator[StartedStack]:
    """Everything running and ready; skips (in CI fails) where Keycloak or a server cannot be had."""
    try:
        find_java_home()
        find_keycloak()
    except SetupError as lacking:
        missing(str(lacking))
    with ExitStack() as started:
        postgresql = started.enter_context(running(PostgresqlServer(_folder("postgresql", started))))
        redis = started.enter_context(running(RedisServer(_folder("redis", started))))
        for name in ("keycloak", "participation"):
            _create_database(postgresql, name)
        parts = RealStack(Ports.any_free(), DemoState(_folder("stack", started)), "keycloak", redis.url, postgresql=postgresql)
        demo = Demo(parts)
        started.callback(demo.stop)
        demo.start()
        yield StartedStack(parts, postgresql, redis)


def database_url(server: PostgresqlServer, name: str) -> str:
    """The address of one database of a server."""
    return f"{server.url.rpartition('/')[0]}/{name}"


def _folder(name: str, started: ExitStack) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"broker-{name}-"))  # not pytest's: user postgres must be able to enter
    started.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _create_database(server: PostgresqlServer, name: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
