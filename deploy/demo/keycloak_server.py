"""One Keycloak process: checks that it can run, starts it, waits until it answers, stops it and leaves nothing behind."""

import os
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.demo.keycloak_build import DatabaseKind, KeycloakBuild, keycloak_environment, last_error, lay_out_instance
from deploy.demo.ports import is_free
from deploy.demo.process_group import end_group
from deploy.demo.setup_error import SetupError

NEEDED_MEMORY_BYTES = 1024**3
STOP_SECONDS = 20.0
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1"
"""Only the quick compiler: a Keycloak that lives for minutes starts with a quarter less processor time than with the thorough one."""
LOG_LEVEL = ",".join(
    (
        "INFO",
        "org.keycloak.storage.jpa.KeyUtils:ERROR",  # warns at every login of a transient user
        # Names IP addresses and upstream identifiers whenever a login fails; the broker's own audit says what failed.
        "org.keycloak.events:OFF",
        # Writes down the whole address of whoever cancels at an OpenID Connect account, and answers of token endpoints.
        "org.keycloak.broker.oidc.AbstractOAuth2IdentityProvider:OFF",
        "io.smallrye.health:WARN",  # one line per question before it is ready
    )
)


@dataclass(frozen=True, slots=True)
class Database:
    """Where Keycloak keeps its configuration: by default a file in the data folder; PostgreSQL needs all the fields."""

    kind: DatabaseKind = "dev-file"
    url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(slots=True)
class KeycloakServer:
    """A Keycloak on localhost, kept in `data_dir` alone.

    `admin_password` takes effect at the first start with a fresh `data_dir` or database; the caller keeps it for later starts.
    """

    home: Path
    java_home: Path
    data_dir: Path
    admin_password: str = field(repr=False)
    port: int = 8080
    management_port: int = 9000
    admin_user: str = "admin"
    database: Database = Database()
    broker_return: str = ""  # where error pages lead home when Keycloak no longer knows which client asked
    heap: str = "-Xms64m -Xmx384m"
    say: Callable[[str], None] = print
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False, repr=False)

    @property
    def base_url(self) -> str:
        """The one name of this server, for browsers and for the broker alike."""
        return f"http://localhost:{self.port}"

    @property
    def process_group(self) -> int | None:
        """The group that holds the running process and all its children."""
        return self._process.pid if self._process else None

    @property
    def log_file(self) -> Path:
        """What this start of Keycloak has said so far."""
        return self.data_dir / "keycloak.log"

    def prepare(self) -> None:
        """Builds Keycloak if need be and lays out this instance; needs no network. Raises SetupError."""
        build = KeycloakBuild(self.home, self.java_home, self.database.kind)
        lay_out_instance(build.ensure(self.say), self.data_dir)

    def start(self) -> None:
        """Starts the process of a prepared instance and returns at once. Raises SetupError."""
        for port in (self.port, self.management_port):
            check_port(port)
        check_memory()
        descriptor = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as log:
            self._process = subprocess.Popen(
                [str(self.data_dir / "bin" / "kc.sh"), *self._arguments()],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the launcher alone, which then stops us in order
            )

    def _arguments(self) -> list[str]:
        return [
            "start",
            "--optimized",
            "--cache=local",  # otherwise cluster ports open on all interfaces
            "--http-enabled=true",
            "--http-host=127.0.0.1",
            f"--http-port={self.port}",
            f"--hostname={self.base_url}",
            "--http-management-host=127.0.0.1",
            f"--http-management-port={self.management_port}",
            f"--log-level={LOG_LEVEL}",
            *([f"--db-url={self.database.url}", "--db-pool-max-size=10"] if self.database.url else []),
        ]

    def _environment(self) -> dict[str, str]:
        # Secrets travel in the environment: command lines are readable for everyone on the machine.
        settings = {
            "JAVA_OPTS_KC_HEAP": self.heap,
            "JAVA_OPTS_APPEND": JAVA_OPTIONS,
            "KC_BOOTSTRAP_ADMIN_USERNAME": self.admin_user,
            "KC_BOOTSTRAP_ADMIN_PASSWORD": self.admin_password,
            "KC_DB_USERNAME": self.database.username,
            "KC_DB_PASSWORD": self.database.password,
            "BROKER_UPSTREAM_RETURN": self.broker_return,
        }
        return keycloak_environment(self.java_home) | {name: value for name, value in settings.items() if value}

    def wait_ready(self, seconds: float = 300) -> None:
        """Returns when Keycloak answers requests; raises SetupError when it stops or is not ready in time."""
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if not self.is_running():
                raise SetupError(f"Keycloak stopped while starting: {self._last_error()} The whole log is {self.log_file}.")
            if time.monotonic() > deadline:
                raise SetupError(f"Keycloak was not ready after {seconds:.0f} s: see {self.log_file}.")
            time.sleep(0.25)

    def is_running(self) -> bool:
        """Whether the process started by this object lives."""
        return self._process is not None and self._process.poll() is None

    def is_ready(self) -> bool:
        """Whether our own process says that it takes requests."""
        if not self.is_running():
            return False
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.management_port}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:  # URLError and timeouts are OSErrors
            return False

    def stop(self) -> None:
        """Ends the process and all its children; does nothing if it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        end_group(process, STOP_SECONDS)

    def _last_error(self) -> str:
        try:
            return last_error(self.log_file.read_text(errors="replace"))
        except OSError:
            return "it left no log."


def check_port(port: int) -> None:
    """Raises SetupError when something listens on this port of localhost."""
    if not is_free(port):
        raise SetupError(f"Port {port} is in use: stop the program that listens there, or choose another port.")


def check_memory(meminfo: Path = Path("/proc/meminfo"), needed: int = NEEDED_MEMORY_BYTES) -> None:
    """Raises SetupError when less memory is free than Keycloak needs; says nothing where the system does not tell."""
    try:
        rows = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        available = int(rows["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return
    if available < needed:
        mib = 1024**2
        raise SetupError(f"Keycloak needs {needed // mib} MiB of free memory, but {available // mib} MiB are free: close other programs.")
