"""What the hub remembers: sign-ins under way, codes, sessions. In memory, each with an end."""

import datetime as dt
import secrets
import threading
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from deploy.demo.bundid.identity import Login

PUSHED_LIFETIME = dt.timedelta(seconds=60)
SIGN_IN_LIFETIME = dt.timedelta(minutes=30)
CODE_LIFETIME = dt.timedelta(seconds=60)
SESSION_LIFETIME = dt.timedelta(minutes=30)
MOST_ENTRIES = 10_000

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class AuthenticationRequest:
    """A request of the broker, as validated."""

    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str
    minimum_level: int
    attributes: frozenset[str]


@dataclass(slots=True)
class SignIn:
    """A request whose citizen is still choosing."""

    request: AuthenticationRequest
    chosen: Login | None = None


@dataclass(frozen=True, slots=True)
class HubSession:
    """A citizen signed in at the hub in one browser."""

    sid: str
    login: Login
    authenticated_at: dt.datetime


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """What a code stands for."""

    request: AuthenticationRequest
    session: HubSession


@dataclass(slots=True)
class Expiring(Generic[Entry]):
    """Entries by an unguessable id, gone after `lifetime`; the oldest make room when there are too many."""

    lifetime: dt.timedelta
    _entries: dict[str, tuple[dt.datetime, Entry]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, entry: Entry, now: dt.datetime) -> str:
        """Keeps the entry and returns its new id."""
        key = secrets.token_urlsafe(24)
        self.put(key, entry, now)
        return key

    def put(self, key: str, entry: Entry, now: dt.datetime) -> None:
        """Keeps the entry under a given id."""
        with self._lock:
            while len(self._entries) >= MOST_ENTRIES:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = (now + self.lifetime, entry)

    def find(self, key: str | None, now: dt.datetime) -> Entry | None:
        until, entry = self._entries.get(key or "", (now, None))
        return entry if until > now else None

    def take(self, key: str | None, now: dt.datetime) -> Entry | None:
        """The entry, once: whoever comes second gets nothing."""
        with self._lock:
            until, entry = self._entries.pop(key or "", (now, None))
        return entry if until > now else None
