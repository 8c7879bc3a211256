"""The simulator's web pages. Wiring: ``create_app`` makes one Flask application around one ``Simulator``."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from deploy.demo.bundid.answer import missing_required
from deploy.demo.bundid.faults import FAULTS
from deploy.demo.bundid.logins import PendingLogin
from deploy.demo.bundid.refusal import LoginExpired, MetadataUnavailable, RequestRefused
from deploy.demo.bundid.simulator import SSO_PATH, CancelStatus, PostedForm, Simulator
from deploy.demo.bundid.vocabulary import Means

RETRY_AFTER = 3
pages = Blueprint("bundid", __name__)
# No form-action on the page that posts to the service provider: Chromium applies it to every redirect that follows.
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def create_app(simulator: Simulator) -> Flask:
    """The WSGI application of ``simulator``."""
    app = Flask(__name__, static_url_path="/idp/static")
    app.config["MAX_CONTENT_LENGTH"] = 512 * 1024
    app.extensions["bundid"] = simulator
    app.register_blueprint(pages)
    app.register_error_handler(RequestRefused, _refused)
    app.register_error_handler(LoginExpired, _expired)
    app.register_error_handler(MetadataUnavailable, _unavailable)
    app.after_request(_guard)
    return app


def _simulator() -> Simulator:
    simulator: Simulator = current_app.extensions["bundid"]
    return simulator


@pages.get("/healthz")
def healthz() -> Response:
    return Response("ok\n", mimetype="text/plain")


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
    return _post_on(_simulator().finish(login_id, request.remote_addr or "", names))


@pages.post("/idp/login/<login_id>/cancel")
def cancel(login_id: str) -> Response:
    spelling = request.form.get("status", "")
    status = CancelStatus(spelling) if spelling in set(CancelStatus) else None
    return _post_on(_simulator().cancel(login_id, status))


def _means(word: str) -> Means:
    return Means(word) if word in set(Means) else abort(404)


def _page(template: str, login_id: str, pending: PendingLogin, **context: object) -> str:
    faults = _simulator().settings.show_faults
    return render_template(template, login_id=login_id, saml=pending.request, show_faults=faults, **context)


def _post_on(form: PostedForm) -> Response:
    """The page that carries the response to the service provider, by itself or by its button."""
    return Response(render_template("post.html", form=form))


def _refused(error: RequestRefused) -> tuple[str, int]:
    current_app.logger.warning("request refused: %s", error.code)
    return render_template("refused.html", error=error), 400


def _expired(_error: LoginExpired) -> tuple[str, int]:
    return render_template("expired.html"), 410


def _unavailable(error: MetadataUnavailable) -> tuple[str, int, dict[str, str]]:
    current_app.logger.warning("%s", error)
    return render_template("unavailable.html"), 503, {"Retry-After": str(RETRY_AFTER)}


def _guard(response: AnyResponse) -> AnyResponse:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
