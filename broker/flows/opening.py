"""Opening a session: from whom the citizen ID proved to the browser's new session, in the place of its old one.

Every session gets a new id (SE-01). What another person had open in that browser ends (SE-03).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from broker.core.claim import HeldClaim
from broker.core.delivery import HubLogout
from broker.core.ids import fingerprint, new_secret
from broker.core.ports import Clock
from broker.core.procedure import person_key
from broker.core.provider import ProviderLogout
from broker.core.request import AuthorizationRequest
from broker.core.session import SESSION_LIFETIME, BrokerSession, EndedBy, Visit
from broker.core.subject import Subject, UpstreamIdentity
from broker.core.trust import TrustLevel
from broker.flows.ending_at_hub import hub_logout, hub_logout_of
from broker.flows.judging import Judging
from broker.flows.linking import Linking
from broker.flows.overseeing import Overseeing
from broker.flows.releasing import LOCALE_CLAIM
from broker.store.links import Links
from broker.store.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Opening:
    """`person_key` is the key of the hash by which one person is told from another at votes."""

    judging: Judging
    sessions: Sessions
    linking: Linking
    links: Links
    overseeing: Overseeing
    person_key: bytes
    clock: Clock

    def open(
        self, request: AuthorizationRequest, identity: UpstreamIdentity, subject: Subject, visit: Visit, asked: tuple[str, ...] | None
    ) -> tuple[str, BrokerSession]:
        """The secret whose fingerprint is the session's id, and the session. `asked` are the claims that were asked for.

        The register knows of the session before it exists, so that none can live that cannot be ended. Raises StoreUnavailable.
        """
        token, session = self._new(identity, subject, visit)
        session = replace(session, asked_claims=asked, only_for=self.judging.only_for(request))
        if self._at_public_computer(request, visit):
            session = session.at_public_computer(self.clock())
        session = self._succeed(session, replace(visit, session_id=self._replaced(session, visit.session_id)))
        self._leave_hub(identity, session)
        return token, session

    def make_room(self, request: AuthorizationRequest, alias: str) -> None:
        """Before the browser signs in at this citizen ID: what it has open at the hub by another one ends now (LO-03).

        The hub has one session for each browser, which the next sign-in takes over (Keycloak 26): no sign-out would reach the citizen ID
        before it any more. For a link all of it ends, for that ends the hub's session by itself. The broker's sessions go on, also
        when the citizen turns back (UP-13): they let go of the hub's first, so that its word does not end them. If it does not answer,
        the worker tries again, but never once a new sign-in hangs there. Raises StoreUnavailable.
        """
        at_hub, logouts = self.overseeing.signing_out.at_hub, self._in_the_way(request, alias)
        if not logouts:
            return
        at_hub.note(list(logouts.values()))
        for session in self.sessions.find_in_browser(request.browser_id):
            if logout := logouts.get(session.upstream_sid):
                left = (*session.left_at_hub, logout.id)
                self.sessions.replace(replace(session, upstream_sid=None, upstream_id_token=None, left_at_hub=left))
        for logout in logouts.values():
            at_hub.tell(logout)

    def needs_room(self, request: AuthorizationRequest, alias: str) -> bool:
        """Whether a sign-in at this citizen ID signs the browser out of another one. Nobody is led there by a link alone (A-20)."""
        return bool(self._in_the_way(request, alias))

    def _in_the_way(self, request: AuthorizationRequest, alias: str) -> dict[str | None, HubLogout]:
        """What has to end at the hub before, by the hub's name of it."""
        there = self.sessions.find_in_browser(request.browser_id)
        found = {one.upstream_sid: hub_logout_of(one) for one in there if request.links_to or one.provider_alias != alias}
        return {sid: logout for sid, logout in found.items() if logout}

    def _new(self, identity: UpstreamIdentity, subject: Subject, visit: Visit) -> tuple[str, BrokerSession]:
        token, now, upstream_hash = new_secret(), self.clock(), self.linking.hash_of(identity)
        provider = self.judging.providers.find(identity.provider_alias)
        at_hub = provider is not None and provider.logout is ProviderLogout.SINGLE
        session = BrokerSession(
            id=fingerprint(token),
            browser_id=visit.browser_id,
            subject_id=subject.id,
            provider_alias=identity.provider_alias,
            trust=identity.trust,
            amr=identity.amr,
            claims={**identity.claims, LOCALE_CLAIM: HeldClaim(visit.locale, TrustLevel.NONE)},
            authenticated_at=identity.authenticated_at,
            last_seen_at=now,
            expires_at=now + SESSION_LIFETIME,
            upstream_sid=identity.upstream_sid if at_hub else None,
            upstream_id_token=identity.id_token if at_hub else None,
            subject_type=identity.subject_type,
            vouched_by=identity.vouched_by,
            person_key=person_key(self.person_key, identity),
            upstream_hash=upstream_hash,
            news=self.links.has_news(identity.provider_alias, upstream_hash),
            device=visit.device,
        )
        return token, session

    def _leave_hub(self, identity: UpstreamIdentity, session: BrokerSession) -> None:
        """Where the citizen ID has no logout, nothing is needed from the hub's session any more: it ends now, with what it knows of the
        citizen, unless a session that needs it hangs on it."""
        logout = hub_logout(identity.upstream_sid, identity.id_token)
        if logout is None or session.upstream_id_token or self.sessions.find_by_upstream(logout.upstream_sid):
            return
        if not self.overseeing.signing_out.at_hub.leave(logout):
            self.sessions.replace(replace(session, left_at_hub=(*session.left_at_hub, logout.id)))

    def _at_public_computer(self, request: AuthorizationRequest, visit: Visit) -> bool:
        """Whether others use it too: so said, known of the network, or true of the session that is there."""
        common = self.sessions.find(visit.session_id) if visit.session_id else None
        return request.public_computer or visit.public_computer or (common is not None and common.public_computer)

    def _replaced(self, session: BrokerSession, common_id: str | None) -> str | None:
        """Id of the session that a new one takes the place of: the browser's common one, or the one that the tool has there alone."""
        if not session.only_for:
            return common_id
        own = self.sessions.find_own(session.browser_id, session.only_for)
        return own.id if own else None

    def _succeed(self, session: BrokerSession, visit: Visit) -> BrokerSession:
        """Put the new session in the place of the old: the same person's tools stay signed in, another person's are signed out (SE-03);
        also of an old one that is over by time, whose tools may not have heard of it yet."""
        old, signing_out = self.sessions.find_even_over(visit.session_id) if visit.session_id else None, self.overseeing.signing_out
        lives = old is not None and old.live(self.clock())
        if old is not None and old.subject_id != session.subject_id:
            self.overseeing.sign_out(old, by=EndedBy.CITIZEN if lives else EndedBy.TIME, successor=session)
        if old is not None and lives:
            session = session.continuing(old)
        self.overseeing.note(session, visit)
        self.sessions.add(session, visit.session_id)
        if old is not None and old.subject_id == session.subject_id:
            signing_out.hand_over(old, session)
        self.overseeing.end_surplus(session.subject_id)
        return session
