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
    """Something to do every so many seconds. It raises BrokerError when it could not; then it is tried again at its next time.

    Without a period it is done by the standing duty all the time, and here only for `run_once`.
    """

    name: str
    every_seconds: float | None
    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Worker:
    """Runs its tasks one after another in one thread, and the standing duty beside them in another."""

    standing: Callable[[threading.Event], None]
    """Works until the event is set, then ends in good order."""
    tasks: tuple[Task, ...]
    close: Callable[[], None]
    """Drops the connections, when nothing is to be run any more."""

    def run_once(self) -> None:
        """Do each task once. Raises the first BrokerError, so that a command can tell."""
        for task in self.tasks:
            task.do()

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set; an outage is written down and waited out, never the end (F-05)."""
        standing = threading.Thread(target=self.standing, args=(stop,), name="standing duty")
        standing.start()
        try:
            self._run_tasks(stop, standing)
        finally:
            stop.set()
            standing.join()

    def _run_tasks(self, stop: threading.Event, standing: threading.Thread) -> None:
        periods = {task: task.every_seconds for task in self.tasks if task.every_seconds is not None}
        due = dict.fromkeys(periods, 0.0)
        while not stop.is_set():
            if not standing.is_alive():
                raise RuntimeError("the standing duty has ended by itself")  # whoever supervises this process starts it again
            for task, seconds in periods.items():
                if not stop.is_set() and monotonic() >= due[task]:
                    _try(task)
                    due[task] = monotonic() + seconds
            stop.wait(min(_LONGEST_PAUSE, *(max(0.05, at - monotonic()) for at in due.values())))


def _try(task: Task) -> None:
    try:
        task.do()
    except BrokerError as error:
        _log.warning("task failed", task=task.name, error=error.code, detail=error.detail)
