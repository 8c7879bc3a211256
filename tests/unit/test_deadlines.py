"""Deadlines come in their order and on time, and not when they were called off."""

from __future__ import annotations

from queue import SimpleQueue
from time import monotonic

from broker.flows.deadlines import Deadlines


def test_they_come_in_the_order_of_their_times_whatever_came_in_first() -> None:
    deadlines, done = Deadlines(), SimpleQueue[tuple[str, float]]()
    now = monotonic()
    for name, seconds in (("third", 0.3), ("first", 0.1), ("second", 0.2)):
        deadlines.add(now + seconds, lambda name=name: done.put((name, monotonic() - now)))  # type: ignore[misc]

    came = [done.get(timeout=10) for _ in range(3)]

    assert [name for name, _ in came] == ["first", "second", "third"]
    assert all(at >= due for (_, at), due in zip(came, (0.1, 0.2, 0.3), strict=True))


def test_what_was_called_off_does_not_come() -> None:
    deadlines, done = Deadlines(), SimpleQueue[str]()
    now = monotonic()
    deadlines.add(now + 0.05, lambda: done.put("off")).call_off()
    deadlines.add(now + 0.1, lambda: done.put("on"))
    assert done.get(timeout=10) == "on"
    assert done.empty()


def test_what_is_over_comes_at_once_also_while_another_waits() -> None:
    deadlines, done = Deadlines(), SimpleQueue[str]()
    deadlines.add(monotonic() + 3600, lambda: done.put("late"))
    deadlines.add(monotonic() - 1, lambda: done.put("now"))
    assert done.get(timeout=10) == "now"
