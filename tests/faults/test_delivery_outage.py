"""The database goes away while logouts are on their way: none is lost, and no tool is told twice (F-19 to F-26, LO-06)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import pytest

from broker.core.delivery import Delivery, DeliveryState
from broker.core.errors import StoreUnavailable
from broker.flows.delivering import Delivering
from broker.flows.dispatching import AT_ONCE_PER_TOOL, Dispatching
from broker.flows.posting import Posting
from broker.store.outbox import Outbox
from broker.store.sql import Database
from tests.faults.conftest import recovers
from tests.faults.outages import SqlTrouble, frozen, killed, locked, read_only
from tests.support import records
from tests.support.app import Broker, start
from tests.support.clock import Clock, RealTime, Skewed
from tests.support.outbox import outbox_of
from tests.support.servers import PostgresqlServer, until
from tests.support.services import empty
from tests.support.serving import serving
from tests.support.told import Told

SESSIONS = 6
TOOLS = ("karte", "haushalt")


class WatchedOutbox(Outbox):
    """The outbox, and how often it could not say what is due, or note what came of deliveries."""

    refusals = 0

    def due_tools(self) -> Sequence[str]:
        """As it does."""
        try:
            return super().due_tools()
        except StoreUnavailable:
            self.refusals += 1
            raise

    def settle(self, tried: Sequence[Delivery]) -> None:
        """As it does."""
        try:
            super().settle(tried)
        except StoreUnavailable:
            self.refusals += 1
            raise


@dataclass
class Town:
    """A broker on a PostgreSQL of its own, tools that count, and sessions that have ended at them."""

    broker: Broker
    outbox: WatchedOutbox
    told: Told

    def dispatching(self, outbox: Outbox | None = None, clock: Clock | None = None) -> Dispatching:
        """A worker's dispatch."""
        stores, outbox, clock = self.broker.parts.stores, outbox or self.outbox, clock or self.broker.clock
        post = Posting().post
        delivering = Delivering(stores.clients, stores.signing_keys, self.broker.parts.keys.sign, post, self.broker.issuer, clock)
        return Dispatching(outbox, delivering.attempt)

    def end_sessions(self) -> None:
        """Every citizen signs out."""
        subjects, grants, now = self.broker.parts.stores.subjects, self.broker.parts.stores.grants, self.broker.clock()
        citizen = records.subject(now)
        subjects.add(citizen, records.link(citizen, now))
        for number in range(SESSIONS):
            for tool in TOOLS:
                assert grants.add(records.grant(citizen.id, now, tool, f"session-{number}"))
            self.outbox.end_session(f"session-{number}", f"logout-{number}")

    @contextmanager
    def at_work(self, *workers: Dispatching) -> Iterator[None]:
        """These workers for a block; after it they have ended, whatever happened."""
        stop = threading.Event()
        threads = [threading.Thread(target=worker.run, args=(stop,)) for worker in workers]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.told.hold.set()
            stop.set()
            for thread in threads:
                thread.join(30)
        assert not any(thread.is_alive() for thread in threads)

    def until_all_told(self) -> None:
        """All have arrived."""
        until(lambda: {one.state for one in self.seen()} == {DeliveryState.DELIVERED}, 30, "everybody to be told")

    def seen(self) -> list[Delivery]:
        """How they all stand, as far as the database can say it just now."""
        try:
            return self.deliveries()
        except StoreUnavailable:
            return []

    def deliveries(self) -> list[Delivery]:
        """How they all stand."""
        return list(self.broker.parts.stores.delivery_log.newest(100))


@pytest.fixture
def town(own_postgresql_server: PostgresqlServer) -> Iterator[Town]:
    database = Database(own_postgresql_server.url)
    empty(database)
    database.dispose()
    broker = start(own_postgresql_server.url, "fake://", RealTime())
    told = Told()
    with serving(told) as port:
        for tool in TOOLS:
            broker.tool(tool, backchannel_logout_uri=f"http://localhost:{port}/{tool}")
        made = Town(broker, outbox_of(broker.parts.stores.database, broker.clock, WatchedOutbox), told)
        made.end_sessions()
        yield made
    broker.parts.stores.close()


@pytest.mark.parametrize(
    "trouble", [killed, frozen, locked("deliveries"), read_only], ids=["f19_killed", "f21_frozen", "f22_locked", "f26_read_only"]
)
def test_results_outlast_it_and_nobody_is_told_twice(town: Town, own_postgresql_server: PostgresqlServer, trouble: SqlTrouble) -> None:
    town.told.hold.clear()
    with town.at_work(town.dispatching()):
        town.told.until_waiting(len(TOOLS) * AT_ONCE_PER_TOOL)
        with trouble(own_postgresql_server):
            town.told.hold.set()
            town.told.until_told(len(TOOLS) * AT_ONCE_PER_TOOL)  # so that there are results that cannot be noted
            until(lambda: town.outbox.refusals > 0, 20, "the worker to notice")
        recovers(town.broker.parts.stores.database.ping)
        town.told.until_told(len(TOOLS) * SESSIONS)
        town.until_all_told()

    assert town.told.told_once
    assert {(one.attempts, one.outcome, one.leased_until) for one in town.deliveries()} == {(1, "200", None)}


def test_f23_connections_that_were_cut_are_replaced_and_nobody_is_told_twice(town: Town, own_postgresql_server: PostgresqlServer) -> None:
    town.told.hold.clear()
    with town.at_work(town.dispatching()):
        town.told.until_waiting(len(TOOLS) * AT_ONCE_PER_TOOL)
        with psycopg.connect(own_postgresql_server.url, autocommit=True) as administrator:
            administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        town.told.hold.set()
        town.until_all_told()

    assert town.told.told_once


@pytest.mark.parametrize("wrong", [{"seconds": 90}, {"minutes": -10}], ids=["f32_ahead", "f32_behind"])
def test_f32_a_worker_with_a_wrong_clock_loses_nothing_and_settles_nothing_twice(town: Town, wrong: dict[str, float]) -> None:
    """What one worker has taken may look due to the other: a tool may be told again, with another token, and the first result stands."""
    clock = Skewed(**wrong)
    database = town.broker.parts.stores.database
    with town.at_work(town.dispatching(), town.dispatching(outbox_of(database, clock, WatchedOutbox), clock)):
        town.until_all_told()

    assert set(town.told.tokens.values()) == {1}, "never the same token again"
    assert {one.attempts for one in town.deliveries()} == {1}
    assert all(one.duration_ms >= 0 for one in town.deliveries())
    assert abs(database.seconds_ahead(clock()) - clock.wrong.total_seconds()) < 5, "and the broker sees how wrong it is"


def test_f32_a_clock_that_jumps_back_lets_nothing_wait_for_its_time(town: Town) -> None:
    """Failures were noted by a clock an hour ahead. When it is right again, the tool's first good answer wakes what waits for that hour."""
    clock = Skewed(hours=1)
    town.told.status = 500
    outbox = outbox_of(town.broker.parts.stores.database, clock, WatchedOutbox)
    with town.at_work(town.dispatching(outbox, clock)):
        until(lambda: sum(one.attempts for one in town.seen()) >= 2 * len(TOOLS) * 2, 20, "the tools to count as away")
        late = [one for one in town.seen() if one.next_attempt_at > town.broker.clock() + timedelta(minutes=50)]
        assert late

        town.told.status, clock.wrong = 200, timedelta(0)
        town.until_all_told()
