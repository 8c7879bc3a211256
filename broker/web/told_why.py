"""Telling a browser why it is no longer signed in, where it did not sign out itself: once, then its stale cookie goes (SE-06).

The register is looked at only where a cookie comes without a live session, and only by pages: never on the silent path.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from flask import Response, after_this_request

from broker.core.errors import StoreUnavailable
from broker.core.session import BrokerSession, EndedBy
from broker.flows.overseeing import Overseeing
from broker.web.cookies import Cookies


@dataclass(frozen=True, slots=True)
class ToldWhy:
    """An outage of the register tells nobody anything and takes no cookie."""

    overseeing: Overseeing
    cookies: Cookies

    def tell(self, session: BrokerSession | None) -> EndedBy | None:
        """What the page at hand has to say, given who is signed in; None for nothing. What was left alone here ends first."""
        session_id = self.cookies.session_id()
        if session_id is None or session is not None:
            return None
        with suppress(StoreUnavailable):
            self.overseeing.end_left_alone(session_id)
            if ended_by := self.overseeing.why_ended(session_id):
                after_this_request(self._forget)
                return ended_by
        return None

    def _forget(self, response: Response) -> Response:
        self.cookies.end_session(response)
        return response
