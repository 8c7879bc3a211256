"""The simulator's web pages. Wiring: ``create_app`` makes one Flask application around one ``Simulator``."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from deploy.demo.bundid.answer import missing_required
from deploy.demo.bundid.faults import FAULTS
from deploy.demo.bundid.simulator import SSO_PATH, CancelStatus, Pending, Simulator
from deploy.demo.bundid.vocabulary import Means
from deploy.demo.saml.pages import create_frame, post_on
from deploy.demo.saml.refusal import LoginExpired, RequestRefused

pages = Blueprint("bundid", __name__)


def create_app(simulator: Simulator) -> Flask:
    """The WSGI application of ``simulator``."""
    app = create_frame(__name__, simulator.variant.product)
    app.extensions["bundid"] = simulator
    app.register_blueprint(pages)
    return app


def _simulator() -> Simulator:
    simulator: Simulator = current_app.extensions["bundid"]
    return simulator


@pages.get("/")
def home() -> str:
    return render_template("home.html", settings=_simulator().settings, persons=_simulator().persons)


@pages.get("/idp")
def metadata() -> Response:
    return Response(_simulator().metadata(), mimetype="application/samlmetadata+xml")


@pages.post(SSO_PATH)
def receive() -> AnyResponse:
    """The door for AuthnRequests, HTTP-POST binding."""
    encoded = request.form.get("SAMLRequest")
    if not encoded:
        raise RequestRefused("saml-request-invalid", "The form field SAMLRequest is missing.")
    login_id = _simulator().begin(encoded, request.form.get("RelayState", ""))
    return redirect(url_for("bundid.choose_means", login_id=login_id), code=303)


@pages.get("/idp/login/<login_id>")
def choose_means(login_id: str) -> str:
    pending = _simulator().login(login_id)
    means = _simulator().offer(pending.request).means()
    return _page("means.html", login_id, pending, offered=means)


@pages.get("/idp/login/<login_id>/<means>")
def choose_person(login_id: str, means: str) -> str:
    pending = _simulator().login(login_id)
    chosen = _means(means)
    return _page("person.html", login_id, pending, means=chosen, logins=_simulator().offer(pending.request).logins(chosen))


@pages.post("/idp/login/<login_id>/<means>")
def identify(login_id: str, means: str) -> AnyResponse:
    """Takes the chosen citizen, who then sees what will be sent."""
    pending = _simulator().login(login_id)
    login = _simulator().offer(pending.request).login(_means(means), request.form.get("account", ""))
    if login is None:
        abort(404)
    pending.chosen = login
    return redirect(url_for("bundid.review", login_id=login_id), code=303)


@pages.get("/idp/login/<login_id>/review")
def review(login_id: str) -> str:
    """Shows the values that will be sent and lets the citizen agree or cancel."""
    pending = _simulator().login(login_id)
    if pending.chosen is None:
        raise LoginExpired
    released = _simulator().released(pending.request, pending.chosen)
    return _page(
        "review.html",
        login_id,
        pending,
        login=pending.chosen,
        released={attribute.value: value for attribute, value in released.items()},
        missing={attribute.name for attribute in missing_required(pending.request, released)},
        faults=list(FAULTS) if _simulator().settings.show_faults else [],
    )


@pages.post("/idp/login/<login_id>/confirm")
def confirm(login_id: str) -> Response:
    chosen = request.form.getlist("fault") if _simulator().settings.show_faults else []
    names = [name for name in chosen if name in FAULTS]
    return post_on(_simulator().finish(login_id, request.remote_addr or "", names))


@pages.post("/idp/login/<login_id>/cancel")
def cancel(login_id: str) -> Response:
    spelling = request.form.get("status", "")
    status = CancelStatus(spelling) if spelling in set(CancelStatus) else None
    return post_on(_simulator().cancel(login_id, status))


def _means(word: str) -> Means:
    return Means(word) if word in set(Means) else abort(404)


def _page(template: str, login_id: str, pending: Pending, **context: object) -> str:
    faults = _simulator().settings.show_faults
    return render_template(template, login_id=login_id, saml=pending.request, show_faults=faults, **context)
