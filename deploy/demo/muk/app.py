"""The simulator's web pages. Wiring: ``create_app`` makes one Flask application around one ``Simulator``."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from deploy.demo.muk.faults import FAULTS
from deploy.demo.muk.simulator import METADATA_PATH, SLO_PATH, SSO_PATH, Pending, Simulator
from deploy.demo.saml.pages import Product, create_frame, post_on
from deploy.demo.saml.refusal import LoginExpired, RequestRefused

PRODUCT = Product("Mein Unternehmenskonto", "von Mein Unternehmenskonto")
pages = Blueprint("muk", __name__)
COOKIE = "MUK_SIMULATION_SESSION"


def create_app(simulator: Simulator) -> Flask:
    """The WSGI application of ``simulator``."""
    app = create_frame(__name__, PRODUCT)
    app.extensions["muk"] = simulator
    app.register_blueprint(pages)
    return app


def _simulator() -> Simulator:
    simulator: Simulator = current_app.extensions["muk"]
    return simulator


@pages.get("/")
def home() -> str:
    session = _simulator().logout.find(request.cookies.get(COOKIE), _simulator().clock())
    return render_template("home.html", settings=_simulator().settings, logins=_simulator().offered(), session=session)


@pages.get(METADATA_PATH)
def metadata() -> Response:
    return Response(_simulator().metadata(), mimetype="application/samlmetadata+xml")


@pages.post(SSO_PATH)
def receive() -> AnyResponse:
    """The door for AuthnRequests, HTTP-POST binding."""
    encoded = request.form.get("SAMLRequest")
    if not encoded:
        raise RequestRefused("saml-request-invalid", "The form field SAMLRequest is missing.")
    login_id = _simulator().begin(encoded, request.form.get("RelayState", ""))
    return redirect(url_for("muk.choose_means", login_id=login_id), code=303)


@pages.get("/ekona/login/<login_id>")
def choose_means(login_id: str) -> str:
    return _page("means.html", login_id, _simulator().login(login_id))


@pages.get("/ekona/login/<login_id>/elster")
def choose_certificate(login_id: str) -> str:
    return _page("person.html", login_id, _simulator().login(login_id), logins=_simulator().offered())


@pages.post("/ekona/login/<login_id>/elster")
def identify(login_id: str) -> AnyResponse:
    """Takes the chosen certificate; its owner then sees what will be sent."""
    pending = _simulator().login(login_id)
    key = request.form.get("account", "")
    pending.chosen = next((login for login in _simulator().offered() if login.account.key == key), None) or abort(404)
    return redirect(url_for("muk.review", login_id=login_id), code=303)


@pages.get("/ekona/login/<login_id>/review")
def review(login_id: str) -> str:
    """Shows the values that will be sent and lets the acting person agree or cancel."""
    pending = _simulator().login(login_id)
    if pending.chosen is None:
        raise LoginExpired
    faults = list(FAULTS) if _simulator().settings.show_faults else []
    return _page("review.html", login_id, pending, login=pending.chosen, released=_simulator().released(pending.chosen), faults=faults)


@pages.post("/ekona/login/<login_id>/confirm")
def confirm(login_id: str) -> Response:
    chosen = request.form.getlist("fault") if _simulator().settings.show_faults else []
    names = [name for name in chosen if name in FAULTS]
    form, session_index = _simulator().finish(login_id, request.remote_addr or "", names)
    answer = post_on(form)
    # For this site's own page alone: every sign-in asks anew (ForceAuthn).
    answer.set_cookie(COOKIE, session_index, httponly=True, samesite="Lax")
    return answer


@pages.post("/ekona/login/<login_id>/cancel")
def cancel(login_id: str) -> Response:
    return post_on(_simulator().cancel(login_id))


@pages.post(SLO_PATH)
def receive_logout() -> Response | str:
    """A service provider ends a session (also from server to server), or answers that it has ended its own."""
    if response := request.form.get("SAMLResponse"):
        return render_template("signed-out.html", done=_simulator().logout.is_done(response, _simulator().clock()))
    encoded = request.form.get("SAMLRequest")
    if not encoded:
        raise RequestRefused("saml-request-invalid", "The form fields SAMLRequest and SAMLResponse are missing.")
    return post_on(_simulator().logout.receive(encoded, request.form.get("RelayState", ""), _simulator().clock()))


@pages.post("/ekona/end-session")
def end_session() -> Response:
    """Whoever is signed in signs out here, and the service provider is asked to do the same."""
    form = _simulator().logout.ask(request.cookies.get(COOKIE), _simulator().clock())
    if form is None:
        raise LoginExpired
    answer = post_on(form)
    answer.delete_cookie(COOKIE)
    return answer


def _page(template: str, login_id: str, pending: Pending, **context: object) -> str:
    return render_template(template, login_id=login_id, saml=pending.request, **context)
