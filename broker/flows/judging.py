"""Gathering what the judge looks at: one SQL statement (the account's standing with the tool), everything else from caches."""

from __future__ import annotations

from dataclasses import dataclass, field

from broker.core.client import Client
from broker.core.consent import Standing
from broker.core.linking import ACCOUNT_PAGES, account_pages
from broker.core.next_step import Situation, Step, next_step
from broker.core.ports import Clock
from broker.core.request import AuthorizationRequest
from broker.core.session import BrokerSession
from broker.flows.releasing import Releasing
from broker.store.clients import Clients
from broker.store.providers import Providers
from broker.store.standings import Standings


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges a request in the light of the browser's session."""

    clients: Clients
    providers: Providers
    standings: Standings
    releasing: Releasing
    clock: Clock
    account_pages: Client = field(default_factory=account_pages)

    def find_client(self, client_id: str) -> Client | None:
        """A tool, or the account's own pages; for requests that are under way, never for what somebody sends."""
        return self.account_pages if client_id == ACCOUNT_PAGES else self.clients.find(client_id)

    def client_of(self, request: AuthorizationRequest) -> Client | None:
        """Who asks."""
        return self.find_client(request.client_id)

    def only_for(self, request: AuthorizationRequest) -> str:
        """What a session has to be `only_for` to answer this request."""
        client = self.client_of(request)
        return client.only_for if client else ""

    def judge(self, request: AuthorizationRequest, session: BrokerSession | None) -> Step:
        """The one next step. A session of another browser, or one that has ended, counts as none; also one that only SQL knows
        to have ended, because Redis was away at that moment."""
        now = self.clock()
        client = self.client_of(request)
        if session and (session.browser_id != request.browser_id or not session.live(now)):
            session = None
        standing = self._standing(session, client)
        if standing is not None and standing.ended:
            session = standing = None
        claims = self.releasing.claims(client, request) if client else ()
        return next_step(
            Situation(
                request=request,
                client=client,
                providers=tuple(self.providers.list()),
                session=session,
                standing=standing,
                claims=claims,
                text_version=self.releasing.text_version(client) if client else "",
                now=now,
                needed=self.releasing.needed(client, claims, session.provider_alias) if client and session else (),
            )
        )

    def _standing(self, session: BrokerSession | None, client: Client | None) -> Standing | None:
        if session is None or client is None:
            return None
        return self.standings.find(session.subject_id, client, session.provider_alias, session.upstream_hash, session.id)
