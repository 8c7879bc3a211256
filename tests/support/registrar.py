"""A tool's server that registers itself and looks after its record, and the part of the web that its addresses lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest
from werkzeug.test import TestResponse

from broker.flows.fetching import FetchFailed, Fetching
from broker.flows.inviting import Inviting, Terms
from tests.support.app import Broker, settings
from tests.support.tool import REDIRECT, Tool


@dataclass
class Web:
    """What there is to fetch; `inner` are addresses that the guard would not let anybody call."""

    pages: dict[str, bytes] = field(default_factory=dict)
    inner: set[str] = field(default_factory=set)
    fetched: list[str] = field(default_factory=list)

    def get(self, url: str, largest_bytes: int) -> bytes:
        self.check(url)
        self.fetched.append(url)
        if url not in self.pages:
            raise FetchFailed("connection")
        if len(self.pages[url]) > largest_bytes:
            raise FetchFailed("size")
        return self.pages[url]

    def check(self, url: str) -> None:
        if url in self.inner:
            raise FetchFailed("address")


@dataclass
class Registrar:
    """Speaks RFC 7591 and RFC 7592, without cookies; `token` is the initial access token."""

    broker: Broker
    web: Web
    token: str | None = None

    def registers(self, **metadata: Any) -> TestResponse:
        """POST /register with a redirect URI of the tool, unless another is named; None leaves a member out."""
        return self.calls("POST", "/register", self.token, {"redirect_uris": [REDIRECT], "client_name": "Karte", **metadata})

    def made(self, **metadata: Any) -> dict[str, Any]:
        """What a registration that has to succeed is answered."""
        response = self.registers(**metadata)
        assert response.status_code == 201, response.get_data(as_text=True)
        found: dict[str, Any] = response.get_json()
        return found

    @cached_property
    def known(self) -> dict[str, Any]:
        """A client that it registered once."""
        return self.made()

    def reads(self, made: dict[str, Any], token: str | None = None) -> TestResponse:
        """GET the client's own address."""
        return self.calls("GET", path_of(made), token or made["registration_access_token"])

    def changes(self, made: dict[str, Any], **metadata: Any) -> TestResponse:
        """PUT what the client was told it is, with some changes."""
        kept = {name: value for name, value in made.items() if not name.startswith(("registration_", "client_secret", "client_id_"))}
        return self.calls("PUT", path_of(made), made["registration_access_token"], {**kept, **metadata})

    def leaves(self, made: dict[str, Any]) -> TestResponse:
        """DELETE the client."""
        return self.calls("DELETE", path_of(made), made["registration_access_token"])

    def calls(self, method: str, path: str, token: str | None, metadata: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Any call; `data` sends raw bytes instead of metadata."""
        if metadata is not None:
            options["json"] = {name: value for name, value in metadata.items() if value is not None}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = self.broker.app.test_client(use_cookies=False)
        return client.open(path, method=method, base_url=self.broker.issuer, headers=headers, **options)

    def tool(self, made: dict[str, Any]) -> Tool:
        """The registered client as a tool that can sign somebody in."""
        client = self.broker.parts.stores.clients.get(made["client_id"])
        return Tool(self.broker.app, self.broker.issuer, client, made.get("client_secret", ""))


def path_of(made: dict[str, Any]) -> str:
    """The client's own address, below the issuer."""
    uri: str = made["registration_client_uri"]
    return "/" + uri.split("/", 3)[3]


def office(broker: Broker) -> Inviting:
    """The administrator's desk."""
    stores = broker.parts.stores
    pepper = settings("sqlite://", "fake://").keys.pepper
    return Inviting(stores.clients, stores.registration_tokens, stores.grants, pepper, broker.clock)


def invitation(broker: Broker, **terms: Any) -> str:
    """An initial access token."""
    return office(broker).invite(Terms(**{"label": "test", "uses": 1000, "days": 7, **terms}))


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    """The web, empty."""
    web = Web()
    monkeypatch.setattr(Fetching, "get", lambda _, url, largest_bytes: web.get(url, largest_bytes))
    monkeypatch.setattr(Fetching, "check", lambda _, url: web.check(url))
    return web


@pytest.fixture
def registrar(broker: Broker, web: Web) -> Registrar:
    """Somebody with an invitation for as many clients as a test needs, in the sandbox."""
    return Registrar(broker, web, invitation(broker))
