"""What is known of citizen IDs that are out of order. In Redis, for as long as it matters; nothing of a citizen is in it."""

from __future__ import annotations

from datetime import timedelta

from broker.core.ids import fingerprint
from broker.core.provider import Trouble, TroubleSource
from broker.store.records import Record
from broker.store.redis import Redis, key
from broker.store.sealed_values import milliseconds

_TROUBLE = Record(Trouble)


class Troubles:
    """By alias: trouble that was noticed, and an administrator's notice, each until its time is over."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def find(self, alias: str) -> Trouble | None:
        """The notice of an administrator, else what was noticed, else None."""
        raw = self._redis.get(key("notice", alias)) or self._redis.get(key("trouble", alias))
        return _TROUBLE.load(raw) if raw else None

    def note(self, alias: str, trouble: Trouble, lifetime: timedelta) -> None:
        """Trouble was noticed. What was noticed before keeps the time since when, and lasts longer."""
        raw = self._redis.get(key("trouble", alias))
        kept = _TROUBLE.load(raw) if raw else trouble
        self._redis.set(key("trouble", alias), _TROUBLE.dump(kept), milliseconds(lifetime))

    def announce(self, alias: str, notice: Trouble, lifetime: timedelta) -> None:
        """An administrator says so."""
        self._redis.set(key("notice", alias), _TROUBLE.dump(notice), milliseconds(lifetime))

    def withdraw(self, alias: str) -> bool:
        """The administrator's notice is over; whether there was one."""
        return self._redis.delete(key("notice", alias))

    def end(self, alias: str) -> None:
        """It works: nothing that was noticed counts any more. An administrator's notice stays."""
        self._redis.delete(key("trouble", alias))
        self._redis.delete(key("failures", alias))

    def count(self, alias: str, source: str, remembered: timedelta) -> int:
        """From how many sources it failed since the first that is remembered; a source counts once."""
        if not self._redis.add(key("failure", fingerprint(f"{alias}:{source}")), b"1", milliseconds(remembered)):
            return 0
        return self._redis.count(key("failures", alias), milliseconds(remembered))

    def take_turn(self, seconds: float) -> bool:
        """Of several workers, whether it is this one's turn to look at the citizen IDs; the next turn comes after so many seconds."""
        return self._redis.add(key("turn", "citizen-ids"), b"1", milliseconds(timedelta(seconds=seconds)))

    def missed(self, alias: str, remembered: timedelta) -> int:
        """Nobody was found there when the worker looked; how often lately."""
        return self._redis.count(key("missed", alias), milliseconds(remembered))

    def reached(self, alias: str) -> None:
        """Somebody was found there: what the worker noticed is over. That sign-ins failed is not."""
        self._redis.delete(key("missed", alias))
        raw = self._redis.get(key("trouble", alias))
        if raw and _TROUBLE.load(raw).source is TroubleSource.LOOK:
            self._redis.delete(key("trouble", alias))
