"""The addresses of a single logout: where service providers send their messages, and the button of whoever is signed in here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request

from deploy.demo.saml.journey import session_cookie
from deploy.demo.saml.logout import Session, SingleLogout
from deploy.demo.saml.pages import post_on
from deploy.demo.saml.refusal import LoginExpired, RequestRefused


@dataclass(frozen=True, slots=True)
class LogoutPages:
    """The views of one simulator."""

    logout: SingleLogout
    clock: Callable[[], dt.datetime]

    def session(self) -> Session | None:
        """The session of the browser that asks."""
        return self.logout.find(request.cookies.get(session_cookie()), self.clock())

    def receive(self) -> Response | str:
        """A service provider ends a session (also from server to server), or answers that it has ended its own."""
        if response := request.form.get("SAMLResponse"):
            return render_template("signed-out.html", done=self.logout.is_done(response, self.clock()))
        encoded = request.form.get("SAMLRequest")
        if not encoded:
            raise RequestRefused("saml-request-invalid", "The form fields SAMLRequest and SAMLResponse are missing.")
        return post_on(self.logout.receive(encoded, request.form.get("RelayState", ""), self.clock()))

    def end(self) -> Response:
        """Whoever is signed in signs out here, and the service provider is asked to do the same."""
        form = self.logout.ask(request.cookies.get(session_cookie()), self.clock())
        if form is None:
            raise LoginExpired
        answer = post_on(form)
        answer.delete_cookie(session_cookie())
        return answer


def logout_blueprint(pages: LogoutPages, slo_path: str, end_path: str) -> Blueprint:
    """The two addresses; templates call the button's `url_for('logout.end')` and know the browser's `session`."""
    blueprint = Blueprint("logout", __name__)
    blueprint.add_url_rule(slo_path, view_func=pages.receive, endpoint="receive", methods=["POST"])
    blueprint.add_url_rule(end_path, view_func=pages.end, endpoint="end", methods=["POST"])
    return blueprint
