"""A small town for journeys: the broker, its worker, both demo tools and the simulated hub, wired as in the demo."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, make_server

from broker.app import create_app
from broker.claim_table import load_claim_table
from broker.config import ROOT, Settings
from broker.duties import build_worker
from broker.flows.registering import Registering
from broker.opened_stores import Stores, utc_now
from broker.upstream.realm_files import load_identity_providers
from deploy.demo.hub.settings import HubSettings
from deploy.demo.hub.site import create_hub
from deploy.demo.ports import Ports
from deploy.demo.tools.settings import CLIENT_IDS, SCOPES, ToolSettings
from deploy.demo.tools.site import create_tool
from tests.support.app import settings, signing_keys
from tests.support.clock import Clock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SECRET = "secret-of-the-demo-tools-0123456789"
HUB_SECRET = "hub-client-secret"


@dataclass
class Site:
    """One server on a port of its own; away (502, as a proxy says it) while `application` is None."""

    server: BaseWSGIServer
    application: WSGIApplication | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server.server_port}"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> object:
        if self.application is None:
            start_response("502 Bad Gateway", [("Content-Type", "text/plain")])
            return [b""]
        return self.application(environ, start_response)


@dataclass
class Town:
    """Where everything is; has the addresses that `deploy.demo.demo_check.Walk` needs."""

    broker: Site
    hub: Site
    tools: dict[str, Site]
    settings: Settings

    @property
    def broker_url(self) -> str:
        return self.broker.url

    @property
    def hub_url(self) -> str:
        return self.hub.url

    def tool_url(self, tool: str) -> str:
        return self.tools[tool].url

    def worker_runs(self) -> None:
        """The worker does what is due, once."""
        with closing(build_worker(self.settings)) as worker:
            worker.run_once()


@contextmanager
def town(database_url: str, redis_url: str, folder: Path) -> Iterator[Town]:
    """Everything running; gone at the end."""
    with ExitStack() as running:
        broker, hub, karte, haushalt = (running.enter_context(_site()) for _ in range(4))
        chosen = settings(
            database_url,
            redis_url,
            issuer=broker.url,
            hub_issuer=f"{hub.url}/realms/citizens",
            hub_client_secret=HUB_SECRET,
            outbound_private_hosts=("localhost",),
        )
        built = Town(broker, hub, {"karte": karte, "haushalt": haushalt}, chosen)
        app = create_app(chosen)
        stores: Stores = app.extensions["broker"].stores
        running.callback(stores.close)
        _furnish(built, stores, folder)
        broker.application = app
        hub.application = create_hub(
            HubSettings(hub.url, HUB_SECRET, f"{broker.url}/callback", (f"{broker.url}/signed-out",), any_level=True)
        )
        for key, site in built.tools.items():
            site.application = create_tool(
                ToolSettings(key, CLIENT_IDS[key], SCOPES[key], broker.url, site.url, SECRET, session_secret=SECRET)
            )
        yield built


@contextmanager
def _site() -> Iterator[Site]:
    server = make_server("127.0.0.1", 0, app=lambda environ, start_response: [], threaded=True)
    site = Site(server)
    server.app = site  # type: ignore[assignment]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _furnish(town: Town, stores: Stores, folder: Path) -> None:
    """Signing keys, citizen IDs and registered tools, as `broker keys`, `realm apply` and `clients apply` would write them."""
    stores.providers.replace_all(load_identity_providers(ROOT / "realm-config", "simulated-hub", os.environ))
    for key in signing_keys(Clock(utc_now())):
        stores.signing_keys.add(key)
    _register(town, stores, folder)


def _register(town: Town, stores: Stores, folder: Path) -> None:
    for file in (ROOT / "deploy" / "demo" / "clients").glob("*.toml"):
        text = file.read_text(encoding="utf-8")
        for tool in town.tools:
            text = text.replace(f"http://localhost:{getattr(Ports(), tool)}", town.tool_url(tool))
        (folder / file.name).write_text(text, encoding="utf-8")
    table = load_claim_table(town.settings.claim_table)
    registering = Registering(stores.clients, stores.providers, table, town.settings.keys.pepper, {"DEMO_CLIENT_SECRET": SECRET})
    registering.apply(folder, ROOT / "clients" / "presets")
