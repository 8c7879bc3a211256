"""Every endpoint that asks who calls takes every method, and refuses failures alike (A-07; RFC 9126 2, RFC 8628 3.1, RFC 7009 2.1)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from broker.core.client_policy import AuthMethod, ClientKeys
from tests.protocol.test_client_auth import turned_away
from tests.protocol.test_client_certificate import GOOD, HEADER, OWN, public_jwk
from tests.support.app import Broker, closing, start
from tests.support.clock import Clock
from tests.support.signing import ASSERTION_TYPE, SigningKey, signing_tool
from tests.support.tool import Tool

ENDPOINTS = ("pushed_authorization_request", "token", "introspection", "revocation", "device_authorization")


@dataclass
class Shown:
    """What a tool sends to show who it is, rightly or wrongly."""

    tool: Tool
    form: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    assertion: Callable[[], str] | None = None

    def calls(self, path: str) -> TestResponse:
        form = {"grant_type": "authorization_code", "code": "x", "token": "x", **self.form}
        if self.assertion:
            form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}
        return self.tool.app.test_client(use_cookies=False).post(path, base_url=self.tool.issuer, data=form, headers=self.headers)


@pytest.fixture
def proxied(sqlite_url: str, clock: Clock) -> Iterator[Broker]:
    """The application behind a proxy that passes certificates on."""
    yield from closing(start(sqlite_url, "fake://", clock, client_certificate_header=HEADER))


def by_basic(broker: Broker, right: bool) -> Shown:
    tool = broker.tool()
    return Shown(tool, {}, tool.basic(secret=None if right else "wrong"))


def by_post(broker: Broker, right: bool) -> Shown:
    tool = broker.tool()
    return Shown(tool, {"client_id": "karte", "client_secret": tool.secret if right else "wrong"})


def by_assertion(broker: Broker, right: bool) -> Shown:
    signer = signing_tool(broker)
    return Shown(signer.tool, assertion=signer.assertion if right else lambda: SigningKey(number=1).sign(signer.claims()))


def by_name(broker: Broker, right: bool) -> Shown:
    keys = ClientKeys(tls_names={"tls_client_auth_san_dns": "tool.stadt.example" if right else "other.stadt.example"})
    tool = broker.tool(auth_method=AuthMethod.TLS, keys=keys)
    return Shown(tool, {"client_id": "karte"}, {HEADER: base64.b64encode(GOOD.der).decode()})


def by_own_certificate(broker: Broker, right: bool) -> Shown:
    keys = ClientKeys(jwks={"keys": [public_jwk(OWN if right else GOOD)]})
    tool = broker.tool(auth_method=AuthMethod.SELF_SIGNED_TLS, keys=keys)
    return Shown(tool, {"client_id": "karte"}, {HEADER: base64.b64encode(OWN.der).decode()})


def twice(broker: Broker, right: bool) -> Shown:
    tool = broker.tool()
    return Shown(tool, {"client_id": "karte", "client_secret": tool.secret}, tool.basic())


@pytest.mark.parametrize("way", [by_basic, by_post, by_assertion, by_name, by_own_certificate])
def test_every_endpoint_takes_every_method(proxied: Broker, way: Callable[[Broker, bool], Shown]) -> None:
    shown = way(proxied, True)
    for path in paths(shown.tool):
        answer = shown.calls(path)
        assert (answer.get_json(silent=True) or {}).get("error") != "invalid_client", path


@pytest.mark.parametrize("way", [by_basic, by_post, by_assertion, by_name, by_own_certificate])
def test_every_endpoint_refuses_who_does_not_prove_it(proxied: Broker, way: Callable[[Broker, bool], Shown]) -> None:
    shown = way(proxied, False)
    assert all(turned_away(shown.calls(path)) for path in paths(shown.tool))


def test_every_endpoint_refuses_two_methods_at_once(proxied: Broker) -> None:
    shown = twice(proxied, True)
    for path in paths(shown.tool):
        assert (shown.calls(path).status_code, shown.calls(path).get_json()["error"]) == (400, "invalid_request"), path


def paths(tool: Tool) -> list[str]:
    """Of the endpoints that ask, those that are announced, and our own."""
    document = tool.gets("/.well-known/openid-configuration").get_json()
    announced = [urlsplit(document[f"{name}_endpoint"]).path for name in ENDPOINTS if f"{name}_endpoint" in document]
    return [*announced, "/deliveries"]  # ours alone: no specification has a name for it
