"""Agreeing: what a citizen is shown before a tool gets it, and the record of the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from broker.core.claim import ClaimData, ClaimDefinition
from broker.core.client import Client
from broker.core.consent import Consent, Standing
from broker.core.errors import InvalidRequest
from broker.core.grant import OFFLINE_ACCESS, OFFLINE_LIFETIME
from broker.core.ids import new_id
from broker.core.next_step import AskConsent
from broker.core.ports import Clock
from broker.core.request import AuthorizationRequest
from broker.core.session import BrokerSession
from broker.flows.judging import Judging
from broker.flows.naming import new_pseudonym, pseudonym_fault
from broker.flows.releasing import PSEUDONYM_CLAIMS
from broker.flows.voting import Voting
from broker.store.consents import Consents
from broker.store.requests import Requests
from broker.store.subjects import Subjects

CONSENT_LIFETIME = timedelta(days=730)  # as long as an idle account lives; a withdrawal or a new wording ends it sooner
BY_CITIZEN = "citizen"
"""Who denied a request on the consent page."""


@dataclass(frozen=True, slots=True)
class OfferedClaim:
    """One line of the consent page: the claim, the real value (None: not known), what the tool says it is for."""

    definition: ClaimDefinition
    value: ClaimData | None
    purpose: Mapping[str, str]
    required: bool


@dataclass(frozen=True, slots=True)
class ConsentOffer:
    """All that the consent page shows. `pseudonym` is None when the tool gets none.

    `apis` are the names of other tools that this one may use for the citizen, `offline` how long without the citizen (None: not at all).
    """

    client: Client
    claims: tuple[OfferedClaim, ...]
    pseudonym: str | None
    apis: tuple[str, ...]
    offline: timedelta | None
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Consenting:
    """Offers, records and refuses. The stored request decides what is agreed to, never the form (CN-01)."""

    judging: Judging
    requests: Requests
    subjects: Subjects
    consents: Consents
    voting: Voting
    clock: Clock

    def offer(self, request: AuthorizationRequest, session: BrokerSession) -> ConsentOffer | None:
        """What to show; None when there is nothing to ask (any more): go on to the next step."""
        step = self.judging.judge(request, session)
        client = self.judging.clients.find(request.client_id)
        if not isinstance(step, AskConsent) or client is None:
            return None
        pseudonym = self._pseudonym(step, self.judging.standings.find(session.subject_id, client))
        values = {
            **self.judging.releasing.values(client, step.claims, session, pseudonym),
            **self.voting.preview(step.claims, client.client_id, step.scopes, session),
        }
        claims = tuple(self._line(name, values.get(name), client) for name in step.claims)
        offline = OFFLINE_LIFETIME if OFFLINE_ACCESS in step.scopes else None
        return ConsentOffer(client, claims, pseudonym, self._apis(request.resources), offline, CONSENT_LIFETIME)

    def give(self, request: AuthorizationRequest, session: BrokerSession, pseudonym: str | None) -> AuthorizationRequest:
        """Record the agreement to what `offer` shows and mark the request. Does nothing when there is nothing to ask any more.

        Raises InvalidRequest for a pseudonym that `naming.pseudonym_fault` names a fault of.
        """
        step = self.judging.judge(request, session)
        client = self.judging.clients.find(request.client_id)
        if not isinstance(step, AskConsent) or client is None:
            return request
        if pseudonym is not None and pseudonym_fault(pseudonym):
            raise InvalidRequest("A pseudonym has 5 to 40 letters, digits, dots, hyphens or underscores and starts with a letter or digit.")
        self._name(client, session, step, pseudonym)
        self.consents.add(self._consent(client, session, step))
        return self._changed(replace(request, consented_at=self.clock()))

    def deny(self, request: AuthorizationRequest) -> AuthorizationRequest:
        """Mark the request: the tool will be told access_denied."""
        return self._changed(replace(request, denied_by=BY_CITIZEN))

    def _line(self, name: str, value: ClaimData | None, client: Client) -> OfferedClaim:
        registered = next((claim for claim in client.claims if claim.name == name), None)
        definition = self.judging.releasing.claim_table[name]
        if registered is None:
            return OfferedClaim(definition, value, {}, required=True)
        return OfferedClaim(definition, value, registered.purpose, registered.required)

    def _apis(self, resources: tuple[str, ...]) -> tuple[str, ...]:
        """What citizens call these APIs: the name of the tool that each of them is; its address where nobody is registered for it."""
        names = {client.tokens.resource: client.name for client in self.judging.clients.list()} if resources else {}
        return tuple(names.get(resource, resource) for resource in resources)

    def _pseudonym(self, step: AskConsent, standing: Standing) -> str | None:
        if PSEUDONYM_CLAIMS.isdisjoint(step.claims):
            return None
        return standing.pseudonym or new_pseudonym()

    def _name(self, client: Client, session: BrokerSession, step: AskConsent, pseudonym: str | None) -> None:
        """Make the subject this sector of tools will know, and keep the pseudonym the citizen chose."""
        known = self.subjects.tool_subject(session.subject_id, client.subject_sector, pseudonym or new_pseudonym())
        shown = not PSEUDONYM_CLAIMS.isdisjoint(step.claims)
        if shown and pseudonym and pseudonym != known.pseudonym:
            self.subjects.replace_pseudonym(known, pseudonym)

    def _consent(self, client: Client, session: BrokerSession, step: AskConsent) -> Consent:
        now = self.clock()
        return Consent(
            id=new_id(),
            subject_id=session.subject_id,
            client_id=client.client_id,
            scopes=frozenset(step.scopes),
            claims=frozenset(step.claims),
            text_version=self.judging.releasing.text_version(client),
            given_at=now,
            expires_at=now + CONSENT_LIFETIME,
        )

    def _changed(self, request: AuthorizationRequest) -> AuthorizationRequest:
        self.requests.replace(request)
        return request
