"""Who is signed in at a tool: kept in the memory of its process, so that the broker can end a session from outside."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_SESSIONS = 1000
MOST_LOGOUT_TOKENS = 1000


@dataclass(frozen=True, slots=True)
class ToolSession:
    """What the broker said about a citizen, and what is needed to sign out again."""

    id_token: str = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)
    userinfo: Mapping[str, Any] = field(repr=False)


class ToolSessions:
    """Sessions by a random id that only the citizen's cookie knows; the oldest go when there are too many."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, ToolSession] = OrderedDict()
        self._used_tokens: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, session: ToolSession) -> str:
        """Keeps the session and returns its new id."""
        session_id = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[session_id] = session
            _forget_oldest(self._sessions, MOST_SESSIONS)
        return session_id

    def find(self, session_id: str | None) -> ToolSession | None:
        return self._sessions.get(session_id or "")

    def end(self, session_id: str | None) -> ToolSession | None:
        """Ends one session and returns what it was."""
        with self._lock:
            return self._sessions.pop(session_id or "", None)

    def end_all_of(self, sid: str | None, sub: str | None) -> int:
        """Ends the sessions of this `sid`, or without one all of this `sub`; returns how many."""
        name, wanted = ("sid", sid) if sid else ("sub", sub)
        with self._lock:
            meant = [key for key, session in self._sessions.items() if session.claims.get(name) == wanted]
            for key in meant:
                del self._sessions[key]
        return len(meant)

    def is_first_use(self, jti: str) -> bool:
        """Whether a logout token of this id comes for the first time."""
        with self._lock:
            if jti in self._used_tokens:
                return False
            self._used_tokens[jti] = None
            _forget_oldest(self._used_tokens, MOST_LOGOUT_TOKENS)
        return True


def _forget_oldest(kept: OrderedDict[str, Any], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)
