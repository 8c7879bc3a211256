"""A citizen's way through a simulated citizen ID: means, test person, what will be sent, then back with an answer.

The pages are the same everywhere; a dialect brings `names.html` (German names), `request.html` (who asks for what) and `data.html`
(what will be sent).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from deploy.demo.persons import Account, Person
from deploy.demo.saml.logins import PendingLogin
from deploy.demo.saml.pages import post_on
from deploy.demo.saml.refusal import LoginExpired, RequestRefused
from deploy.demo.saml.response import PostedForm


def session_cookie() -> str:
    """Name of this site's cookie: browsers keep one set of cookies for all ports of a host, where all simulators stand."""
    return f"SIMULATION_SESSION_{request.host.rpartition(':')[2]}"


class Chosen(Protocol):
    """A test person who identifies at an account by a means."""

    @property
    def person(self) -> Person: ...
    @property
    def account(self) -> Account: ...


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer of a login, and the session it began here (its SessionIndex) where the citizen ID has a single logout."""

    form: PostedForm
    session_index: str = ""


class Simulated(Protocol):
    """What the pages need of a simulator; ``request`` is its dialect's accepted AuthnRequest."""

    @property
    def show_faults(self) -> bool: ...
    @property
    def faults(self) -> Collection[str]: ...
    @property
    def cancel_words(self) -> Sequence[str]:
        """The statuses a cancelled login may be answered with, the usual one first."""

    @property
    def known_means(self) -> Collection[str]: ...
    def begin(self, saml_request: str, relay_state: str) -> str: ...
    def login(self, login_id: str) -> PendingLogin[Any, Any]: ...
    def means(self, request: Any) -> Sequence[str]: ...
    def choices(self, request: Any, means: str) -> Sequence[Chosen]: ...
    def review(self, request: Any, chosen: Any) -> Mapping[str, object]:
        """What `data.html` needs to show."""

    def finish(self, login_id: str, address: str, fault_names: list[str]) -> Finished: ...
    def cancel(self, login_id: str, status: str) -> PostedForm: ...


@dataclass(frozen=True, slots=True)
class Journey:
    """The views of one simulator."""

    simulated: Simulated

    def receive(self) -> AnyResponse:
        """The door for AuthnRequests, HTTP-POST binding."""
        encoded = request.form.get("SAMLRequest")
        if not encoded:
            raise RequestRefused("saml-request-invalid", "The form field SAMLRequest is missing.")
        login_id = self.simulated.begin(encoded, request.form.get("RelayState", ""))
        return redirect(url_for("journey.choose_means", login_id=login_id), code=303)

    def choose_means(self, login_id: str) -> str:
        pending = self.simulated.login(login_id)
        return self._page("means.html", login_id, pending, offered=self.simulated.means(pending.request))

    def choose_person(self, login_id: str, means: str) -> str:
        pending = self.simulated.login(login_id)
        if means not in self.simulated.known_means:
            abort(404)
        return self._page("person.html", login_id, pending, means=means, choices=self._choices(pending, means))

    def identify(self, login_id: str, means: str) -> AnyResponse:
        """Takes the chosen citizen, who then sees what will be sent."""
        pending = self.simulated.login(login_id)
        wanted = request.form.get("account", "")
        pending.chosen = next((one for one in self._choices(pending, means) if one.account.key == wanted), None) or abort(404)
        return redirect(url_for("journey.review", login_id=login_id), code=303)

    def review(self, login_id: str) -> str:
        """Shows the values that will be sent and lets the citizen agree or cancel."""
        pending = self.simulated.login(login_id)
        if pending.chosen is None:
            raise LoginExpired
        shown = self.simulated.review(pending.request, pending.chosen)
        faults = self.simulated.faults if self.simulated.show_faults else []
        return self._page("review.html", login_id, pending, login=pending.chosen, faults=faults, **shown)

    def confirm(self, login_id: str) -> Response:
        wanted = request.form.getlist("fault") if self.simulated.show_faults else []
        names = [name for name in wanted if name in self.simulated.faults]
        finished = self.simulated.finish(login_id, request.remote_addr or "", names)
        answer = post_on(finished.form)
        if finished.session_index:
            # For this site's own page alone: every sign-in asks anew (ForceAuthn).
            answer.set_cookie(session_cookie(), finished.session_index, httponly=True, samesite="Lax")
        return answer

    def cancel(self, login_id: str) -> Response:
        status = request.form.get("status", "")
        known = self.simulated.cancel_words
        return post_on(self.simulated.cancel(login_id, status if status in known else known[0]))

    def _choices(self, pending: PendingLogin[Any, Any], means: str) -> Sequence[Chosen]:
        return self.simulated.choices(pending.request, means)

    def _page(self, template: str, login_id: str, pending: PendingLogin[Any, Any], **context: object) -> str:
        cancel_words = self.simulated.cancel_words if self.simulated.show_faults else []
        return render_template(template, login_id=login_id, saml=pending.request, cancel_words=cancel_words, **context)


def journey_blueprint(simulated: Simulated, sso_path: str, login_path: str) -> Blueprint:
    """The pages of a login, at the citizen ID's own addresses."""
    journey, blueprint = Journey(simulated), Blueprint("journey", __name__)
    blueprint.add_url_rule(sso_path, view_func=journey.receive, endpoint="receive", methods=["POST"])
    at = f"{login_path}/<login_id>"
    blueprint.add_url_rule(at, view_func=journey.choose_means, endpoint="choose_means")
    blueprint.add_url_rule(f"{at}/review", view_func=journey.review, endpoint="review")
    blueprint.add_url_rule(f"{at}/confirm", view_func=journey.confirm, endpoint="confirm", methods=["POST"])
    blueprint.add_url_rule(f"{at}/cancel", view_func=journey.cancel, endpoint="cancel", methods=["POST"])
    blueprint.add_url_rule(f"{at}/<means>", view_func=journey.choose_person, endpoint="choose_person", methods=["GET"])
    blueprint.add_url_rule(f"{at}/<means>", view_func=journey.identify, endpoint="identify", methods=["POST"])
    return blueprint
