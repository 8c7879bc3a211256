"""Starts the whole demo, tells where to look, and stops it again."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.demo.hub.choices import OFFERED
from deploy.demo.persons import load_persons
from deploy.demo.processes import Part, Supervisor, last_line, plain_environment
from deploy.demo.setup_error import SetupError
from deploy.demo.stack import TOP, Stack
from deploy.demo.voucher import command_for, lines_about

# Generous: a machine that is busy with other things is slow, not broken, and progress is told all the while.
STEP_SECONDS = 300
READY_SECONDS = 600


@dataclass(slots=True)
class Demo:
    """One running stack. Whoever starts it must stop it, also after a failed start."""

    stack: Stack
    say: Callable[[str], None] = print
    _supervisor: Supervisor = field(init=False)
    _began: float = field(default_factory=time.monotonic, init=False)

    def __post_init__(self) -> None:
        self._supervisor = Supervisor(self.say)

    def start(self) -> None:
        """Returns when every part is ready. Raises SetupError with a sentence that says what to do."""
        self.stack.state.open()
        self.stack.ports.check_free(*self.stack.used_ports())
        self._clear_metrics()
        hub = self._start_hub()
        early = self._start_early_parts()
        self._prepare_broker()
        late = self._start_late_parts()
        self._supervisor.wait_ready(hub, *early, seconds=READY_SECONDS)
        self._apply_realm()
        self._supervisor.wait_ready(*late, seconds=READY_SECONDS)
        self.say(f"Ready after {time.monotonic() - self._began:.0f} s.")

    def _start_hub(self) -> Part:
        simulated = self.stack.hub_kind == "simulated"
        hub: Part = self.stack.simulated_hub() if simulated else self.stack.keycloak(self.say)
        names = "a simulated hub" if simulated else "Keycloak, simulated citizen IDs"
        self.say(f"Starting {names}, the broker and two demo tools.")
        return self._started(hub)

    def _start_early_parts(self) -> list[Part]:
        parts: list[Part] = [] if self.stack.redis_url else [self.stack.redis()]
        if self.stack.hub_kind == "keycloak":
            parts += [*self.stack.citizen_ids(), self.stack.mailbox()]
        return [self._started(part) for part in parts]

    def _start_late_parts(self) -> list[Part]:
        parts = [self.stack.broker(), self.stack.worker(), self.stack.tool("karte"), self.stack.tool("haushalt")]
        return [self._started(part) for part in parts]

    def _started(self, part: Part) -> Part:
        self._supervisor.start(part)
        return part

    def _prepare_broker(self) -> None:
        """Schema, signing keys, the demo tools' registration, a voucher."""
        register = ["clients", "apply", "--folder", str(self.stack.write_client_files())]
        self._run("the broker's database", "prepare", ["migrate"], ["keys", "rotate", "--if-missing"], register, command_for(self._sheet))

    def _apply_realm(self) -> None:
        """Brings Keycloak to the state of `realm-config/`; a simulated hub needs none, the broker needs its citizen IDs."""
        simulated = ["--environment", "simulated-hub", "--only-broker"]
        self._run(
            "the realm", "realm", ["realm", "apply", *(simulated if self.stack.hub_kind == "simulated" else ["--environment", "local"])]
        )

    def _run(self, what: str, log_name: str, *commands: list[str]) -> None:
        """Runs broker commands to their end; their output goes to a log of its own."""
        log = self.stack.state.log(log_name)
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
            try:
                status = subprocess.run(
                    [sys.executable, "-m", "deploy.demo.broker_commands", *map(shlex.join, commands)],
                    env=plain_environment() | self.stack.setup_settings(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=STEP_SECONDS,
                    cwd=TOP,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                raise SetupError(f"Preparing {what} took over {STEP_SECONDS} s: its log is {log}.") from None
        if status:
            raise SetupError(f"Preparing {what} failed ({last_line(log)}): its log is {log}.")

    @property
    def _sheet(self) -> Path:
        return self.stack.state.folder / "voucher.html"

    def _clear_metrics(self) -> None:
        shutil.rmtree(self.stack.state.metrics, ignore_errors=True)
        self.stack.state.metrics.mkdir(mode=0o700)

    def watch(self) -> None:
        """Returns never; raises SetupError when a part stops by itself."""
        self._supervisor.watch()

    def stop(self) -> None:
        """Ends every part and leaves nothing running."""
        self._supervisor.stop()
        self.stack.state.close()

    def describe(self) -> str:
        """The addresses to open and the test citizens."""
        return "\n".join(["", *self._addresses(), "", *_citizens(), "", *lines_about(self._sheet), "", "Stop everything with Ctrl-C."])

    def _addresses(self) -> list[str]:
        stack = self.stack
        rows = [
            ("Mitmachkarte", stack.tool_url("karte"), "demo tool one: start here"),
            ("Bürgerhaushalt", stack.tool_url("haushalt"), "demo tool two"),
            ("Broker", stack.broker_url, "discovery at /.well-known/openid-configuration"),
        ]
        if stack.hub_kind == "keycloak":
            rows.append(("BundID (simulated)", stack.bundid_url, ""))
            rows.append(("BayernID (simulated)", stack.bayernid_url, ""))
            rows.append(("Servicekonto SH", stack.sh_url, "simulated; sign out there, too"))
            rows.append(("Mailbox", stack.mailbox_url, "all mail of the demo: links of the account without a citizen ID"))
            rows.append(("Unternehmenskonto", stack.muk_url, "simulated; for organisations"))
            rows.append(("OpenID Connect", stack.oidc_url, "a simulated citizen account"))
            rows.append(("Keycloak console", f"{stack.hub_url}/admin", f"admin, password in {stack.state.folder}/secrets.json"))
        else:
            rows.append(("Simulated hub", stack.hub_url, "in place of Keycloak and BundID"))
        rows.append(("Logs", str(stack.state.logs), ""))
        return [f"  {name:<20}{address:<29}{note}".rstrip() for name, address, note in rows]


def _citizens() -> list[str]:
    rows = ["  Test citizens, all invented, to choose from at BundID (no PIN, no password):"]
    for person in load_persons():
        means = sorted({means for account in person.accounts_at("bundid") for means in account.means if means in OFFERED})
        rows += [f"    {person.summary} [{', '.join(means)}]"] if means else []
    return rows
