"""The frame around every simulator's pages: what they look like, what they forbid, and the answers to what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, render_template
from werkzeug.wrappers import Response as AnyResponse

from deploy.demo.saml.refusal import LoginExpired, MetadataUnavailable, RequestRefused
from deploy.demo.saml.response import PostedForm

RETRY_AFTER = 3
frame = Blueprint("frame", __name__, template_folder="templates", static_folder="static", static_url_path="/simulation")
# No form-action on the page that posts to the service provider: Chromium applies it to every redirect that follows.
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Product:
    """What is simulated, as German sentences need it: „nicht die BundID“, „Simulation der BundID“."""

    name: str
    genitive: str


def create_frame(import_name: str, product: Product) -> Flask:
    """A Flask application with the shared pages; its own templates extend `frame.html` and bring a `names.html`."""
    app = Flask(import_name, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 512 * 1024
    app.context_processor(lambda: {"product": product})
    app.register_blueprint(frame)
    app.register_error_handler(RequestRefused, _refused)
    app.register_error_handler(LoginExpired, _expired)
    app.register_error_handler(MetadataUnavailable, _unavailable)
    app.after_request(_guard)
    return app


def post_on(form: PostedForm) -> Response:
    """The page that carries a message to the service provider, by itself or by its button."""
    return Response(render_template("post.html", form=form))


@frame.get("/healthz")
def healthz() -> Response:
    return Response("ok\n", mimetype="text/plain")


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
