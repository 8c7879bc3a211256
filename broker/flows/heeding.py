"""Heeding a sign-out that was pronounced elsewhere: by the hub, its administrators, or a citizen ID behind it (LO-04)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broker.core.errors import UpstreamRefused
from broker.core.ports import Upstream
from broker.core.session import EndedBy
from broker.flows.signing_out import SigningOut

FirstTime = Callable[[str, str, str, datetime], bool]
"""`OneTimeIds.add`: True for exactly one caller per (kind, issuer, jti)."""

_KIND = "logout"


@dataclass(frozen=True, slots=True)
class Heeding:
    """Believes the hub's logout tokens, each once."""

    upstream: Upstream
    signing_out: SigningOut
    first_time: FirstTime

    def end(self, token: str) -> int:
        """End every session that hangs on the hub's session of this token, and tell its tools; how many there were.

        Raises UpstreamRefused for a token that cannot be believed or was seen before, UpstreamUnavailable, StoreUnavailable.
        """
        logout = self.upstream.read_logout(token)
        if not self.first_time(_KIND, "hub", logout.jti, logout.expires_at):
            raise UpstreamRefused("The logout token was seen before.")
        sessions = self.signing_out.sessions.find_by_upstream(logout.sid)
        for session in sessions:
            self.signing_out.end(session, by=EndedBy.HUB)
        return len(sessions)
