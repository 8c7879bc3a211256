"""The two hubs a sign-in must work with: a real Keycloak with the described realm and the simulated BundID, and the simulated hub."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from broker.upstream.keycloak_connection import KeycloakAccess, KeycloakConnection
from broker.upstream.realm import RealmReconciler
from broker.upstream.realm_files import load_realms
from deploy.demo.bundid.app import create_app
from deploy.demo.bundid.simulator import Settings, Simulator
from deploy.demo.citizen_browser import CitizenBrowser
from deploy.demo.hub.settings import HubSettings
from deploy.demo.hub.site import create_hub
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.persons import load_persons
from deploy.demo.saml.keys import Keys
from deploy.demo.web_server import PathOnlyHandler
from tests.live.described_realm import describe
from tests.support.realm_config import ENVIRON
from tests.support.saml_sp import rsa_pair
from tests.support.services import free_port

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SECRET = ENVIRON["BROKER_HUB_CLIENT_SECRET"]


@dataclass
class Callback:
    """Where the hub sends people back to: remembers the parameters of the last answer, or is a whole broker while it has one."""

    port: int = field(default_factory=free_port)
    answer: dict[str, str] = field(default_factory=dict)
    application: WSGIApplication | None = None

    @property
    def url(self) -> str:
        return self.broker_url

    @property
    def broker_url(self) -> str:
        return f"http://localhost:{self.port}"

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if self.application is not None:
            return self.application(environ, start_response)
        request = Request(environ)
        self.answer = request.args.to_dict()
        return Response("<title>back at the broker</title><p>back", mimetype="text/html")(environ, start_response)


@dataclass
class HubPlace:
    """A hub and the way back from it."""

    issuer: str
    callback: Callback

    def asks_silently(self, browser: CitizenBrowser) -> dict[str, str]:
        """What the hub answers to prompt=none in this browser."""
        asked = {
            "client_id": "broker", "redirect_uri": f"{self.callback.broker_url}/callback", "response_type": "code", "scope": "openid",
            "state": "s", "nonce": "n", "code_challenge": "c" * 43, "code_challenge_method": "S256", "prompt": "none",
        }  # fmt: skip
        browser.opens(f"{self.issuer}/protocol/openid-connect/auth?{urlencode(asked)}")
        return self.callback.answer


@contextmanager
def serving(application: Any, port: int) -> Iterator[None]:
    """A WSGI application on a port of localhost for a while."""
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=PathOnlyHandler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextmanager
def simulated_hub() -> Iterator[HubPlace]:
    """The simulated hub."""
    callback, port = Callback(), free_port()
    settings = HubSettings(f"http://localhost:{port}", SECRET, f"{callback.broker_url}/callback")
    with serving(callback, callback.port), serving(create_hub(settings), port):
        yield HubPlace(settings.issuer, callback)


@contextmanager
def keycloak_hub(keycloak: KeycloakServer, folder: Path) -> Iterator[HubPlace]:
    """The given Keycloak, with a realm of its own as `realm-config/` describes it and the simulated BundID behind it."""
    callback, port = Callback(), free_port()
    described = describe(keycloak, folder)
    bundid = f"http://localhost:{port}"
    issuer = f"{keycloak.base_url}/realms/{described.name}"
    settings = Settings(f"{bundid}/idp", bundid, (f"{issuer}/broker/bundid/endpoint/descriptor",))
    keys = Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests")
    simulator = Simulator(settings, keys, load_persons(), lambda: dt.datetime.now(dt.UTC))
    environ = {**ENVIRON, "BROKER_URL": callback.broker_url, "BUNDID_URL": bundid}
    desired = load_realms(described.config.folder, "local", environ, lambda url: simulator.metadata())[-1]
    access = KeycloakAccess(keycloak.base_url, keycloak.admin_user, keycloak.admin_password)
    RealmReconciler(KeycloakConnection(access, described.name), desired).apply()
    with serving(callback, callback.port), serving(create_app(simulator), port):
        yield HubPlace(issuer, callback)
