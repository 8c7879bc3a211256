"""Signing in: from a stored request to the hub and back, ending in a new session of the broker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from broker.core.claim import HeldClaim
from broker.core.client import Client
from broker.core.errors import AccessDenied, BrokerError, ForeignBrowser, RequestExpired, UpstreamCancelled, UpstreamRefused
from broker.core.next_step import ChooseProvider, Step, StepUp, required_trust, usable_providers
from broker.core.ports import Clock, Upstream, UpstreamProof, UpstreamRequest
from broker.core.provider import IdentityProvider
from broker.core.request import STEP_UP_DECLINED, AuthorizationRequest, Setback, SetbackKind, UpstreamLogin
from broker.core.session import BrokerSession, Visit
from broker.core.subject import Subject, UpstreamIdentity
from broker.core.trust import TrustLevel
from broker.core.upstream_errors import AttributesMissing, CitizenIdUnavailable
from broker.core.voucher import VOUCHER
from broker.flows.choosing import is_unmet
from broker.flows.consenting import BY_CITIZEN
from broker.flows.ending_at_hub import hub_logout
from broker.flows.judging import Judging
from broker.flows.linking import Linking
from broker.flows.opening import Opening
from broker.flows.supplementing import Supplementing
from broker.flows.watching import Watching
from broker.store.requests import Requests
from broker.store.sessions import Sessions

BY_CITIZEN_ID = "citizen_id"
"""Who denied a request that was cancelled or refused at the citizen ID."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What came of an answer from the hub. Without a session nobody signed in, and the request knows why (`denied_by`, `setback`).

    `session_token` is for the cookie; a session of one tool alone gets none, the request knows it (`session_id`).
    """

    request: AuthorizationRequest
    session_token: str | None
    session: BrokerSession | None


@dataclass(frozen=True, slots=True)
class SigningIn:
    """One sign-in: `begin`, `judge` until it says issue or refuse, `send` to the hub, `complete` with its answer."""

    requests: Requests
    sessions: Sessions
    judging: Judging
    linking: Linking
    opening: Opening
    upstream: Upstream
    watching: Watching
    supplementing: Supplementing
    voucher_page: str
    clock: Clock

    def judge(self, request: AuthorizationRequest, session: BrokerSession | None) -> Step:
        """The one next step."""
        return self.judging.judge(request, session)

    def begin(self, request: AuthorizationRequest) -> None:
        """Store a request that needs the citizen."""
        self.requests.add(request)

    def resume(self, request_id: str, browser_id: str) -> AuthorizationRequest:
        """The stored request. Raises RequestExpired, or ForeignBrowser when another browser began it."""
        return self.requests.get(request_id, browser_id)

    def under_way(self, request_id: str, browser_id: str) -> AuthorizationRequest | None:
        """A request of this browser for which nobody has signed in yet; None for all else."""
        try:
            request = self.resume(request_id, browser_id)
        except (RequestExpired, ForeignBrowser):
            return None
        return request if request.signed_in_at is None and not request.denied_by else None

    def session_for(self, request: AuthorizationRequest, common_id: str | None) -> BrokerSession | None:
        """Who is signed in for this request: by the browser's common session, whose id its cookie gives, or, for a tool that keeps to
        itself, by the one that came of this very request."""
        session_id = request.session_id if self.judging.only_for(request) else common_id
        return self.sessions.find(session_id) if session_id else None

    def mark(self, request: AuthorizationRequest, *, public_computer: bool) -> AuthorizationRequest:
        """Note whether the citizen said that others use this computer too; it holds for whoever signs in for this request."""
        return request if request.public_computer == public_computer else self._changed(replace(request, public_computer=public_computer))

    def send(self, request: AuthorizationRequest, alias: str, locale: str) -> str:
        """Where to send the browser to sign in at this citizen ID, at the level this request insists on: to the hub, or with a voucher to
        a page of ours.

        A level that is only wished for (acr_values) is not asked for as a minimum: it would hide every weaker means from a citizen
        who has no other, for a wish.

        Raises AccessDenied for a citizen ID this request must not use, UpstreamUnavailable when the hub does not answer.
        """
        with interrupting(request.id):
            client, _ = self._allowed(request, alias)
            if alias == VOUCHER:
                return f"{self.voucher_page}/{request.id}"
            claims = () if request.links_to else self.judging.releasing.upstream_claims(client, alias)
            redirect = self.upstream.begin(UpstreamRequest(alias, required_trust(request, client), locale, claims, request.login_hint))
            login = UpstreamLogin(request.id, request.browser_id, alias, redirect.nonce, redirect.code_verifier, self.clock(), claims)
            self.requests.add_login(redirect.state, login)
            self.opening.make_room(request, alias)
            return redirect.url

    def complete(self, answer: Mapping[str, str], visit: Visit) -> SignedIn:
        """Turn the hub's answer into a session with a new id, which replaces the browser's old one.

        Raises RequestExpired or ForeignBrowser when the answer is not one to a sign-in this browser began (UP-01, UP-03),
        UpstreamRefused or UpstreamUnavailable as the hub's side says, AccountBlocked, and AccessDenied when tool or citizen ID were
        switched off meanwhile (A-31). `request_id` of the error is set where the request is known and can be tried again. Where another
        citizen ID may help, the request goes on with a setback; a session there was stays as it is (UP-13).
        """
        login = self.requests.take_login(answer["state"]) if answer.get("state") else None
        if login is None:
            raise RequestExpired
        if login.browser_id != visit.browser_id:
            raise ForeignBrowser
        with interrupting(login.request_id):
            request = self.requests.get(login.request_id, visit.browser_id)
            try:
                identity = self._identity(request, login, answer)
            except (UpstreamCancelled, CitizenIdUnavailable) as trouble:
                if isinstance(trouble, CitizenIdUnavailable):
                    self.watching.failed(login.provider_alias, visit.address)
                return SignedIn(self._changed(self._set_back(request, login, trouble, visit.session_id)), None, None)
            if request.links_to:
                return self._propose(request, identity)
            return self.enter(request, identity, self.linking.account_of(identity, visit.locale), visit, login.claims)

    def enter(
        self,
        request: AuthorizationRequest,
        identity: UpstreamIdentity,
        subject: Subject,
        visit: Visit,
        asked: tuple[str, ...] | None = None,
    ) -> SignedIn:
        """The end of every sign-in: this person, by this account, in the browser of this request. `asked` are the claims asked for."""
        identity = self.supplementing.supplemented(identity, subject)
        token, session = self.opening.open(request, identity, subject, visit, asked)
        self.watching.succeeded(identity.provider_alias)
        own = session.id if session.only_for else ""
        changed = self._changed(replace(request, signed_in_at=self.clock(), setback=None, session_id=own))
        return SignedIn(changed, None if own else token, session)

    def check(self, request: AuthorizationRequest, alias: str) -> None:
        """Raises AccessDenied unless this request may be signed in for with this citizen ID now."""
        self._allowed(request, alias)

    def signs_out_elsewhere(self, request: AuthorizationRequest, alias: str) -> bool:
        """Whether being sent to this citizen ID ends what the browser has open at another one: nobody is, without a click (A-20)."""
        return self.opening.needs_room(request, alias)

    def stay(self, request: AuthorizationRequest, session: BrokerSession | None) -> AuthorizationRequest:
        """The citizen keeps the present sign-in where the tool would only like a surer one (UP-12); else nothing happens."""
        step = self.judge(request, session)
        if not isinstance(step, StepUp) or step.required:
            return request
        return self._changed(replace(request, wanted_trust=TrustLevel.NONE, setback=None))

    def give_up(self, request: AuthorizationRequest, session: BrokerSession | None) -> AuthorizationRequest:
        """The citizen would rather not: the tool is told access_denied, or, by somebody who is signed in, that its level was not met."""
        step = self.judge(request, session)
        too_low = is_unmet(step) or (isinstance(step, StepUp) and step.required)
        return self._changed(replace(request, denied_by=STEP_UP_DECLINED if too_low else BY_CITIZEN))

    def _set_back(
        self, request: AuthorizationRequest, login: UpstreamLogin, trouble: BrokerError, old_session_id: str | None
    ) -> AuthorizationRequest:
        """A no at the citizen ID is the tool's to hear, except where somebody stays signed in. Else there are other choices."""
        if isinstance(trouble, CitizenIdUnavailable):
            return replace(request, setback=Setback(login.provider_alias, SetbackKind.UNAVAILABLE))
        if isinstance(trouble, AttributesMissing):
            return replace(request, setback=Setback(login.provider_alias, SetbackKind.INCOMPLETE, trouble.claims))
        session = self.session_for(request, old_session_id)
        step = self.judge(request, session)
        asked_for_more = isinstance(step, ChooseProvider) and bool(step.unasked)
        if session and (isinstance(step, StepUp) or asked_for_more or is_unmet(step)):
            return replace(request, setback=Setback(login.provider_alias, SetbackKind.CANCELLED))
        return replace(request, denied_by=BY_CITIZEN_ID)

    def _propose(self, request: AuthorizationRequest, identity: UpstreamIdentity) -> SignedIn:
        """Whoever signed in is to be linked: kept with the request for the citizen's yes. No session comes of it, also not at the hub."""
        if logout := hub_logout(identity.upstream_sid, identity.id_token):
            self.opening.overseeing.signing_out.at_hub.leave(logout)
        changed = replace(request, signed_in_at=self.clock(), setback=None, proposed=self.linking.proposed(identity))
        return SignedIn(self._changed(changed), None, None)

    def _allowed(self, request: AuthorizationRequest, alias: str) -> tuple[Client, IdentityProvider]:
        client = self.judging.client_of(request)
        if request.silent or request.denied_by or client is None or not client.takes_part:
            raise AccessDenied("This request must not be signed in for.")
        usable = usable_providers(request, client, tuple(self.judging.providers.list()))
        provider = next((one for one in usable if one.alias == alias), None)
        if provider is None:
            raise AccessDenied("This citizen ID must not be used for this request.")
        return client, provider

    def _identity(self, request: AuthorizationRequest, login: UpstreamLogin, answer: Mapping[str, str]) -> UpstreamIdentity:
        proof = UpstreamProof(login.provider_alias, login.nonce, login.code_verifier, login.started_at)
        identity = self.upstream.complete(answer, proof)
        _, provider = self._allowed(request, identity.provider_alias)
        if identity.is_test_account and not provider.sandbox:
            raise UpstreamRefused("An account for trying out came where real ones are expected.")
        return capped(identity, provider.trust_ceiling)

    def _changed(self, request: AuthorizationRequest) -> AuthorizationRequest:
        self.requests.replace(request)
        return request


@contextmanager
def interrupting(request_id: str) -> Iterator[None]:
    """Errors inside say which sign-in they interrupted."""
    try:
        yield
    except BrokerError as error:
        error.request_id = request_id
        raise


def capped(identity: UpstreamIdentity, ceiling: TrustLevel) -> UpstreamIdentity:
    """No citizen ID counts for more than its ceiling, as a whole and claim by claim (A-29). Raises UpstreamRefused for a level of none."""
    trust = min(identity.trust, ceiling)
    if trust is TrustLevel.NONE:
        raise UpstreamRefused("The citizen ID did not say how sure it is of the person.")
    claims = {name: HeldClaim(held.value, min(held.trust, trust)) for name, held in identity.claims.items()}
    return replace(identity, trust=trust, claims=claims)
