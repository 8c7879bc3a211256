"""What is shown of deliveries: the newest, of one tool or of all, and figures that add up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.core.delivery import Delivery, DeliveryState, DeliverySummary
from broker.core.subject import Subject
from broker.store.clients import Clients
from broker.store.delivery_log import DeliveryLog
from broker.store.grants import Grants
from broker.store.outbox import Outbox
from broker.store.sql import Database
from tests.support import records
from tests.support.clock import Clock
from tests.support.outbox import takes_all

End = Callable[..., Delivery]


@pytest.fixture
def log(database: Database) -> DeliveryLog:
    return DeliveryLog(database)


@pytest.fixture
def end(clients: Clients, grants: Grants, outbox: Outbox, citizen: Subject, clock: Clock) -> End:
    """Ends a session at a tool; what came of it at once is up to the test."""
    known: set[str] = set()

    def ends(tool: str, session_id: str, **came: object) -> Delivery:
        if tool not in known:
            clients.add(records.client(tool))
            known.add(tool)
        assert grants.add(records.grant(citizen.id, clock(), tool, session_id))
        outbox.end_session(session_id, f"logout-{session_id}")
        (taken,) = takes_all(outbox)
        tried = replace(taken, attempts=1, last_attempt_at=clock(), next_attempt_at=clock() + timedelta(days=7), **came)
        outbox.settle([tried])
        return replace(tried, leased_until=None)

    return ends


DELIVERED = {"state": DeliveryState.DELIVERED, "outcome": "200"}


def test_the_newest_come_first_and_can_be_narrowed(log: DeliveryLog, end: End, clock: Clock) -> None:
    first = end("karte", "s1", **DELIVERED)
    clock.advance(minutes=1)
    second = end("haushalt", "s2", state=DeliveryState.FAILED, outcome="400")
    clock.advance(minutes=1)
    third = end("karte", "s3", outcome="timeout")

    assert log.newest(10) == [third, second, first]
    assert log.newest(2) == [third, second]
    assert log.newest(10, "karte") == [third, first]
    assert log.newest(10, "karte", DeliveryState.DELIVERED) == [first]
    assert log.newest(10, troubled=True) == [third, second]
    assert log.newest(10, "nobody") == []


def test_figures_count_a_time_but_everything_that_waits(log: DeliveryLog, end: End, clock: Clock) -> None:
    began = clock()
    end("karte", "s1", outcome="timeout")
    end("karte", "s2", **DELIVERED)
    clock.advance(hours=30)
    for number, milliseconds in enumerate((30, 10, 500)):
        end("karte", f"d{number}", duration_ms=milliseconds, **DELIVERED)
    end("karte", "f", state=DeliveryState.FAILED, outcome="400", duration_ms=9)
    end("haushalt", "h", outcome="tls")

    found = log.summaries(clock() - timedelta(hours=24))

    assert found == [
        DeliverySummary("haushalt", pending=1, oldest_pending_at=clock()),
        DeliverySummary("karte", delivered=3, failed=1, pending=1, oldest_pending_at=began, median_ms=30),
    ]
    assert log.summaries(clock() - timedelta(hours=24), "haushalt") == found[:1]
    assert log.summaries(clock() - timedelta(hours=24), "nobody") == []


@pytest.mark.parametrize(("durations", "median"), [((7,), 7), ((7, 9), 7), ((9, 7, 8, 1), 7), ((5, 5, 5), 5)])
def test_the_median_is_one_of_the_values(log: DeliveryLog, end: End, clock: Clock, durations: tuple[int, ...], median: int) -> None:
    for number, milliseconds in enumerate(durations):
        end("karte", f"s{number}", duration_ms=milliseconds, **DELIVERED)

    (found,) = log.summaries(clock())

    assert found.median_ms == median
