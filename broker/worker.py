"""The worker: does what is due, again and again. Any number may run, on any number of hosts; each task is safe with several."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import structlog

from broker.core.errors import BrokerError

_LONGEST_PAUSE = 1.0  # so that a signal to stop is heard soon

_log = structlog.get_logger("broker.worker")


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do every so many seconds. It raises BrokerError when it could not; then it is tried again at its next time."""

    name: str
    every_seconds: float
    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Worker:
    """Runs its tasks one after another in one thread."""

    tasks: tuple[Task, ...]
    close: Callable[[], None]
    """Drops the connections, when nothing is to be run any more."""

    def run_once(self) -> None:
        """Do each task once. Raises the first BrokerError, so that a command can tell."""
        for task in self.tasks:
            task.do()

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set; an outage is written down and waited out, never the end (F-05)."""
        due = {task.name: 0.0 for task in self.tasks}
        while not stop.is_set():
            for task in self.tasks:
                if not stop.is_set() and monotonic() >= due[task.name]:
                    _try(task)
                    due[task.name] = monotonic() + task.every_seconds
            stop.wait(min(_LONGEST_PAUSE, *(max(0.05, at - monotonic()) for at in due.values())))


def _try(task: Task) -> None:
    try:
        task.do()
    except BrokerError as error:
        _log.warning("task failed", task=task.name, error=error.code, detail=error.detail)
