"""Answers remembered for seconds: what every request needs and hardly ever changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_MOST_ENTRIES = 4096  # anyone may ask for names that do not exist


class Cache(Generic[K, V]):
    """Remembers what a loader said, nothing (None) for a shorter time than something. Failures are not remembered.

    Shared by threads without a lock: two may load the same thing at once, and both are right.
    """

    def __init__(self, load: Callable[[K], V], seconds: float, seconds_for_none: float | None = None) -> None:
        self._load, self._seconds = load, seconds
        self._seconds_for_none = seconds if seconds_for_none is None else seconds_for_none
        self._entries: dict[K, tuple[float, V]] = {}

    def __getitem__(self, key: K) -> V:
        """The loader's answer, now or moments ago."""
        known = self._entries.get(key)
        if known and known[0] > monotonic():
            return known[1]
        return self._remember(key, self._load(key))

    def forget(self) -> None:
        """Ask again next time: something was changed here. Other processes notice when their time is over."""
        self._entries.clear()

    def _remember(self, key: K, value: V) -> V:
        if len(self._entries) >= _MOST_ENTRIES:
            self._entries.clear()
        self._entries[key] = (monotonic() + (self._seconds_for_none if value is None else self._seconds), value)
        return value
