"""Dispatching logouts: takes what is due from the outbox, lets several be on their way at once, and notes what came of each.

Fair to tools: each has few deliveries on the way at a time, so a slow one keeps nobody waiting. Fair to a tool that is away: after two
failures in a row it is asked by a single delivery at a time with growing pauses, and by all again after the first that arrives.
Any number of workers may do this, on any number of hosts; what one of them had taken when it died is due again when its lease is over.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic

import structlog

from broker.core.delivery import Delivery, DeliveryState
from broker.core.errors import BrokerError
from broker.store.outbox import Outbox

LEASE_SECONDS, LONGEST_ATTEMPT = 20.0, 6.0
THREADS, AT_ONCE_PER_TOOL, TAKEN_PER_TOOL = 32, 4, 32
LOOK_SECONDS = 0.25
_GATHER_SECONDS = 0.02
_LONGEST_PAUSE = 20.0
_OUTAGE_PAUSE = 1.0

_log = structlog.get_logger("broker.worker")

Attempt = Callable[[Delivery], Delivery]
"""`Delivering.attempt`."""


@dataclass(slots=True)
class _Tool:
    """What this worker has to do with one tool at the moment."""

    waiting: deque[tuple[Delivery, float]] = field(default_factory=deque)
    """Each with the time (monotonic) until which it may be begun: what would outlast its lease is left to whoever takes it next."""
    on_the_way: int = 0
    failures: int = 0
    not_before: float = 0.0

    @property
    def is_away(self) -> bool:
        return self.failures >= 2

    @property
    def room(self) -> int:
        """How many more deliveries to take for it."""
        held = len(self.waiting) + self.on_the_way
        return max(0, (1 if self.is_away else TAKEN_PER_TOOL) - held) if monotonic() >= self.not_before else 0

    def note(self, result: Delivery) -> bool:
        """Learn from an answer whether the tool is away; whether it has just come back."""
        self.on_the_way, was_away = self.on_the_way - 1, self.is_away
        self.failures = self.failures + 1 if result.state is DeliveryState.PENDING else 0
        if self.is_away:
            pause = min(2.0 ** min(self.failures - 2, 8), _LONGEST_PAUSE)
            self.not_before = monotonic() + pause * random.uniform(0.8, 1.2)  # noqa: S311  # no secret: it only spreads the load
        return was_away and not self.is_away


class Dispatching:
    """One worker's dispatch. `counted` is told of every attempt, for the metrics."""

    def __init__(self, outbox: Outbox, attempt: Attempt, counted: Callable[[Delivery], None] = lambda _: None) -> None:
        self._outbox, self._attempt, self._counted = outbox, attempt, counted
        self._tools: dict[str, _Tool] = {}
        self._results: SimpleQueue[Delivery] = SimpleQueue()
        self._unsettled: list[Delivery] = []
        self._back: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set; then hand back what has not begun and wait for what is on its way. An outage is waited out."""
        with _pool() as pool:
            while not stop.is_set():
                try:
                    taken = self._take()
                    self._start(pool)
                    self._gather(0 if taken else LOOK_SECONDS, stop)
                except BrokerError as error:
                    _log.warning("logouts are not delivered", error=error.code, detail=error.detail)
                    stop.wait(_OUTAGE_PAUSE)
        self._finish()

    def run_once(self) -> int:
        """Deliver what is due now, once each; how many were tried. Raises StoreUnavailable."""
        tried = 0
        with _pool() as pool:
            while self._take():
                while any(tool.waiting or tool.on_the_way for tool in self._tools.values()):
                    self._start(pool)
                    tried += self._gather(LOOK_SECONDS)
        return tried

    def _take(self) -> int:
        """Lease what this worker has room for; how many."""
        taken = 0
        for client_id in self._outbox.due_tools():
            tool = self._tools.setdefault(client_id, _Tool())
            if tool.room:
                begin_until = monotonic() + LEASE_SECONDS - LONGEST_ATTEMPT
                found = self._outbox.take_due(client_id, tool.room, LEASE_SECONDS)
                tool.waiting.extend((delivery, begin_until) for delivery in found)
                taken += len(found)
        return taken

    def _start(self, pool: Executor) -> None:
        for tool in self._tools.values():
            while tool.waiting and tool.on_the_way < (1 if tool.is_away else AT_ONCE_PER_TOOL):
                delivery, begin_until = tool.waiting.popleft()
                if monotonic() > begin_until:
                    self._unsettled.append(delivery)
                else:
                    tool.on_the_way += 1
                    with suppress(RuntimeError):  # no memory for one more thread: what is in the pool's queue by then waits for the others
                        pool.submit(self._deliver, delivery)

    def _deliver(self, delivery: Delivery) -> None:
        """In a thread of the pool. Whatever happens, there is a result; a delivery that could not be tried keeps its time."""
        result = delivery
        try:
            result = self._attempt(delivery)
        except BrokerError as error:
            _log.warning("a logout could not be tried", error=error.code, detail=error.detail)
        finally:
            self._results.put(result)

    def _gather(self, patience: float, stop: threading.Event | None = None) -> int:
        """Note results: of those that come in a moment after the first, all in one transaction. How many."""
        results = list(self._next_results(patience, stop))
        for result in results:
            tool = self._tools[result.client_id]
            if tool.note(result):
                self._back.add(result.client_id)
            if tool.is_away:
                self._hand_back(tool)
            self._counted(result)
        self._unsettled.extend(results)
        self._outbox.settle(self._unsettled)
        self._unsettled.clear()
        for client_id in tuple(self._back):
            self._outbox.wake(client_id)
            self._back.discard(client_id)
        self._forget_idle()
        return len(results)

    def _next_results(self, patience: float, stop: threading.Event | None) -> Iterator[Delivery]:
        on_the_way = any(tool.on_the_way for tool in self._tools.values())
        if not on_the_way:
            if stop is not None and patience:
                stop.wait(patience)
            return
        deadline = monotonic() + max(patience, _GATHER_SECONDS)
        while (left := deadline - monotonic()) > 0:
            try:
                yield self._results.get(timeout=left)
            except Empty:
                return
            deadline = min(deadline, monotonic() + _GATHER_SECONDS)

    def _finish(self) -> None:
        """The pool is empty: note what came, hand back what never began. If the store is away, the leases run out by themselves."""
        for tool in self._tools.values():
            self._hand_back(tool)
        while not self._results.empty():
            result = self._results.get()
            self._counted(result)
            self._unsettled.append(result)
        try:
            self._outbox.settle(self._unsettled)
        except BrokerError as error:
            _log.warning("results of logouts could not be noted", error=error.code, detail=error.detail)

    def _hand_back(self, tool: _Tool) -> None:
        """What has not begun ends its lease as it was."""
        self._unsettled.extend(delivery for delivery, _ in tool.waiting)
        tool.waiting.clear()

    def _forget_idle(self) -> None:
        """Keep no record of tools that have nothing to do and are not away."""
        idle = [name for name, tool in self._tools.items() if not (tool.waiting or tool.on_the_way or tool.failures)]
        for name in idle:
            del self._tools[name]


@contextmanager
def _pool() -> Iterator[Executor]:
    """Threads for deliveries: one at once, so that what is handed in is always done, the others as they are needed and found (F-35)."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="logout") as pool:
        pool.submit(int)
        yield pool
