"""Deadlines: something is done when its time has come, unless it was called off. One thread for all of them, for a thread each would cost
more than the call that it guards."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from time import monotonic


@dataclass(slots=True)
class Deadline:
    """One of them. `do` must be quick and must not raise."""

    do: Callable[[], None]
    off: bool = False

    def call_off(self) -> None:
        """It is not needed any more."""
        self.off = True


@dataclass(slots=True)
class Deadlines:
    """Starts its thread when first used, also in a process that was forked from one that had it."""

    _waiting: list[tuple[float, int, Deadline]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _numbers: count[int] = field(default_factory=count)
    _thread: threading.Thread | None = None

    def add(self, at: float, do: Callable[[], None]) -> Deadline:
        """Do this at that time (monotonic seconds)."""
        deadline = Deadline(do)
        with self._changed:
            heapq.heappush(self._waiting, (at, next(self._numbers), deadline))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif self._waiting[0][2] is deadline:
                self._changed.notify()
        return deadline

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting or self._waiting[0][0] > monotonic():
                    self._changed.wait(self._waiting[0][0] - monotonic() if self._waiting else None)
                _, _, deadline = heapq.heappop(self._waiting)
            if not deadline.off:
                deadline.do()
