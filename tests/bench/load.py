"""The load generator: a process of its own, on a core of its own, that does operations as told and says how long each took."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection

from tests.bench.hub import BenchHub
from tests.bench.operations import Place, Seat
from tests.bench.wire import Reply
from tests.support.stub_hub import running_hub


@dataclass(frozen=True)
class Job:
    """So many of one operation on so many connections. Closed loop (each connection does one after the other), unless `per_second` is
    given: then arrivals come at random at that rate and do not wait for each other (open loop)."""

    operation: str
    times: int
    connections: int
    per_second: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """How long each operation took, in seconds; in an open loop from its arrival on."""

    durations: Sequence[float]


class LoadGenerator:
    """The handle on the process. `hub_issuer` is where the stub hub that lives in it listens."""

    def __init__(self, cores: Sequence[int]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, list(cores)), daemon=True)
        self._process.start()
        theirs.close()  # so that its end is noticed here
        self.hub_issuer: str = self._pipe.recv()

    def settle(self, place: Place, connections: int) -> None:
        """Sign one citizen in per connection."""
        self._ask((place, connections))

    def run(self, job: Job) -> Outcome:
        """Do a job. Raises RuntimeError with the trace if any answer was wrong."""
        outcome = self._ask(job)
        assert isinstance(outcome, Outcome)
        return outcome

    def storm(self, rounds: int, at_once: int) -> list[list[int]]:
        """Redeem one code many times at once; the statuses of each round."""
        found = self._ask((rounds, at_once, "storm"))
        assert isinstance(found, list)
        return found

    def refresh_storm(self, rounds: int, at_once: int) -> list[Counter[str]]:
        """Exchange one refresh token many times at once, then its successor, and so on; what came of each round, as often as it did:
        the status of a refusal, the tokens of a success."""
        found = self._ask((rounds, at_once, "refresh storm"))
        assert isinstance(found, list)
        return found

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join(10)

    def _ask(self, order: object) -> object:
        self._pipe.send(order)
        answer = self._pipe.recv()
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return answer


class _Generator:
    def __init__(self, hub: BenchHub) -> None:
        self._hub = hub
        self._seats: list[Seat] = []

    def obey(self, order: object) -> object:
        match order:
            case Job():
                return self._open(order) if order.per_second else self._closed(order)
            case (int(rounds), int(at_once), "storm"):
                return self._storm(rounds, at_once)
            case (int(rounds), int(at_once), "refresh storm"):
                return self._refresh_storm(rounds, at_once)
            case (Place() as place, int(connections)):
                return self._settle(place, connections)
        raise TypeError(order)

    def _settle(self, place: Place, connections: int) -> bool:
        self._seats = [Seat(place, self._hub, f"citizen-{number}") for number in range(connections)]
        for seat in self._seats:
            seat.signs_in_through_the_hub()
        return True

    def _closed(self, job: Job) -> Outcome:
        seats = self._seats[: job.connections]
        share = -(-job.times // len(seats))

        def work(seat: Seat) -> list[float]:
            operation = seat.operations[job.operation]
            return [_timed(operation) for _ in range(share)]

        with ThreadPoolExecutor(len(seats)) as pool:
            return Outcome([took for durations in pool.map(work, seats) for took in durations])

    def _open(self, job: Job) -> Outcome:
        """Arrivals at random; whoever finds no free connection waits, and the wait counts."""
        free, lock, durations = list(self._seats[: job.connections]), threading.Condition(), []

        def visit(arrived: float) -> None:
            with lock:
                lock.wait_for(lambda: free)
                seat = free.pop()
            try:
                seat.operations[job.operation]()
            finally:
                with lock:
                    free.append(seat)
                    lock.notify()
            durations.append(time.perf_counter() - arrived)

        with ThreadPoolExecutor(128) as pool:
            visits = [pool.submit(visit, arrived) for arrived in _arrivals(job)]
        for one in visits:
            one.result()
        return Outcome(durations)

    def _storm(self, rounds: int, at_once: int) -> list[list[int]]:
        """One code per round, presented by many connections at the same moment."""
        owner = self._seats[0]
        others = [Seat(owner.place, owner.hub, owner.person) for _ in range(at_once)]
        with ThreadPoolExecutor(at_once) as pool:
            return [[reply.status for reply in _posted_at_once(pool, others, owner.obtains_code())] for _ in range(rounds)]

    def _refresh_storm(self, rounds: int, at_once: int) -> list[Counter[str]]:
        owner, found = self._seats[0], []
        seats = [Seat(owner.place, owner.hub, owner.person) for _ in range(at_once)]
        form = {"grant_type": "refresh_token", "refresh_token": owner.obtains_refresh_token()}
        with ThreadPoolExecutor(at_once) as pool:
            for _ in range(rounds):
                replies = _posted_at_once(pool, seats, form)
                brought = [json.loads(reply.body) for reply in replies if reply.status == 200]
                refusals = Counter(str(reply.status) for reply in replies if reply.status != 200)
                found.append(refusals + Counter(f"{one['access_token']} {one['refresh_token']}" for one in brought))
                form = {**form, "refresh_token": brought[0]["refresh_token"]}
        return found


def _posted_at_once(pool: ThreadPoolExecutor, seats: Sequence[Seat], form: dict[str, str]) -> list[Reply]:
    gate = threading.Barrier(len(seats))

    def post(seat: Seat) -> Reply:
        seat.tool.get("/.well-known/openid-configuration")  # the connection is open before the start
        gate.wait()
        return seat.tool.post("/token", form, seat.credentials())

    return list(pool.map(post, seats))


def _arrivals(job: Job) -> Iterator[float]:
    moment = time.perf_counter()
    for _ in range(job.times):
        moment += random.expovariate(job.per_second)
        time.sleep(max(0.0, moment - time.perf_counter()))
        yield moment


def _timed(operation: Callable[[], None]) -> float:
    began = time.perf_counter()
    operation()
    return time.perf_counter() - began


def _work(pipe: Connection, cores: list[int]) -> None:
    if cores:
        os.sched_setaffinity(0, cores)
    with running_hub(BenchHub()) as hub:
        assert isinstance(hub, BenchHub)
        generator = _Generator(hub)
        pipe.send(hub.issuer)
        while True:
            try:
                order = pipe.recv()
            except EOFError:
                return
            try:
                pipe.send(generator.obey(order))
            except Exception:  # noqa: BLE001  # whatever it was, the other process has to hear it
                pipe.send(traceback.format_exc())
