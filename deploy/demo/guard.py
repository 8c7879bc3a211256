"""Ends the demo's processes when the launcher could not do it itself, because it was killed.

Started by the launcher with a pipe as standard input: `+<process group>` and `-<process group>` lines say what runs.
When the pipe closes, which happens however the launcher ends, every group still on the list is ended. Uses the standard
library only.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

GRACE_SECONDS = 10.0


class Guard:
    """The launcher's end of the pipe."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C in the terminal must not end the guard first
            text=True,
            bufsize=1,
        )

    def watch(self, group: int) -> None:
        """From now on this process group does not outlive the launcher."""
        self._tell(f"+{group}")

    def forget(self, group: int) -> None:
        """The group has ended; its number may belong to somebody else soon."""
        self._tell(f"-{group}")

    def dismiss(self) -> None:
        """Ends the guard, and with it whatever is still on its list."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # somebody killed the guard: the launcher still stops its own processes
            self._process.stdin.write(f"{line}\n")


def remaining_groups(lines: Iterable[str]) -> set[int]:
    """Reads until the pipe closes; returns the groups that were not taken off the list."""
    groups: set[int] = set()
    for line in lines:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    return groups


def end(groups: set[int], grace_seconds: float = GRACE_SECONDS) -> None:
    """Asks the groups to stop, then makes them."""
    _signal(groups, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while groups and time.monotonic() < deadline:
        time.sleep(0.1)
        groups = {group for group in groups if _exists(group)}
    _signal(groups, signal.SIGKILL)


def _signal(groups: set[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    end(remaining_groups(sys.stdin))
