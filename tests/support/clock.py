"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest


class Clock:
    """Callable like `core.ports.Clock`."""

    def __init__(self, now: datetime = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> datetime:
        """Move on, e.g. `clock.advance(minutes=5)`; the new time."""
        self.now += timedelta(**amount)
        return self.now


class RealTime(Clock):
    """The real time, for brokers whose tools look at it too."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


class Skewed(Clock):
    """A clock that is wrong by so much, and jumps when told."""

    def __init__(self, **wrong: float) -> None:
        self._true, self.wrong = RealTime(), timedelta(**wrong)

    def __call__(self) -> datetime:
        return self._true() + self.wrong


@pytest.fixture
def clock() -> Clock:
    """A fresh clock at a fixed time."""
    return Clock()
