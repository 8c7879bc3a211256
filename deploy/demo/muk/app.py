"""The simulator's web pages. Wiring: ``create_app`` makes one Flask application around one ``Simulator``."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, render_template

from deploy.demo.muk.simulator import METADATA_PATH, SLO_PATH, SSO_PATH, Simulator
from deploy.demo.saml.journey import journey_blueprint
from deploy.demo.saml.logout_pages import LogoutPages, logout_blueprint
from deploy.demo.saml.pages import Product, create_frame

PRODUCT = Product("Mein Unternehmenskonto", "von Mein Unternehmenskonto")
pages = Blueprint("muk", __name__)


def create_app(simulator: Simulator) -> Flask:
    """The WSGI application of ``simulator``."""
    app, logout = create_frame(__name__, PRODUCT), LogoutPages(simulator.logout, simulator.clock)
    app.extensions["muk"], app.extensions["muk-logout"] = simulator, logout
    app.register_blueprint(pages)
    app.register_blueprint(journey_blueprint(simulator, SSO_PATH, "/ekona/login"))
    app.register_blueprint(logout_blueprint(logout, SLO_PATH, "/ekona/end-session"))
    return app


@pages.get("/")
def home() -> str:
    simulator: Simulator = current_app.extensions["muk"]
    logout: LogoutPages = current_app.extensions["muk-logout"]
    return render_template("home.html", settings=simulator.settings, logins=simulator.offered(), session=logout.session())


@pages.get(METADATA_PATH)
def metadata() -> Response:
    simulator: Simulator = current_app.extensions["muk"]
    return Response(simulator.metadata(), mimetype="application/samlmetadata+xml")
