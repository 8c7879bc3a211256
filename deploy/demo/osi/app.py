"""The simulator's web pages. Wiring: ``create_app`` makes one Flask application around one ``Simulator``."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, render_template

from deploy.demo.osi.identity import ALIAS
from deploy.demo.osi.simulator import METADATA_PATH, SLO_PATH, SSO_PATH, Simulator
from deploy.demo.saml.journey import journey_blueprint
from deploy.demo.saml.logout_pages import LogoutPages, logout_blueprint
from deploy.demo.saml.pages import Product, create_frame

PRODUCT = Product("das Servicekonto Schleswig-Holstein", "des Servicekontos Schleswig-Holstein")
pages = Blueprint("osi", __name__)


def create_app(simulator: Simulator) -> Flask:
    """The WSGI application of ``simulator``."""
    app, logout = create_frame(__name__, PRODUCT), LogoutPages(simulator.logout, simulator.clock)
    app.extensions["osi"], app.extensions["osi-logout"] = simulator, logout
    app.register_blueprint(pages)
    app.register_blueprint(journey_blueprint(simulator, SSO_PATH, "/webidp/login"))
    app.register_blueprint(logout_blueprint(logout, SLO_PATH, "/webidp/end-session"))
    return app


@pages.get("/")
def home() -> str:
    simulator: Simulator = current_app.extensions["osi"]
    logout: LogoutPages = current_app.extensions["osi-logout"]
    owners = [person for person in simulator.persons if person.accounts_at(ALIAS)]
    return render_template("home.html", settings=simulator.settings, persons=owners, session=logout.session())


@pages.get(METADATA_PATH)
def metadata() -> Response:
    simulator: Simulator = current_app.extensions["osi"]
    return Response(simulator.metadata(), mimetype="application/samlmetadata+xml")
