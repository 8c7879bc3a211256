"""Logins under way: accepted requests waiting for the citizen's choice. In memory, for half an hour, each answered once."""

from __future__ import annotations

import datetime as dt
import secrets
import threading
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from deploy.demo.saml.refusal import LoginExpired

LIFETIME = dt.timedelta(minutes=30)
CAPACITY = 10_000
R = TypeVar("R")
C = TypeVar("C")


@dataclass(slots=True)
class PendingLogin(Generic[R, C]):
    """One accepted request and what the citizen has chosen so far."""

    request: R
    begun_at: dt.datetime
    chosen: C | None = None


@dataclass
class PendingLogins(Generic[R, C]):
    """All logins under way, by an unguessable id."""

    _logins: dict[str, PendingLogin[R, C]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, request: R, now: dt.datetime) -> str:
        """Keeps ``request`` and returns its id; the oldest make room when there are too many."""
        login_id = secrets.token_urlsafe(16)
        with self._lock:
            self._logins = {key: kept for key, kept in self._logins.items() if kept.begun_at > now - LIFETIME}
            while len(self._logins) >= CAPACITY:
                del self._logins[next(iter(self._logins))]
            self._logins[login_id] = PendingLogin(request, now)
        return login_id

    def get(self, login_id: str, now: dt.datetime) -> PendingLogin[R, C]:
        """The login, still waiting; LoginExpired if there is none."""
        pending = self._logins.get(login_id)
        return self._fresh(pending, now)

    def take(self, login_id: str, now: dt.datetime) -> PendingLogin[R, C]:
        """The login, which is over with this call."""
        with self._lock:
            pending = self._logins.pop(login_id, None)
        return self._fresh(pending, now)

    def _fresh(self, pending: PendingLogin[R, C] | None, now: dt.datetime) -> PendingLogin[R, C]:
        if pending is None or pending.begun_at <= now - LIFETIME:
            raise LoginExpired
        return pending
