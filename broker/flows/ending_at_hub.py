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

_AT_A_TIME = 3
_PATIENCE_SECONDS = 6.0

_log = structlog.get_logger("broker.worker")


@dataclass(frozen=True, slots=True)
class EndingAtHub:
    """All but the calls to the hub raises StoreUnavailable. An end is noted before the hub is told, so that none is forgotten."""

    hub_logouts: HubLogouts
    sessions: Sessions
    upstream: Upstream

    def left_open(self, ending: Sequence[BrokerSession], successor: BrokerSession | None = None) -> tuple[HubLogout, ...]:
        """What the hub has to be told when these sessions end together; nothing where it keeps none, or another session needs it."""
        ids = {session.id for session in ending}
        open_ones = ((session, hub_logout_of(session)) for session in ending)
        return tuple(logout for session, logout in open_ones if logout and not self._is_needed(session, ids, successor))

    def is_needed(self, session: BrokerSession, successor: BrokerSession | None = None) -> bool:
        """Whether a session that must not end with this one hangs on the same session of the hub, as `successor` may."""
        return self._is_needed(session, {session.id}, successor)

    def note(self, logouts: Sequence[HubLogout]) -> None:
        """Have the hub told, soon, by the worker if by nobody else; twice does no harm."""
        self.hub_logouts.add(logouts)

    def tell(self, logout: HubLogout) -> bool:
        """Tell the hub of an end that is noted; whether it confirmed. If not, the worker goes on trying."""
        ended = self.upstream.end_session(logout.id_token)
        if ended:
            with suppress(StoreUnavailable):  # then the worker hears once more that it has ended
                self.hub_logouts.remove(logout.id)
        return ended

    def leave(self, logout: HubLogout) -> bool:
        """End a session of the hub that nothing of ours hangs on; whether it confirmed."""
        self.note([logout])
        return self.tell(logout)

    def run_once(self) -> int:
        """Tell the hub what is due (the worker's task, for seconds only); how many are settled. One that is away is asked a few times."""
        settled, until = 0, monotonic() + _PATIENCE_SECONDS
        while monotonic() < until and (due := self.hub_logouts.take_due(_AT_A_TIME)):
            told = [self._tell_if_due(logout) for logout in due if monotonic() < until]
            settled += told.count(True)
            if not any(told):
                _log.warning("the hub does not confirm sign-outs", asked=len(told))
                break
        return settled

    def _tell_if_due(self, logout: HubLogout) -> bool:
        """Not where somebody signed in there anew: the end of that sign-in ends it."""
        others = (one for one in self.sessions.find_by_upstream(logout.upstream_sid) if one.upstream_id_token != logout.id_token)
        if any(others):
            self.hub_logouts.remove(logout.id)
            return True
        return self.tell(logout)

    def _is_needed(self, session: BrokerSession, ending: set[str], successor: BrokerSession | None) -> bool:
        if session.upstream_sid is None:
            return False
        if successor is not None and successor.upstream_sid == session.upstream_sid:
            return True
        others = (one for one in self.sessions.find_by_upstream(session.upstream_sid) if one.id not in ending)
        return any(one.only_for != session.only_for or one.authenticated_at > session.authenticated_at for one in others)


def hub_logout_of(session: BrokerSession) -> HubLogout | None:
    """What a session has open at the hub, if anything."""
    return hub_logout(session.upstream_sid, session.upstream_id_token)


def hub_logout(upstream_sid: str | None, id_token: str | None) -> HubLogout | None:
    """The end of a session of the hub. Its id is made of the token, so that one end is noted once, and tells nothing of it."""
    return HubLogout(fingerprint(id_token), upstream_sid or "", id_token) if id_token else None
