"""Signing out: the grants, the session, the hub's session, and every tool that is told."""

from __future__ import annotations

from dataclasses import dataclass

from broker.core.ids import new_id
from broker.core.ports import Upstream
from broker.core.session import BrokerSession
from broker.store.clients import Clients
from broker.store.outbox import Outbox
from broker.store.sessions import Sessions


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What a sign-out did: the tools that are being told (names, for the page) and whether the hub confirmed its end."""

    logout_id: str
    told: tuple[str, ...]
    upstream_ended: bool


@dataclass(frozen=True, slots=True)
class SigningOut:
    """Ends a session everywhere. The order makes every interruption safe: what is not done yet is done when the sign-out is repeated."""

    outbox: Outbox
    sessions: Sessions
    clients: Clients
    upstream: Upstream

    def end(self, session: BrokerSession, but_client: str | None) -> SignedOut:
        """End the session at the broker and at the hub and queue a logout for every tool except `but_client`, which knows already.

        Raises StoreUnavailable; then the citizen is still signed in and is told so. A hub that does not answer stops nothing.
        """
        logout_id = new_id()
        self.outbox.end_session(session.id, logout_id, but_client)
        self.sessions.revoke(session.id)
        ended = self.upstream.end_session(session.upstream_id_token) if session.upstream_id_token else False
        return SignedOut(logout_id, self._told(logout_id), ended)

    def hand_over(self, old: BrokerSession, new: BrokerSession) -> None:
        """The same person signed in anew: tools of the old session hang on the new one from now on, so that its end reaches them."""
        self.outbox.hand_over_session(old.id, new.id)

    def _told(self, logout_id: str) -> tuple[str, ...]:
        clients = (self.clients.find(delivery.client_id) for delivery in self.outbox.list(logout_id))
        return tuple(dict.fromkeys(client.name for client in clients if client))
