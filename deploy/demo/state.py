"""What the demo keeps between two starts: its folder, the secrets made for it, its logs and databases."""

import fcntl
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path

from deploy.demo.setup_error import SetupError


def default_folder() -> Path:
    """Where the demo keeps its data, by the XDG rules."""
    parent = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return parent / "participation-broker" / "demo"


@dataclass(slots=True)
class DemoState:
    """A folder that only its owner may enter."""

    folder: Path
    _lock: TextIOWrapper | None = field(default=None, init=False, repr=False)

    def open(self) -> None:
        """Makes the folder and takes it for this launcher. Raises SetupError if it cannot be made or is taken."""
        try:
            for folder in (self.folder, self.logs, self.clients, self.metrics):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = (self.folder / "launcher.lock").open("a+")
        except OSError as refused:
            raise SetupError(
                f"The demo's folder {self.folder} cannot be made ({refused.strerror}): set XDG_STATE_HOME to a folder of yours."
            ) from refused
        self._take()

    def _take(self) -> None:
        assert self._lock is not None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            owner = self._lock.read().strip() or "unknown"
            self.close()
            raise SetupError(f"The demo is already running (process {owner}): stop it there with Ctrl-C first.") from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def close(self) -> None:
        """Gives the folder free for the next launcher."""
        if self._lock:
            self._lock.close()
            self._lock = None

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def clients(self) -> Path:
        return self.folder / "clients"

    @property
    def metrics(self) -> Path:
        """Where the broker's processes share their counters."""
        return self.folder / "metrics"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder / 'broker.sqlite'}"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def secret(self, name: str) -> str:
        """A random secret of that name, made at the first call and the same ever after."""
        file = self.folder / "secrets.json"
        known: dict[str, str] = {}
        with suppress(FileNotFoundError):
            known = json.loads(file.read_text())
        if name not in known:
            known[name] = secrets.token_urlsafe(32)
            _write_privately(file, json.dumps(known, indent=1))
        return known[name]


def _write_privately(file: Path, text: str) -> None:
    part = file.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as content:
        content.write(text)
    os.replace(part, file)
