"""Tools' browser-facing side: the authorization endpoint, and the crossroads that every step of a sign-in returns to.

`/authorize` reads and judges; what can be answered at once is answered without storing anything. `/continue/<id>` is the only place that
turns the judge's word into a way to go; steps never point at one another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for

from broker.core.errors import BadRequest, BrokerError, UnmetTrust
from broker.core.linking import ACCOUNT_PAGES, ConfirmLink, TellNews
from broker.core.next_step import AskConsent, ChooseProvider, Issue, Refuse, SignIn, Step, StepUp
from broker.core.request import AuthorizationRequest
from broker.core.session import BrokerSession
from broker.flows.authorizing_devices import AuthorizingDevices
from broker.flows.issuing import Issuing
from broker.flows.signing_in import SigningIn
from broker.oidc.authorization_request import RequestReader
from broker.oidc.parameters import Parameters
from broker.oidc.request_limits import LIMITS
from broker.oidc.request_source import RequestSource
from broker.oidc.responses import AuthorizationResponses
from broker.oidc.return_address import FindClient, ReturnAddress
from broker.web.answering import see_other, send
from broker.web.cookies import Cookies
from broker.web.device_words import present_device
from broker.web.errors import redirect_errors_to
from broker.web.i18n import adopt_language, current_language
from broker.web.login_start import start_again, where_to_start
from broker.web.observability import count_answer
from broker.web.reading import must_come_again, sent_parameters


@dataclass(frozen=True, slots=True)
class AuthorizeViews:
    """What the authorization endpoint needs."""

    responses: AuthorizationResponses
    source: RequestSource
    reader: RequestReader
    find_client: FindClient
    signing_in: SigningIn
    issuing: Issuing
    devices: AuthorizingDevices
    is_down: Callable[[str], bool]
    cookies: Cookies

    def authorize(self) -> Response:
        """`GET` or `POST /authorize` (OIDC Core 3.1.2.1)."""
        parameters = self._parameters()
        again = must_come_again(self.cookies.known_browser_id())
        if again and not parameters.doubled and "request_uri" in parameters.values:  # looked up when it comes
            return _as_get(parameters)
        found = self.source.open(parameters, redirect_errors_to)
        asked = self.reader.read(found, "" if again else self.cookies.browser_id())
        if again:
            return _as_get(parameters)
        if asked.ui_locales and (found.pushed or found.signed):
            adopt_language(asked.ui_locales)
        session = self._session(asked)
        step = self.signing_in.judge(asked, session)
        if isinstance(step, Issue | Refuse):
            return self._answer(asked, found.address, step, session)
        self.signing_in.begin(asked)
        return see_other(url_for("oidc.proceed", request_id=asked.id))

    def proceed(self, request_id: str) -> Response:
        """`GET /continue/<id>`: on to whatever the judge says is next."""
        asked = self.signing_in.resume(request_id, self.cookies.browser_id())
        if asked.client_id == ACCOUNT_PAGES:
            return self._on_account_pages(asked)
        address = ReturnAddress.of(asked, self.find_client)
        session = self._session(asked)
        step = self.signing_in.judge(asked, session)
        if session and isinstance(step, Refuse) and isinstance(step.error, UnmetTrust) and not (asked.silent or asked.denied_by):
            return see_other(url_for("citizen.unmet", request_id=asked.id))  # explained first; the page's button then tells the tool
        if isinstance(step, Issue | Refuse):
            return self._answer(asked, address, step, session)
        return self._onward(asked, step)

    def _onward(self, asked: AuthorizationRequest, step: Step) -> Response:
        response = see_other(self._way(asked, step))
        self.cookies.remember_request(response, asked.id)
        return response

    def _on_account_pages(self, asked: AuthorizationRequest) -> Response:
        """The account's own pages get no answer: they look for themselves who is signed in."""
        step = self.signing_in.judge(asked, self._session(asked))
        if isinstance(step, Refuse) and not asked.denied_by:
            raise step.error
        if isinstance(step, Issue | Refuse):
            return see_other(asked.redirect_uri or url_for("account.show"))
        return self._onward(asked, step)

    def leave_unmet(self, request_id: str) -> Response:
        """`POST /unmet/<id>`: the citizen has read why the level was too low; now the tool is told."""
        asked = self.signing_in.resume(request_id, self.cookies.browser_id())
        address = ReturnAddress.of(asked, self.find_client)
        step = self.signing_in.judge(asked, self._session(asked))
        if isinstance(step, Refuse):
            return self._answer(asked, address, step, None)
        return see_other(url_for("oidc.proceed", request_id=request_id))

    def _parameters(self) -> Parameters:
        """Query or form by the method, never merged (RU-08)."""
        if request.method == "POST" and not request.args.keys().isdisjoint(LIMITS):
            raise BadRequest("parameters were sent both in the query and in the form")
        return sent_parameters(LIMITS)

    def _session(self, asked: AuthorizationRequest) -> BrokerSession | None:
        session = self.signing_in.session_for(asked, self.cookies.session_id())
        return self.signing_in.opening.overseeing.seen_on(session, present_device()) if session else None

    # The one place where answers go out.
    def _answer(self, asked: AuthorizationRequest, address: ReturnAddress, step: Issue | Refuse, session: BrokerSession | None) -> Response:
        if asked.device_id:
            return self._tell_device(asked, step, session)
        if isinstance(step, Refuse):
            self.source.settle(asked)
            return send(self.responses.error(address, step.error))
        client = self.find_client(asked.client_id)
        assert session is not None  # the judge never issues without one
        assert client is not None  # the address was made from it
        if client.login_start.is_over(asked.created_at, self.signing_in.clock()) and where_to_start(client):
            return start_again(self.responses.issuer, client, asked, session)
        sid = self.issuing.sid(session, client.client_id) if client.logout.session_state else None
        answer = self.responses.code(address, self.issuing.code(asked, session, step), sid)
        self.source.settle(asked)  # last: what an outage interrupts can be loaded again, and a code that nobody was sent does no harm
        return send(answer)

    def _tell_device(self, asked: AuthorizationRequest, step: Issue | Refuse, session: BrokerSession | None) -> Response:
        """A device fetches its answer itself; the citizen is told that it may."""
        count_answer("device_refused" if isinstance(step, Refuse) else "device_code")
        if isinstance(step, Refuse):
            self.devices.refuse(asked)
        else:
            assert session is not None  # the judge never issues without one
            self.devices.approve(asked, session, step)
        return see_other(url_for("device.done", request_id=asked.id))

    def _way(self, asked: AuthorizationRequest, step: Step) -> str:
        match step:
            case SignIn(alias) if self.is_down(alias) or self.signing_in.signs_out_elsewhere(asked, alias):
                return url_for("citizen.choose_provider", request_id=asked.id)
            case SignIn(alias):
                return self.signing_in.send(asked, alias, current_language().locale)
            case ChooseProvider() | StepUp():
                return url_for("citizen.choose_provider", request_id=asked.id)
            case ConfirmLink():
                return url_for("account_links.confirm", request_id=asked.id)
            case TellNews():
                return url_for("account_links.news", request_id=asked.id)
            case AskConsent():
                return url_for("citizen.consent", request_id=asked.id)
            case _:
                raise BrokerError


def _as_get(parameters: Parameters) -> Response:
    return see_other(f"{url_for('oidc.authorize')}?{urlencode({**parameters.values, **parameters.lists}, doseq=True)}")


def oidc_blueprint(views: AuthorizeViews) -> Blueprint:
    """`/authorize`, `/continue/<id>` and the way out of `/unmet/<id>`. Only the first is posted to by tools, without a form token."""
    blueprint = Blueprint("oidc", __name__)
    blueprint.add_url_rule("/authorize", "authorize", views.authorize, methods=["GET", "POST"], provide_automatic_options=False)
    blueprint.add_url_rule("/continue/<request_id>", "proceed", views.proceed, provide_automatic_options=False)
    blueprint.add_url_rule("/unmet/<request_id>", "leave_unmet", views.leave_unmet, methods=["POST"])
    return blueprint
