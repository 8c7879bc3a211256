"""`broker worker` as a process: stopped in good order, started before its stores, short of files or memory (F-29, F-30, F-35)."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker.config import ROOT
from broker.core.delivery import DeliveryState
from broker.flows.dispatching import AT_ONCE_PER_TOOL, THREADS
from broker.store.sql import Database
from tests.support import records
from tests.support.app import SECRET, Broker, start
from tests.support.clock import RealTime
from tests.support.servers import PostgresqlServer, RedisServer, until
from tests.support.services import empty
from tests.support.serving import serving
from tests.support.told import Told

Worker = subprocess.Popen[bytes]


@dataclass
class Town:
    """A broker whose workers are processes, and tools that count."""

    broker: Broker
    told: Told
    port: int
    environment: dict[str, str]
    ended: int = 0

    def end_sessions(self, many: int, tools: int = 1) -> None:
        """So many sessions end at each of so many tools."""
        stores, now = self.broker.parts.stores, self.broker.clock()
        citizen = records.subject(now)
        stores.subjects.add(citizen, records.link(citizen, now))
        names = [f"tool-{number}" for number in range(tools)]
        for name in names:
            if not stores.clients.find(name):
                self.broker.tool(name, backchannel_logout_uri=f"http://localhost:{self.port}/{name}")
        for number in range(self.ended, self.ended + many):
            for name in names:
                assert stores.grants.add(records.grant(citizen.id, now, name, f"session-{number}"))
            stores.outbox.end_session(f"session-{number}", f"logout-{number}")
        self.ended += many

    @contextmanager
    def worker(self, prepare: Callable[[], None] | None = None) -> Iterator[Worker]:
        """A worker for a block; killed after it, should it still be there."""
        command = [sys.executable, "-m", "broker", "worker"]
        silent = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment, preexec_fn=prepare, stdout=silent, stderr=silent)
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)

    def states(self) -> Counter[DeliveryState]:
        return Counter(one.state for one in self.broker.parts.stores.delivery_log.newest(1_000))

    def until_all_arrived(self, many: int) -> None:
        until(lambda: self.states() == {DeliveryState.DELIVERED: many}, 40, "everybody to be told")


@pytest.fixture
def town(own_postgresql_server: PostgresqlServer, own_redis_server: RedisServer) -> Iterator[Town]:
    database = Database(own_postgresql_server.url)
    empty(database)
    database.dispose()
    broker = start(own_postgresql_server.url, own_redis_server.url, RealTime())
    settings = {
        "BROKER_ISSUER": broker.issuer,
        "BROKER_SECRET": SECRET,
        "BROKER_DATABASE_URL": own_postgresql_server.url,
        "BROKER_REDIS_URL": own_redis_server.url,
        "BROKER_HUB_ISSUER": "http://localhost:9/realms/citizens",
        "BROKER_HUB_CLIENT_SECRET": "hub-client-secret",
        "BROKER_WORKER_METRICS_PORT": "0",
    }
    told = Told()
    with serving(told) as port:
        yield Town(broker, told, port, {**os.environ, **settings})
        told.hold.set()
    broker.parts.stores.close()


def test_f30_sigterm_lets_what_is_on_its_way_arrive_and_leaves_the_rest_to_the_next(town: Town) -> None:
    town.end_sessions(12)
    town.told.hold.clear()
    with town.worker() as first:
        town.told.until_waiting(AT_ONCE_PER_TOOL)
        first.send_signal(signal.SIGTERM)
        town.told.hold.set()
        assert first.wait(30) == 0
    assert town.states() == {DeliveryState.DELIVERED: AT_ONCE_PER_TOOL, DeliveryState.PENDING: 12 - AT_ONCE_PER_TOOL}
    assert {one.leased_until for one in town.broker.parts.stores.delivery_log.newest(100)} == {None}, "the next may begin at once"

    with town.worker():
        town.until_all_arrived(12)
    assert town.told.told_once


def test_f29_a_worker_that_is_there_before_its_stores_waits_for_them(
    town: Town, own_postgresql_server: PostgresqlServer, own_redis_server: RedisServer
) -> None:
    town.end_sessions(3)
    own_postgresql_server.kill()
    own_redis_server.kill()
    with town.worker() as worker:
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(3)  # it does not give up
        own_postgresql_server.start()
        own_redis_server.start()
        town.until_all_arrived(3)
    assert town.told.told_once


def test_f35_a_worker_short_of_file_descriptors_tries_again_and_goes_on(town: Town) -> None:
    town.end_sessions(4, tools=10)
    town.told.hold.clear()

    with town.worker(_few_files) as worker:
        until(lambda: _troubled(town), 30, "a delivery to fail for want of a socket")
        town.told.hold.set()
        town.until_all_arrived(40)
        assert worker.poll() is None
    assert town.told.told_once


def test_f35_a_worker_without_memory_for_more_threads_delivers_with_those_it_has(town: Town) -> None:
    with town.worker() as worker:
        town.end_sessions(1, tools=10)
        town.until_all_arrived(10)
        little = _status(worker, "VmSize") * 1024 + _ROOM
        resource.prlimit(worker.pid, resource.RLIMIT_AS, (little, resource.RLIM_INFINITY))
        town.told.hold.clear()
        town.end_sessions(4, tools=10)
        town.told.until_waiting(4)

        town.told.hold.set()
        town.until_all_arrived(50)
        assert worker.poll() is None
        assert _status(worker, "Threads") < THREADS, "it did meet the limit"
    assert town.told.told_once


_ROOM = 20 * 1024 * 1024
"""For two threads more, where each takes 8 MiB of the addresses that a process may have."""


def _status(process: Worker, what: str) -> int:
    """A figure that the kernel tells about a process."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{what}:")).split()[1])


def _few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def _troubled(town: Town) -> bool:
    return any(one.outcome == "connection" for one in town.broker.parts.stores.delivery_log.newest(1_000, troubled=True))
