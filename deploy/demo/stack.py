"""What the demo consists of: each part's command, settings, log and the question that tells whether it is ready."""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import redis

from deploy.demo.java import find_java_home
from deploy.demo.keycloak_distribution import find_keycloak
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.ports import Ports
from deploy.demo.processes import ChildProcess, answers
from deploy.demo.state import DemoState

Say = Callable[[str], None]
Question = Callable[[], bool]
HubKind = Literal["keycloak", "simulated"]
TOP = Path(__file__).resolve().parents[2]
CLIENT_FILES = TOP / "deploy" / "demo" / "clients"
REALM = "citizens"


@dataclass(slots=True)
class KeycloakPart:
    """Keycloak, seen as one part among the others."""

    server: KeycloakServer
    name: str = "Keycloak"

    @property
    def log_file(self) -> Path:
        return self.server.log_file

    @property
    def process_group(self) -> int | None:
        return self.server.process_group

    def start(self) -> None:
        self.server.start()

    def is_running(self) -> bool:
        return self.server.is_running()

    def is_ready(self) -> bool:
        return self.server.is_ready()

    def stop(self) -> None:
        self.server.stop()


@dataclass(frozen=True, slots=True)
class Stack:
    """The parts of one demo, all on `localhost`. `redis_url` is empty when the demo brings its own."""

    ports: Ports
    state: DemoState
    hub_kind: HubKind
    redis_url: str = ""

    @property
    def broker_url(self) -> str:
        return f"http://localhost:{self.ports.broker}"

    @property
    def hub_url(self) -> str:
        return f"http://localhost:{self.ports.keycloak}"

    @property
    def bundid_url(self) -> str:
        return f"http://localhost:{self.ports.bundid}"

    @property
    def bayernid_url(self) -> str:
        return f"http://localhost:{self.ports.bayernid}"

    @property
    def sh_url(self) -> str:
        return f"http://localhost:{self.ports.sh}"

    @property
    def mailbox_url(self) -> str:
        return f"http://localhost:{self.ports.mailbox}"

    @property
    def muk_url(self) -> str:
        return f"http://localhost:{self.ports.muk}"

    @property
    def oidc_url(self) -> str:
        return f"http://localhost:{self.ports.oidc}"

    def tool_url(self, tool: str) -> str:
        return f"http://localhost:{getattr(self.ports, tool)}"

    def used_ports(self) -> list[str]:
        """The names of all ports this stack listens on."""
        ours = ["broker", "metrics", "keycloak", "karte", "haushalt"]
        behind_keycloak = ["bundid", "bayernid", "sh", "muk", "oidc", "keycloak_management", "mailbox", "mailbox_smtp"]
        ours += behind_keycloak if self.hub_kind == "keycloak" else []
        return ours + ([] if self.redis_url else ["redis"])

    def redis(self) -> ChildProcess:
        address = f"redis://localhost:{self.ports.redis}/0"
        return self._python(
            "Redis (fakeredis)", "redis", ["deploy.demo.redis_server", "--port", str(self.ports.redis)], lambda: _pings(address)
        )

    def keycloak(self, say: Say) -> KeycloakPart:
        """Keycloak, fetched and built if need be. Raises SetupError."""
        server = KeycloakServer(
            home=find_keycloak(say),
            java_home=find_java_home(),
            data_dir=self.state.folder / "keycloak",
            admin_password=self.state.secret("keycloak_admin_password"),
            port=self.ports.keycloak,
            management_port=self.ports.keycloak_management,
            broker_return=f"{self.broker_url}/upstream/return",
            say=say,
        )
        server.prepare()
        return KeycloakPart(server)

    def simulated_hub(self) -> ChildProcess:
        command = ["deploy.demo.hub", "--port", str(self.ports.keycloak), "--broker", self.broker_url, "--any-level"]
        settings = {"HUB_CLIENT_SECRET": self.state.secret("hub_client_secret")}
        return self._python("simulated hub", "hub", command, lambda: answers(f"{self.hub_url}/health/ready"), settings)

    def citizen_ids(self) -> list[ChildProcess]:
        """The simulated citizen IDs behind Keycloak."""
        return [self.bundid(), self.bayernid(), self.servicekonto_sh(), self.muk(), self.oidc()]

    def bundid(self) -> ChildProcess:
        return self._saml_simulator("BundID", "bundid", "bundid")

    def bayernid(self) -> ChildProcess:
        return self._saml_simulator("BayernID", "bayernid", "bundid", "--as", "bayernid")

    def servicekonto_sh(self) -> ChildProcess:
        return self._saml_simulator("Servicekonto SH", "sh", "osi")

    def muk(self) -> ChildProcess:
        return self._saml_simulator("Unternehmenskonto", "muk", "muk")

    def oidc(self) -> ChildProcess:
        command = ["deploy.demo.oidc", "--port", str(self.ports.oidc), "--realm", f"{self.hub_url}/realms/{REALM}", "--any-level"]
        settings = {"OIDC_CLIENT_SECRET": self.state.secret("oidc_client_secret")}
        return self._python("OpenID Connect simulator", "oidc", command, lambda: answers(f"{self.oidc_url}/healthz"), settings)

    def _saml_simulator(self, name: str, alias: str, package: str, *more: str) -> ChildProcess:
        port: int = getattr(self.ports, alias)
        command = [f"deploy.demo.{package}", "--port", str(port), "--state-dir", str(self.state.folder / alias), *more]
        # Citizen IDs hide means below the asked level; here they stay, so that a newcomer can see what the broker does with them.
        command += ["--any-level", "--sp-metadata", f"{self.hub_url}/realms/{REALM}/broker/{alias}/endpoint/descriptor"]
        return self._python(f"{name} simulator", alias, command, lambda: answers(f"http://localhost:{port}/healthz"))

    def mailbox(self) -> ChildProcess:
        """Where the links of the account without a citizen ID arrive."""
        command = ["deploy.demo.mailbox", "--port", str(self.ports.mailbox), "--smtp-port", str(self.ports.mailbox_smtp)]
        return self._python("mailbox", "mailbox", command, lambda: answers(f"{self.mailbox_url}/healthz"))

    def broker(self) -> ChildProcess:
        ready = lambda: answers(f"{self.broker_url}/readyz")  # noqa: E731
        return self._python("broker", "broker", ["broker", "serve"], ready, self.broker_settings())

    def worker(self) -> ChildProcess:
        # It has no port; that it lives is all that can be asked. Deliveries show whether it works.
        settings = self.broker_settings() | {"BROKER_METRICS_PORT": "0", "BROKER_WORKER_METRICS_PORT": "0"}
        return self._python("broker's worker", "worker", ["broker", "worker"], lambda: True, settings)

    def tool(self, tool: str) -> ChildProcess:
        command = ["deploy.demo.tools", "--tool", tool, "--port", str(getattr(self.ports, tool)), "--issuer", self.broker_url]
        settings = {"DEMO_CLIENT_SECRET": self.state.secret("demo_client_secret")}
        return self._python(f"demo tool {tool}", tool, command, lambda: answers(f"{self.tool_url(tool)}/healthz"), settings)

    def broker_settings(self) -> dict[str, str]:
        """The environment of every broker process."""
        return {
            "BROKER_ISSUER": self.broker_url,
            "BROKER_SECRET": self.state.secret("broker_secret"),
            "BROKER_DATABASE_URL": self.state.database_url,
            "BROKER_REDIS_URL": self.redis_url or f"redis://localhost:{self.ports.redis}/0",
            "BROKER_HUB_ISSUER": f"{self.hub_url}/realms/{REALM}",
            "BROKER_HUB_CLIENT_SECRET": self.state.secret("hub_client_secret"),
            "BROKER_PORT": str(self.ports.broker),
            "BROKER_METRICS_PORT": str(self.ports.metrics),
            "BROKER_OUTBOUND_PRIVATE_HOSTS": "localhost",
            "BROKER_SITE_NAME": "Beteiligungs-Anmeldung (Demo)",
            "BROKER_OPERATOR_NAME": "Stadt Beispielhausen",
            "PROMETHEUS_MULTIPROC_DIR": str(self.state.metrics),
        }

    def setup_settings(self) -> dict[str, str]:
        """The environment of the commands that prepare realm and tools: the addresses that files name, and the admin's access."""
        return self.broker_settings() | {
            "BROKER_URL": self.broker_url,
            "BUNDID_URL": self.bundid_url,
            "BAYERNID_URL": self.bayernid_url,
            "SH_URL": self.sh_url,
            "MUK_URL": self.muk_url,
            "OIDC_URL": self.oidc_url,
            "OIDC_CLIENT_SECRET": self.state.secret("oidc_client_secret"),
            "KEYCLOAK_URL": self.hub_url,
            "KEYCLOAK_ADMIN_USER": "admin",
            "KEYCLOAK_ADMIN_PASSWORD": self.state.secret("keycloak_admin_password"),
            "DEMO_CLIENT_SECRET": self.state.secret("demo_client_secret"),
            "RESIDENTS_CLIENT_SECRET": self.state.secret("residents_client_secret"),
            "SMTP_PASSWORD": self.state.secret("smtp_password"),  # the mailbox asks for none; the realm's description does
            "MAILBOX_SMTP_PORT": str(self.ports.mailbox_smtp),
        }

    def write_client_files(self) -> Path:
        """The demo tools' registrations, with the ports of this demo. Returns their folder."""
        shutil.rmtree(self.state.clients)
        self.state.clients.mkdir(mode=0o700)
        for source in sorted(CLIENT_FILES.glob("*.toml")):
            text = source.read_text(encoding="utf-8")
            for tool in ("karte", "haushalt"):
                text = text.replace(f"http://localhost:{getattr(Ports(), tool)}", self.tool_url(tool))
            (self.state.clients / source.name).write_text(text, encoding="utf-8")
        return self.state.clients

    def _python(self, name: str, log: str, module: list[str], ready: Question, settings: Mapping[str, str] | None = None) -> ChildProcess:
        command = [sys.executable, "-m", *module]
        return ChildProcess(name, command, self.state.log(log), ready, settings or {})


def _pings(address: str) -> bool:
    try:
        with redis.Redis.from_url(address, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
