"""Child processes of the demo: truly ready before they count, missed when they stop, all ended at the end."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import requests

from deploy.demo.guard import Guard
from deploy.demo.process_group import end_group
from deploy.demo.setup_error import SetupError

STOP_SECONDS = 15.0
LOOK_EVERY_SECONDS = 0.1
TELL_EVERY_SECONDS = 15.0


class Part(Protocol):
    """Something that runs as a process group of its own."""

    @property
    def name(self) -> str: ...
    @property
    def log_file(self) -> Path: ...
    @property
    def process_group(self) -> int | None: ...
    def start(self) -> None: ...
    def is_running(self) -> bool: ...
    def is_ready(self) -> bool: ...
    def stop(self) -> None: ...


@dataclass(slots=True)
class ChildProcess:
    """A command with its settings, its log and the question that tells whether it is ready."""

    name: str
    command: Sequence[str]
    log_file: Path
    ready: Callable[[], bool]
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False, repr=False)

    @property
    def process_group(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the process and returns at once; its output goes to a log that only its owner may read."""
        descriptor = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as log:
            self._process = subprocess.Popen(
                list(self.command),
                env=plain_environment() | dict(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the launcher alone, which then stops all parts in order
            )

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def is_ready(self) -> bool:
        return self.is_running() and self.ready()

    def stop(self) -> None:
        """Asks the process to end, waits, then ends whatever is left of its group."""
        process, self._process = self._process, None
        if process is None:
            return
        end_group(process, STOP_SECONDS)


@dataclass(slots=True)
class Supervisor:
    """Starts parts, waits for them, notices when one dies, and stops them in reverse order."""

    say: Callable[[str], None] = print
    _guard: Guard = field(default_factory=Guard, init=False, repr=False)
    _parts: list[Part] = field(default_factory=list, init=False)

    def start(self, part: Part) -> None:
        """Starts a part; from now on its death is noticed and it is ended with the others."""
        self._parts.append(part)
        part.start()
        if part.process_group is not None:
            self._guard.watch(part.process_group)

    def wait_ready(self, *parts: Part, seconds: float = 60) -> None:
        """Returns when all of them are ready, naming each as it comes. Raises SetupError if one dies or takes too long."""
        began = time.monotonic()
        told_at = began
        waiting = list(parts)
        while waiting:
            self.check()
            for part in [part for part in waiting if part.is_ready()]:
                waiting.remove(part)
                self.say(f"  ready: {part.name} ({time.monotonic() - began:.0f} s)")
            if waiting and time.monotonic() - began > seconds:
                slow = waiting[0]
                raise SetupError(f"{sentence(slow.name)} was not ready after {seconds:.0f} s: its log is {slow.log_file}.")
            if waiting and time.monotonic() - told_at > TELL_EVERY_SECONDS:
                told_at = time.monotonic()
                self.say(f"  waiting for {', '.join(part.name for part in waiting)} ({told_at - began:.0f} s)")
            time.sleep(LOOK_EVERY_SECONDS)

    def check(self) -> None:
        """Raises SetupError if a part has stopped by itself."""
        for part in self._parts:
            if not part.is_running():
                last = last_line(part.log_file)
                raise SetupError(f"{sentence(part.name)} stopped unexpectedly{f' ({last})' if last else ''}: its log is {part.log_file}.")

    def watch(self) -> None:
        """Returns never; raises SetupError when a part stops by itself."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """Ends all parts, the last started first, and leaves nothing running."""
        for part in reversed(self._parts):
            group = part.process_group
            part.stop()
            if group is not None:
                self._guard.forget(group)
        self._parts.clear()
        self._guard.dismiss()


def plain_environment() -> dict[str, str]:
    """The caller's environment without what would be read as a setting of one of our parts."""
    ours = ("BROKER_", "KC_", "KEYCLOAK_", "MAKE", "MFLAGS", "FLASK_", "GUNICORN_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {"PYTHONUNBUFFERED": "1"}


def answers(address: str) -> bool:
    """Whether a GET on this address says 200."""
    try:
        return requests.get(address, timeout=3).status_code == 200
    except requests.RequestException:
        return False


def last_line(log: Path) -> str:
    """The last line of a log, shortened; nothing if there is none."""
    try:
        lines = log.read_text(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


def sentence(name: str) -> str:
    """A name as the beginning of a sentence."""
    return name[:1].upper() + name[1:]
