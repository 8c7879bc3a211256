"""The simulator's web pages. Wiring: ``create_app`` makes one Flask application around one ``Simulator``."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, render_template

from deploy.demo.bundid.simulator import SSO_PATH, Simulator
from deploy.demo.saml.journey import journey_blueprint
from deploy.demo.saml.pages import create_frame

pages = Blueprint("bundid", __name__)


def create_app(simulator: Simulator) -> Flask:
    """The WSGI application of ``simulator``."""
    app = create_frame(__name__, simulator.variant.product)
    app.extensions["bundid"] = simulator
    app.register_blueprint(pages)
    app.register_blueprint(journey_blueprint(simulator, SSO_PATH, "/idp/login"))
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
