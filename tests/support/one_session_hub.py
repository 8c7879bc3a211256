"""A hub that behaves as Keycloak does: one session for each browser, and its end is told to the broker while it ends."""

from __future__ import annotations

from broker.core.session import EndedBy
from broker.flows.signing_out import SigningOut
from tests.support.app import Hub

SID = "of-this-browser"


def one_session(hub: Hub, signing_out: SigningOut) -> None:
    """From now on everybody at this hub comes in one browser."""
    ends, hub.sid = hub.end_session, SID

    def end_session(id_token: str) -> bool:
        if not ends(id_token):
            return False
        for session in signing_out.sessions.find_by_upstream(SID):
            signing_out.end(session, by=EndedBy.HUB)
        return True

    hub.end_session = end_session
