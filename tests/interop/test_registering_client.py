"""npm's openid-client registers itself: discovery, initial access token, and every value of the answer (RFC 7591 3.2.1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.openid_client import run_node
from tests.support.app import start
from tests.support.clock import Clock
from tests.support.registrar import Registrar, Web, invitation
from tests.support.servers import free_port
from tests.support.serving import serving

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
SCRIPT = Path(__file__).parent / "node" / "registering_party.mjs"
METADATA = {
    "client_name": "openid-client",
    "redirect_uris": ["https://tool.test/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "client_secret_post",
    "id_token_signed_response_alg": "ES256",
    "require_auth_time": True,
    "default_max_age": 3600,
    "post_logout_redirect_uris": ["https://tool.test/bye"],
}


@pytest.fixture
def served(sqlite_url: str, clock: Clock, web: Web) -> Iterator[Registrar]:
    """The application behind a real socket, on SQLite and fakeredis."""
    port = free_port()
    broker = start(sqlite_url, "fake://", clock, issuer=f"http://localhost:{port}")
    broker.issuer = f"http://localhost:{port}"
    with serving(broker.app, port):
        yield Registrar(broker, web, invitation(broker))
    broker.parts.stores.redis.close()
    broker.parts.stores.database.dispose()


def asks(registrar: Registrar, token: str | None, **changes: Any) -> dict[str, Any]:
    return run_node(SCRIPT, {"issuer": registrar.broker.issuer, "token": token, "metadata": {**METADATA, **changes}})


def test_it_registers_and_finds_what_it_said(served: Registrar) -> None:
    found = asks(served, served.token)

    assert found["issuer"] == served.broker.issuer
    assert {name: found["metadata"].get(name) for name in METADATA} == METADATA
    assert served.reads(found["metadata"]).status_code == 200
    record = served.broker.parts.stores.clients.get(found["metadata"]["client_id"])
    assert served.broker.parts.self_registering.is_secret_of(record, found["metadata"]["client_secret"])


def test_it_understands_why_not(served: Registrar) -> None:
    assert asks(served, None)["status"] == 401
    assert asks(served, served.token, redirect_uris=["http://tool.test/"])["error"] == "invalid_redirect_uri"
    assert asks(served, served.token, response_types=["token"])["error"] == "invalid_client_metadata"
