"""A small town for journeys: the broker, its worker, both demo tools and the simulated hub, wired as in the demo."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from werkzeug.serving import BaseWSGIServer, make_server

from broker.app import create_app
from broker.claim_table import load_claim_table
from broker.config import ROOT, Settings
from broker.core.provider import IdentityProvider
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


class Place(Protocol):
    """Where the broker answers."""

    application: WSGIApplication | None

    @property
    def url(self) -> str: ...


@dataclass
class Town:
    """Where everything is; has the addresses that `deploy.demo.demo_check.Walk` needs. `hub_url` is that of its realm's server."""

    broker: Place
    hub_url: str
    tools: dict[str, Site]
    settings: Settings
    hub: Site | None = None

    @property
    def broker_url(self) -> str:
        return self.broker.url

    def tool_url(self, tool: str) -> str:
        return self.tools[tool].url

    def worker_runs(self) -> None:
        """The worker does what is due, once."""
        with closing(build_worker(self.settings)) as worker:
            worker.run_once()


@contextmanager
def town(database_url: str, redis_url: str, folder: Path) -> Iterator[Town]:
    """Everything running, with the simulated hub; gone at the end."""
    with ExitStack() as running:
        broker, hub = (running.enter_context(_site()) for _ in range(2))
        hub.application = create_hub(
            HubSettings(hub.url, HUB_SECRET, f"{broker.url}/callback", (f"{broker.url}/signed-out",), any_level=True)
        )
        providers = load_identity_providers(ROOT / "realm-config", "simulated-hub", os.environ)
        chosen = settings(database_url, redis_url, issuer=broker.url, hub_issuer=f"{hub.url}/realms/citizens", hub_client_secret=HUB_SECRET)
        built = running.enter_context(town_behind(broker, chosen, providers, folder))
        built.hub = hub
        yield built


@contextmanager
def town_behind(
    broker: Place, chosen: Settings, providers: Sequence[IdentityProvider], folder: Path, *, demanding: bool = True
) -> Iterator[Town]:
    """Broker and tools in front of a hub that is there already; the tools are told of sign-outs although they are on this machine.

    Tools that are not `demanding` let in whomever a citizen ID says little of.
    """
    with ExitStack() as running:
        chosen = chosen.model_copy(update={"outbound_private_hosts": ("localhost",)})
        tools = {key: running.enter_context(_site()) for key in CLIENT_IDS}
        built = Town(broker, chosen.hub_issuer.partition("/realms/")[0], tools, chosen)
        app = create_app(chosen)
        stores: Stores = app.extensions["broker"].stores
        running.callback(stores.close)
        _furnish(built, stores, providers)
        _register(built, stores, folder, demanding)
        broker.application = app
        for key, site in built.tools.items():
            site.application = create_tool(
                ToolSettings(key, CLIENT_IDS[key], SCOPES[key], broker.url, site.url, SECRET, session_secret=SECRET)
            )
        try:
            yield built
        finally:
            broker.application = None


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


def _furnish(town: Town, stores: Stores, providers: Sequence[IdentityProvider]) -> None:
    """Signing keys and citizen IDs, as `broker keys` and `realm apply` would write them."""
    stores.providers.replace_all(providers)
    for key in signing_keys(Clock(utc_now())):
        stores.signing_keys.add(key)


def _register(town: Town, stores: Stores, folder: Path, demanding: bool) -> None:
    """As `broker clients apply`."""
    for file in (ROOT / "deploy" / "demo" / "clients").glob("*.toml"):
        text = file.read_text(encoding="utf-8")
        for tool in town.tools:
            text = text.replace(f"http://localhost:{getattr(Ports(), tool)}", town.tool_url(tool))
        text = text if demanding else text.replace("required = true", "required = false")
        (folder / file.name).write_text(text, encoding="utf-8")
    table = load_claim_table(town.settings.claim_table)
    registering = Registering(stores.clients, stores.providers, table, town.settings.keys.pepper, {"DEMO_CLIENT_SECRET": SECRET})
    registering.apply(folder, ROOT / "clients" / "presets")
