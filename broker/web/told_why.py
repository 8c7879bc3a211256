"""Telling a browser why it is no longer signed in, where it did not sign out itself: once, then its stale cookie goes (SE-06).

The register is looked at only where a cookie comes without a live session, and only by pages: never on the silent path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, after_this_request

from broker.core.session import BrokerSession, EndedBy
from broker.web.cookies import Cookies


@dataclass(frozen=True, slots=True)
class ToldWhy:
    """`why_ended` looks into the register. An outage there tells nobody anything and takes no cookie."""

    why_ended: Callable[[str], EndedBy | None]
    cookies: Cookies

    def tell(self, session: BrokerSession | None) -> EndedBy | None:
        """What the page at hand has to say, given who is signed in; None for nothing."""
        session_id = self.cookies.session_id()
        ended_by = self.why_ended(session_id) if session_id and session is None else None
        if ended_by:
            after_this_request(self._forget)
        return ended_by

    def _forget(self, response: Response) -> Response:
        self.cookies.end_session(response)
        return response
