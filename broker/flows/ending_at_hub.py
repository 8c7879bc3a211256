"""Ending at the hub: what a session left open there ends with it, at once or as soon as the hub answers again.

The hub has one session for each browser (Keycloak 26), so it is spared while another session of ours needs it: a tool's own beside the
common one, or whose sign-in came after it. The last of them ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

import structlog

from broker.core.delivery import HubLogout
from broker.core.errors import StoreUnavailable
from broker.core.ids import fingerprint
from broker.core.ports import Upstream
from broker.core.session import BrokerSession
from broker.store.hub_logouts import HubLogouts
from broker.store.sessions import Sessions

HEAD_START_SECONDS = 10.0
"""How long the worker leaves a sign-out to whoever tells the hub at once."""

_AT_A_TIME = 10
_PATIENCE_SECONDS = 10.0
_FAILURES_TO_STOP = 3

_log = structlog.get_logger("broker.worker")


@dataclass(frozen=True, slots=True)
class EndingAtHub:
    """All but the calls to the hub raises StoreUnavailable."""

    hub_logouts: HubLogouts
    sessions: Sessions
    upstream: Upstream

    def left_open(self, ending: Sequence[BrokerSession], successor: BrokerSession | None = None) -> tuple[HubLogout, ...]:
        """What the hub has to be told when these sessions end together; nothing where it keeps none, or another session needs it."""
        ids = {session.id for session in ending}
        return tuple(
            _logout(session.upstream_sid or "", session.upstream_id_token)
            for session in ending
            if session.upstream_id_token and not self._is_needed(session, ids, successor)
        )

    def is_needed(self, session: BrokerSession, successor: BrokerSession | None = None) -> bool:
        """Whether a session that must not end with this one hangs on the same session of the hub, as `successor` may."""
        return self._is_needed(session, {session.id}, successor)

    def note(self, logouts: Sequence[HubLogout]) -> None:
        """Have the worker tell the hub now; twice does no harm."""
        self.hub_logouts.add(logouts)

    def tell(self, logout: HubLogout) -> bool:
        """Tell the hub of an end that is noted; whether it confirmed. If not, the worker goes on trying."""
        ended = self.upstream.end_session(logout.id_token)
        if ended:
            with suppress(StoreUnavailable):  # then the worker hears once more that it has ended
                self.hub_logouts.remove(logout.id)
        return ended

    def leave(self, upstream_sid: str, id_token: str) -> None:
        """End a session of the hub that nothing of ours hangs on; what it does not confirm is noted."""
        if not self.upstream.end_session(id_token):
            self.note([_logout(upstream_sid, id_token)])

    def run_once(self) -> int:
        """Tell the hub what is due (the worker's task); how many it confirmed. A hub that is away is asked a few times only."""
        confirmed, failures, until = 0, 0, monotonic() + _PATIENCE_SECONDS
        while failures < _FAILURES_TO_STOP and monotonic() < until and (due := self.hub_logouts.take_due(_AT_A_TIME)):
            for logout in due:
                if failures >= _FAILURES_TO_STOP:
                    break
                if self.sessions.find_by_upstream(logout.upstream_sid):  # somebody signed in there anew: its own end will end it
                    continue
                told = self.tell(logout)
                confirmed, failures = confirmed + told, 0 if told else failures + 1
        if failures:
            _log.warning("the hub does not confirm sign-outs", failures=failures)
        return confirmed

    def _is_needed(self, session: BrokerSession, ending: set[str], successor: BrokerSession | None) -> bool:
        if session.upstream_sid is None:
            return False
        if successor is not None and successor.upstream_sid == session.upstream_sid:
            return True
        others = (one for one in self.sessions.find_by_upstream(session.upstream_sid) if one.id not in ending)
        return any(other.only_for != session.only_for for other in others)


def _logout(upstream_sid: str, id_token: str) -> HubLogout:
    """Its id is made of the token, so that the same end is noted once, and tells nothing of it."""
    return HubLogout(fingerprint(id_token), upstream_sid, id_token)
