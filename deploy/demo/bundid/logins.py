"""Logins under way: accepted requests waiting for the citizen's choice. In memory, for half an hour, each answered once."""

from __future__ import annotations

import datetime as dt
import secrets
import threading
from dataclasses import dataclass, field

from deploy.demo.bundid.authn_request import AuthnRequest
from deploy.demo.bundid.identity import Login
from deploy.demo.bundid.refusal import LoginExpired

LIFETIME = dt.timedelta(minutes=30)
CAPACITY = 10_000


@dataclass(slots=True)
class PendingLogin:
    """One accepted request and what the citizen has chosen so far."""

    request: AuthnRequest
    begun_at: dt.datetime
    chosen: Login | None = None


@dataclass
class PendingLogins:
    """All logins under way, by an unguessable id."""

    _logins: dict[str, PendingLogin] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, request: AuthnRequest, now: dt.datetime) -> str:
        """Keeps ``request`` and returns its id; the oldest make room when there are too many."""
        login_id = secrets.token_urlsafe(16)
        with self._lock:
            self._logins = {key: kept for key, kept in self._logins.items() if kept.begun_at > now - LIFETIME}
            while len(self._logins) >= CAPACITY:
                del self._logins[next(iter(self._logins))]
            self._logins[login_id] = PendingLogin(request, now)
        return login_id

    def get(self, login_id: str, now: dt.datetime) -> PendingLogin:
        """The login, still waiting; LoginExpired if there is none."""
        pending = self._logins.get(login_id)
        return self._fresh(pending, now)

    def take(self, login_id: str, now: dt.datetime) -> PendingLogin:
        """The login, which is over with this call."""
        with self._lock:
            pending = self._logins.pop(login_id, None)
        return self._fresh(pending, now)

    def _fresh(self, pending: PendingLogin | None, now: dt.datetime) -> PendingLogin:
        if pending is None or pending.begun_at <= now - LIFETIME:
            raise LoginExpired
        return pending
