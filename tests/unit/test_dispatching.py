"""Several logouts on the way at once: fair to tools, patient with those that are away, nothing lost when a worker ends (LO-06, F-36)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import monotonic, sleep

import pytest

from broker.core.delivery import Delivery, DeliveryState
from broker.core.errors import StoreUnavailable
from broker.flows import dispatching
from broker.flows.dispatching import AT_ONCE_PER_TOOL, Dispatching
from broker.store.clients import Clients
from broker.store.grants import Grants
from broker.store.outbox import Outbox
from broker.store.seal import Seal
from broker.store.sql import Database
from broker.store.subjects import Subjects
from tests.support import records
from tests.support.clock import Clock
from tests.support.outbox import outbox_of, told

MOST = 40
"""Sessions that a test ends at one tool, at most."""


@dataclass
class Tools:
    """Tools as far as a worker meets them: whoever is `away` answers nothing; `hold` stands in each attempt's way until it is let go."""

    clock: Clock
    away: set[str] = field(default_factory=set)
    hold: dict[str, threading.Event] = field(default_factory=dict)
    attempts: list[str] = field(default_factory=list)
    now: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def attempt(self, delivery: Delivery) -> Delivery:
        name = delivery.client_id
        with self.lock:
            self.attempts.append(name)
            self.now[name] += 1
            self.most[name] = max(self.most[name], self.now[name])
        if name in self.hold:
            assert self.hold[name].wait(20)
        with self.lock:
            self.now[name] -= 1
        tried = replace(delivery, attempts=delivery.attempts + 1)
        if name in self.away:
            return replace(tried, next_attempt_at=self.clock(), outcome="connection")
        return replace(tried, state=DeliveryState.DELIVERED, outcome="200")


@pytest.fixture
def outbox(quick_database: Database, clock: Clock) -> Outbox:
    return outbox_of(quick_database, clock)


@pytest.fixture
def tools(clock: Clock) -> Tools:
    return Tools(clock)


@pytest.fixture
def end_sessions(quick_database: Database, clock: Clock, outbox: Outbox) -> Callable[[str, int], None]:
    subject = Subjects(quick_database, Seal(bytes(32)), clock).add(
        records.subject(clock(), "erika"), records.link(records.subject(clock(), "erika"), clock())
    )

    def end(tool: str, many: int) -> None:
        Clients(quick_database, seconds=0).add(records.client(tool))
        for number in range(many):
            assert Grants(quick_database, clock).add(records.grant(subject.id, clock(), tool, f"{tool}-{number}"))
            outbox.end_session(f"{tool}-{number}", "logout")

    return end


@contextmanager
def working(dispatch: Dispatching) -> Iterator[None]:
    """A worker at work for as long as the block lasts; then it drains."""
    stop = threading.Event()
    thread = threading.Thread(target=dispatch.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 20
    while not holds():
        assert monotonic() < deadline, "it never came to that"
        sleep(0.01)


def states(outbox: Outbox, tool: str) -> Counter[str]:
    return Counter(delivery.state.value for delivery in told(outbox, tool, *(f"{tool}-{number}" for number in range(MOST))))


def test_a_hanging_tool_keeps_nobody_waiting_and_holds_few_places(
    outbox: Outbox, tools: Tools, end_sessions: Callable[[str, int], None]
) -> None:
    end_sessions("slow", 40)
    end_sessions("quick", 40)
    tools.hold["slow"] = threading.Event()

    with working(Dispatching(outbox, tools.attempt)):
        until(lambda: states(outbox, "quick") == {"delivered": 40})
        assert tools.now["slow"] == AT_ONCE_PER_TOOL
        assert tools.most["quick"] <= AT_ONCE_PER_TOOL
        tools.hold["slow"].set()
        until(lambda: states(outbox, "slow") == {"delivered": 40})


def test_f36_a_tool_that_is_away_is_asked_by_one_delivery_at_a_time_and_gets_all_when_it_is_back(
    outbox: Outbox, tools: Tools, end_sessions: Callable[[str, int], None]
) -> None:
    end_sessions("away", 30)
    tools.away.add("away")

    with working(Dispatching(outbox, tools.attempt)):
        until(lambda: len(tools.attempts) >= AT_ONCE_PER_TOOL)
        seen = len(tools.attempts)
        assert seen <= 2 * AT_ONCE_PER_TOOL
        sleep(0.5)
        assert len(tools.attempts) <= seen + 2, "it is not flooded"
        tools.away.clear()
        until(lambda: states(outbox, "away") == {"delivered": 30})


def test_draining_lets_what_is_on_its_way_arrive_and_hands_the_rest_to_the_next(
    outbox: Outbox, tools: Tools, end_sessions: Callable[[str, int], None]
) -> None:
    end_sessions("karte", 30)
    tools.hold["karte"] = threading.Event()
    stop = threading.Event()
    first = threading.Thread(target=Dispatching(outbox, tools.attempt).run, args=(stop,))
    first.start()
    until(lambda: tools.now["karte"] == AT_ONCE_PER_TOOL)
    stop.set()
    tools.hold["karte"].set()
    first.join(20)

    assert not first.is_alive()
    assert states(outbox, "karte") == {"delivered": AT_ONCE_PER_TOOL, "pending": 30 - AT_ONCE_PER_TOOL}
    assert len(tools.attempts) == AT_ONCE_PER_TOOL
    with working(Dispatching(outbox, tools.attempt)):
        until(lambda: states(outbox, "karte") == {"delivered": 30})
    assert len(tools.attempts) == 30, "nobody was told twice"


def test_several_workers_tell_nobody_twice(outbox: Outbox, tools: Tools, end_sessions: Callable[[str, int], None]) -> None:
    for tool in ("karte", "haushalt", "forum"):
        end_sessions(tool, 20)
    with working(Dispatching(outbox, tools.attempt)), working(Dispatching(outbox, tools.attempt)):
        until(lambda: all(states(outbox, tool) == {"delivered": 20} for tool in ("karte", "haushalt", "forum")))
    assert Counter(tools.attempts) == {"karte": 20, "haushalt": 20, "forum": 20}


def test_what_a_dead_worker_had_taken_is_done_by_another(
    outbox: Outbox, tools: Tools, clock: Clock, end_sessions: Callable[[str, int], None]
) -> None:
    end_sessions("karte", 5)
    assert len(outbox.take_due("karte", 5, dispatching.LEASE_SECONDS)) == 5  # and then it was killed

    with working(Dispatching(outbox, tools.attempt)):
        clock.advance(seconds=dispatching.LEASE_SECONDS)
        until(lambda: states(outbox, "karte") == {"delivered": 5})


def test_f19_results_outlast_an_outage_of_the_store(
    outbox: Outbox, tools: Tools, end_sessions: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    end_sessions("karte", 3)
    monkeypatch.setattr(dispatching, "_OUTAGE_PAUSE", 0.01)
    settle, refusals = outbox.settle, iter([StoreUnavailable()] * 3)

    def settle_after_the_outage(tried: list[Delivery]) -> None:
        for refusal in refusals:
            raise refusal
        settle(tried)

    monkeypatch.setattr(outbox, "settle", settle_after_the_outage)
    with working(Dispatching(outbox, tools.attempt)):
        until(lambda: states(outbox, "karte") == {"delivered": 3})
    assert len(tools.attempts) == 3


def test_what_waited_too_long_under_its_lease_is_not_begun(
    outbox: Outbox, tools: Tools, clock: Clock, end_sessions: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    end_sessions("karte", 10)
    monkeypatch.setattr(dispatching, "LEASE_SECONDS", dispatching.LONGEST_ATTEMPT + 0.05)
    tools.hold["karte"] = threading.Event()

    with working(Dispatching(outbox, tools.attempt)):
        until(lambda: tools.now["karte"] == AT_ONCE_PER_TOOL)
        sleep(0.1)  # the time itself is what is tested
        clock.advance(seconds=10)
        before = len(tools.attempts)
        tools.hold["karte"].set()
        until(lambda: states(outbox, "karte") == {"delivered": 10})
    assert before == AT_ONCE_PER_TOOL


def test_a_delivery_that_could_not_be_tried_keeps_its_place(outbox: Outbox, tools: Tools, end_sessions: Callable[[str, int], None]) -> None:
    end_sessions("karte", 1)
    outages = iter([StoreUnavailable()])

    def attempt(delivery: Delivery) -> Delivery:
        for outage in outages:
            raise outage
        return tools.attempt(delivery)

    with working(Dispatching(outbox, attempt)):
        until(lambda: states(outbox, "karte") == {"delivered": 1})
    (done,) = told(outbox, "karte", "karte-0")
    assert (done.attempts, done.leased_until) == (1, None)
    assert done.created_at + timedelta(0) == done.next_attempt_at
