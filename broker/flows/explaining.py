"""The mapping laboratory: what each registered tool would get of one recorded sign-in, and why it gets each claim or does not.

The values come from the same code that answers tools (`Releasing`), so an explanation cannot say anything else than what happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from broker.core.claim import ClaimData, ReleaseClass
from broker.core.client import Client
from broker.core.provider import IdentityProvider
from broker.core.recording import Outcome, RecordedSignIn, Trace
from broker.core.session import SESSION_LIFETIME, BrokerSession
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from broker.flows.releasing import PSEUDONYM_CLAIMS, Releasing
from broker.flows.signing_in import capped

PSEUDONYM = "(chosen by the citizen)"
_ALWAYS = "every tool gets it"


@dataclass(frozen=True, slots=True)
class ExplainedClaim:
    """One claim of one tool: its value (None: the tool does not get it) and why."""

    name: str
    value: ClaimData | None
    reason: str


@dataclass(frozen=True, slots=True)
class ToolExplanation:
    """What one tool would get. `refused` says why this sign-in would not let the citizen in there at all; then there are no claims."""

    client: Client
    refused: str
    claims: tuple[ExplainedClaim, ...]


@dataclass(frozen=True, slots=True)
class Explaining:
    """Explains for the tools and citizen IDs on record."""

    releasing: Releasing

    def explain(
        self, recorded: RecordedSignIn, provider: IdentityProvider | None, clients: Iterable[Client], now: datetime
    ) -> list[ToolExplanation]:
        """One explanation per tool that takes part, as if the citizen had agreed to everything. `provider` caps the level, as at a sign-in.

        Raises UpstreamRefused when nobody would be signed in by this.
        """
        identity = capped(recorded.identity, provider.trust_ceiling if provider else TrustLevel.HIGH)
        session = _session(identity, now)
        return [self._tool(client, recorded, provider, session) for client in clients if client.takes_part]

    def _tool(self, client: Client, recorded: RecordedSignIn, provider: IdentityProvider | None, session: BrokerSession) -> ToolExplanation:
        refused = _refusal(client, provider, session)
        if refused:
            return ToolExplanation(client, refused, ())
        names = self.releasing.widest(client)
        values = self.releasing.values(client, names, session, PSEUDONYM)
        listed = dict.fromkeys((*values, *names, *client.registered_claims))
        claims = (ExplainedClaim(name, values.get(name), self._reason(name, client, names, values, recorded)) for name in listed)
        return ToolExplanation(client, "", tuple(claims))

    def _reason(self, name: str, client: Client, names: Iterable[str], values: Mapping[str, ClaimData], recorded: RecordedSignIn) -> str:
        trace = recorded.traces.get(name)
        if name in values:
            return _present(name, trace, values[name]) if name in names else _ALWAYS
        if name not in names:
            return self._not_for(name, client)
        return _absent(trace, recorded)

    def _not_for(self, name: str, client: Client) -> str:
        row = self.releasing.claim_table.definitions.get(name)
        if row is None:
            return "the claim table does not know this claim"
        if row.release is ReleaseClass.NEVER:
            return "never leaves the broker (class X)"
        return "the tool takes confirmed addresses only" if client.email_verified_only else "not released to this tool"


def _present(name: str, trace: Trace | None, value: ClaimData) -> str:
    if name in PSEUDONYM_CLAIMS:
        return "chosen by the citizen"
    if trace is None:
        return "made by the broker"
    made = f"{', '.join(trace.came)} by {trace.transform}; vouched for: {trace.trust.word}"
    return f"nothing of it is this tool's ({made})" if value == [] else made


def _absent(trace: Trace | None, recorded: RecordedSignIn) -> str:
    if trace is None:
        return "the broker has nothing to make it of after this sign-in"
    sources = ", ".join(trace.sources)
    if trace.outcome is Outcome.MADE:
        return f"made of {', '.join(trace.came)}, but withheld: vouched for {trace.trust.word} only"
    return {
        Outcome.NO_SOURCE: f"the claim table takes it from nothing at {recorded.identity.provider_alias}",
        Outcome.ABSENT: f"the citizen ID did not give {sources}",
        Outcome.DOUBLED: f"several values of {', '.join(trace.came)} contradict each other",
        Outcome.UNREADABLE: f"{trace.transform} makes nothing of what {', '.join(trace.came)} holds",
    }[trace.outcome]


def _refusal(client: Client, provider: IdentityProvider | None, session: BrokerSession) -> str:
    if provider is None:
        return ""
    if not client.allows_provider(provider):
        return "this citizen ID is not allowed for the tool"
    if session.trust < client.minimum_trust:
        return f"the tool demands {client.minimum_trust.word}, the sign-in reached {session.trust.word}"
    return ""


def _session(identity: UpstreamIdentity, now: datetime) -> BrokerSession:
    """The session this sign-in would have opened, looked at in the moment of the sign-in."""
    session = BrokerSession(
        id="recorded",
        browser_id="",
        subject_id="recorded",
        provider_alias=identity.provider_alias,
        trust=identity.trust,
        amr=identity.amr,
        claims=identity.claims,
        authenticated_at=identity.authenticated_at,
        last_seen_at=now,
        expires_at=now + SESSION_LIFETIME,
    )
    return replace(session, subject_type=identity.subject_type)
