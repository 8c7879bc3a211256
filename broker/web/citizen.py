"""The citizen's pages: choosing a citizen ID, coming back from it, consent, too low a level, signed out.

Every view that works on a request in progress first asks the flow for it, which refuses another browser's (A-28). What comes after a step
is never decided here: each ends at `/continue/<request_id>`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, g, render_template, request, url_for

from broker.core.claim import ClaimTable
from broker.core.client import Client
from broker.core.errors import BadRequest, BrokerError, DoubledParameter, UnknownClient, UpstreamCancelled
from broker.core.linking import ACCOUNT_PAGES
from broker.core.network import Networks
from broker.core.next_step import Refuse, required_trust
from broker.core.provider import IdentityProvider
from broker.core.request import AuthorizationRequest, Setback, SetbackKind
from broker.core.session import BrokerSession
from broker.core.trust import TrustLevel
from broker.core.upstream_errors import AttributesMissing, CitizenIdUnavailable, GuestSignIn, SignInInterrupted
from broker.flows.choosing import Choosing, is_unmet
from broker.flows.consenting import Consenting, ConsentOffer
from broker.flows.signing_in import SigningIn
from broker.web.account_door import AccountDoor
from broker.web.answering import see_other
from broker.web.cookies import Cookies
from broker.web.forms import ConsentForm
from broker.web.headers import allow_form_action
from broker.web.i18n import current_language
from broker.web.observability import request_id as request_number
from broker.web.presentation import ShownSetback, claim_labels, provider_name, provider_options, shown_claims
from broker.web.public_computer import switch_for, switched_on
from broker.web.told_why import ToldWhy
from broker.web.visits import this_visit

Answer = str | Response
_SETBACKS: dict[SetbackKind, type[BrokerError]] = {
    SetbackKind.CANCELLED: UpstreamCancelled,
    SetbackKind.UNAVAILABLE: CitizenIdUnavailable,
    SetbackKind.INCOMPLETE: AttributesMissing,
}
"""What the log calls a try that failed."""


@dataclass(frozen=True, slots=True)
class CitizenViews:
    """The views, with what they need. `hub_origin` is where the hub's pages live, for the policy of the pages that lead there."""

    door: AccountDoor
    signing_in: SigningIn
    consenting: Consenting
    choosing: Choosing
    find_client: Callable[[str], Client | None]
    list_providers: Callable[[], Sequence[IdentityProvider]]
    find_session: Callable[[str], BrokerSession | None]
    claim_table: ClaimTable
    networks: Networks
    cookies: Cookies
    told_why: ToldWhy
    hub_origin: str

    def start(self) -> Answer:
        """What this place is, for whoever comes without a tool, or lost the way at a citizen ID that led nowhere."""
        session = self.door.session()
        name = provider_name(self.list_providers(), session.provider_alias) if session else ""
        pending = self.signing_in.under_way(self.cookies.request_in_progress() or "", self.cookies.known_browser_id() or "")
        return render_template(
            "citizen/start.html",
            signed_in_with=name,
            sign_out_url="/logout",
            public_until=session.public_until if session else None,
            tool=self._client(pending) if pending else None,
            go_on_url=url_for(".choose_provider", request_id=pending.id) if pending else None,
            ended_by=self.told_why.tell(session),
        )

    def choose_provider(self, request_id: str) -> Answer:
        """The citizen IDs to choose from; after a try that failed also what happened, at a step-up why a stronger one is needed."""
        pending, session = self.door.in_progress(request_id)
        switch = switch_for(self.networks, pending, self._common_session())
        choice = self.choosing.offer(pending, session, None if switch and switch.fixed else self.cookies.remembered_choice())
        if choice is None:
            return _onward(request_id)
        self._may_lead_on(pending)
        return render_template(
            "citizen/choose_provider.html",
            request_id=request_id,
            tool=choice.client,
            options=provider_options(choice.options, choice.needed, self.consenting.clock()),
            needed=choice.needed,
            step_up=choice.present,
            may_stay=choice.may_stay,
            setback=self._told(choice.setback) if choice.setback else None,
            unasked=claim_labels(self.claim_table, choice.unasked),
            reference=request_number(),
            errand=_errand(pending),
            switch=switch,
            ended_by=self.told_why.tell(session),
        )

    def begin_sign_in(self, request_id: str) -> Answer:
        """Send the browser to the chosen citizen ID; remember it on this device only if that was ticked, and others do not use it."""
        public = switched_on(self.networks, self._common_session())
        pending = self.signing_in.mark(self.door.pending(request_id), public_computer=public)
        alias = request.form.get("provider", "")
        response = see_other(self.signing_in.send(pending, alias, current_language().locale))
        self.cookies.remember_request(response, request_id)
        if request.form.get("remember") and not public:
            self.cookies.remember_choice(response, alias)
        elif public or self.cookies.remembered_choice() == alias:
            self.cookies.forget_choice(response)
        return response

    def forget_choice(self, request_id: str) -> Answer:
        """The citizen wants no citizen ID remembered on this device any more."""
        response = see_other(url_for(".choose_provider", request_id=self.door.pending(request_id).id))
        self.cookies.forget_choice(response)
        return response

    def cancel_sign_in(self, request_id: str) -> Answer:
        """The citizen would rather not: the tool is told."""
        self.signing_in.give_up(*self.door.in_progress(request_id))
        return _onward(request_id)

    def stay(self, request_id: str) -> Answer:
        """The present sign-in will do: the tool only wished for a surer one."""
        self.signing_in.stay(*self.door.in_progress(request_id))
        return _onward(request_id)

    def callback(self) -> Answer:
        """Back from the hub. The answer is used up by looking at it, so this page exists once."""
        g.shown_once = True
        if any(len(values) > 1 for _, values in request.args.lists()):
            raise DoubledParameter("the hub's answer has a doubled parameter")
        answer = request.args.to_dict()
        signed_in = self.signing_in.complete(answer, this_visit(self.cookies, self.networks))
        response = _onward(signed_in.request.id)
        if signed_in.session:
            self.cookies.start_session(response, signed_in.session_token, public_computer=signed_in.session.public_computer)
        return response

    def consent(self, request_id: str) -> Answer:
        """What the tool would get, and the question."""
        pending, session = self.door.in_progress(request_id)
        offer = self.consenting.offer(pending, session) if session else None
        if session is None or offer is None:
            return _onward(request_id)
        return self._consent_page(pending, session, offer, _form(offer))

    def decide(self, request_id: str) -> Answer:
        """Record yes or no. The stored request says what is agreed to, never the form (CN-01)."""
        pending, session = self.door.in_progress(request_id)
        decision = request.form.get("decision")
        if decision == "deny":
            self.consenting.deny(pending)
        elif decision != "allow":
            raise BadRequest("decision is neither allow nor deny")
        elif session and (offer := self.consenting.offer(pending, session)):
            form = _form(offer)
            if form and not form.validate():
                return self._consent_page(pending, session, offer, form)
            self.consenting.give(pending, session, form.pseudonym.data if form else None)
        return _onward(request_id)

    def unmet(self, request_id: str) -> Answer:
        """The sign-in worked and was not enough: say so before the tool hears of it."""
        pending, session = self.door.in_progress(request_id)
        step = self.signing_in.judge(pending, session)
        if session is None or not isinstance(step, Refuse) or not is_unmet(step):
            return _onward(request_id)
        client = self._client(pending)
        self._may_lead_on(pending)
        g.error = step.error
        return render_template(
            "citizen/unmet.html",
            request_id=request_id,
            tool=client,
            provider=provider_name(self.list_providers(), session.provider_alias),
            reached=self._level_now(session),
            needed=required_trust(pending, client),
            can_retry=self.choosing.offer(pending, session) is not None,
            reference=request_number(),
            code=step.error.code,
        )

    def upstream_return(self) -> Answer:
        """Where the hub's error pages lead home to. Offers the sign-in in progress again, if this browser has one.

        `reason` is a word of our theme's, and anybody could write it into an address: it chooses between two texts and nothing else.
        """
        request_id = self.cookies.request_in_progress()
        pending = self.door.pending(request_id) if request_id else None
        error = g.error = GuestSignIn() if request.args.get("reason") == "guest" else SignInInterrupted()
        if pending:
            self._may_lead_on(pending)
        return render_template(
            "citizen/interrupted.html",
            request_id=request_id,
            tool=self._client(pending) if pending else None,
            guest=isinstance(error, GuestSignIn),
            reference=request_number(),
            code=error.code,
        )

    def _common_session(self) -> BrokerSession | None:
        session_id = self.cookies.session_id()
        return self.find_session(session_id) if session_id else None

    def _level_now(self, session: BrokerSession) -> TrustLevel:
        """What the sign-in is still worth; a high one fades within minutes."""
        return session.trust_at(self.consenting.clock())

    def _client(self, pending: AuthorizationRequest) -> Client:
        client = self.find_client(pending.client_id)
        if client is None:
            raise UnknownClient("the client of this request is gone")
        return client

    def _told(self, setback: Setback) -> ShownSetback:
        """The failed try in the page's words; its error stands in the log under the page's reference number."""
        error = g.error = _SETBACKS[setback.kind]()
        name = provider_name(self.list_providers(), setback.provider_alias)
        return ShownSetback(setback.kind, name, claim_labels(self.claim_table, setback.claims), error.code)

    def _consent_page(self, pending: AuthorizationRequest, session: BrokerSession, offer: ConsentOffer, form: ConsentForm | None) -> Answer:
        self._may_lead_on(pending)
        return render_template(
            "citizen/consent.html",
            request_id=pending.id,
            tool=offer.client,
            claims=shown_claims(offer.claims),
            apis=offer.apis,
            offline_days=offer.offline.days if offer.offline else None,
            form=form,
            until=self.consenting.clock() + offer.lifetime,
            provider=provider_name(self.list_providers(), session.provider_alias),
            trust=self._level_now(session),
            public_until=session.public_until,
        )

    def _may_lead_on(self, pending: AuthorizationRequest) -> None:
        """A form of this page may end at the hub or, with the answer, at the tool."""
        allow_form_action(self.hub_origin)
        allow_form_action(pending.redirect_uri)


def citizen_blueprint(views: CitizenViews) -> Blueprint:
    """The addresses of the citizen's pages. `POST /unmet/<id>` and `/continue/<id>` answer the tool and so belong to `web/oidc.py`."""
    blueprint = Blueprint("citizen", __name__)
    blueprint.get("/")(views.start)
    blueprint.get("/sign-in/<request_id>")(views.choose_provider)
    blueprint.post("/sign-in/<request_id>")(views.begin_sign_in)
    blueprint.post("/sign-in/<request_id>/cancel")(views.cancel_sign_in)
    blueprint.post("/sign-in/<request_id>/forget")(views.forget_choice)
    blueprint.post("/sign-in/<request_id>/stay")(views.stay)
    blueprint.get("/callback")(views.callback)
    blueprint.get("/consent/<request_id>")(views.consent)
    blueprint.post("/consent/<request_id>")(views.decide)
    blueprint.get("/unmet/<request_id>")(views.unmet)
    blueprint.get("/upstream/return")(views.upstream_return)
    return blueprint


def _errand(pending: AuthorizationRequest) -> str:
    """What somebody who comes without a tool wants: to see the account, or to add a citizen ID to it."""
    if pending.client_id != ACCOUNT_PAGES:
        return ""
    return "link" if pending.links_to else "account"


def _form(offer: ConsentOffer) -> ConsentForm | None:
    """The display name's form, if the tool gets one."""
    return ConsentForm(data={"pseudonym": offer.pseudonym}) if offer.pseudonym is not None else None


def _onward(request_id: str) -> Response:
    return see_other(url_for("oidc.proceed", request_id=request_id))
