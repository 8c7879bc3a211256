"""Recognising: whose token this is, whether everybody behind it still stands by it, and what it may show."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from broker.core.claim import ClaimData
from broker.core.client import Client
from broker.core.grant import Grant, LiveToken
from broker.core.procedure import table_scopes
from broker.core.session import BrokerSession
from broker.flows.judging import Judging
from broker.flows.releasing import PSEUDONYM_CLAIMS
from broker.flows.voting import Voting
from broker.store.access_tokens import AccessTokens
from broker.store.sessions import Sessions

HashOf = Callable[[str], str | None]
"""Returns under which hash an access token would be kept; None for what is no access token of ours (`oidc/access_token.py`)."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """An access token that is good right now, the tool it was given to, and the citizen's session where that still lives."""

    live: LiveToken
    client: Client
    session: BrokerSession | None


@dataclass(frozen=True, slots=True)
class Recognising:
    """The one place that knows when a grant still counts: for userinfo, introspection, refreshing and exchanging alike."""

    judging: Judging
    sessions: Sessions
    access_tokens: AccessTokens
    hash_of: HashOf
    voting: Voting

    def find(self, access_token: str) -> Recognised | None:
        """The token as far as it is good; None for everything else, also when the citizen's session has ended (CN-05)."""
        access_hash = self.hash_of(access_token)
        live = self.access_tokens.find(access_hash) if access_hash else None
        client = self.judging.clients.find(live.token.client_id) if live else None
        if live is None or client is None:
            return None
        if live.grant is None:
            return Recognised(live, client, None)
        session = self.session_of(live.grant)
        return Recognised(live, client, session) if self.stands(live.grant, session) else None

    def session_of(self, grant: Grant) -> BrokerSession | None:
        """The session that a grant came from, if it still lives."""
        return self.session(grant.session_id, grant.subject_id, grant.client_id)

    def session(self, session_id: str, subject_id: str, client_id: str) -> BrokerSession | None:
        """The session, if it is that citizen's, not another tool's alone, and still lives."""
        session = self.sessions.find(session_id)
        if session is None or session.subject_id != subject_id or session.only_for not in ("", client_id):
            return None
        return session if session.live(self.judging.clock()) else None

    def stands(self, grant: Grant, session: BrokerSession | None) -> bool:
        """Whether the tool may still take this citizen ID (A-31), and the session lives or need not (`offline`)."""
        if session is None and not grant.offline:
            return False
        return self.usable(session.provider_alias if session else grant.provider_alias, grant.client_id)

    def usable(self, provider_alias: str, client_id: str) -> bool:
        """Whether a citizen ID may be used, and by this tool (UP-10)."""
        provider, client = self.judging.providers.find(provider_alias), self.judging.clients.find(client_id)
        return provider is not None and client is not None and client.allows_provider(provider)

    def values(self, client: Client, grant: Grant, claims: Iterable[str], session: BrokerSession | None) -> dict[str, ClaimData]:
        """The claims' values. Without a session nothing that came from a citizen ID, only the name that the citizen chose here."""
        names = tuple(claims)
        pseudonym = self._pseudonym(client, grant, names)
        if session is not None:
            return self.values_in_session(client, names, grant.scopes, session, pseudonym)
        return {} if pseudonym is None else {name: pseudonym for name in names if name in PSEUDONYM_CLAIMS}

    def values_in_session(
        self, client: Client, names: Iterable[str], scopes: Iterable[str], session: BrokerSession, pseudonym: str | None
    ) -> dict[str, ClaimData]:
        """The claims' values as a session gives them; `scopes` say for which procedure a vote key is."""
        wanted = tuple(names)
        return {**self.judging.releasing.values(client, wanted, session, pseudonym), **self.voting.values(wanted, scopes, session)}

    def claims(self, live: LiveToken, client: Client) -> tuple[str, ...]:
        """Claims that the grant carries, the citizen still agrees to (RT-15), and the token's own scope, if it shrank, still covers."""
        dropped = frozenset(table_scopes(live.grant.scopes if live.grant else ())) - frozenset(table_scopes(live.token.scopes))
        table = self.judging.releasing.claim_table
        return tuple(name for name in live.claims if table[name].scope not in dropped or name in client.release_without_scope)

    def _pseudonym(self, client: Client, grant: Grant, claims: tuple[str, ...]) -> str | None:
        """Read from SQL only where a claim needs it."""
        if PSEUDONYM_CLAIMS.isdisjoint(claims):
            return None
        return self.judging.standings.find(grant.subject_id, client).pseudonym
