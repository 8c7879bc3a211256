"""`request_uri` with an address: only one that the client registered is ever asked for (RFC 9101 5.2, OIDC Core 6.2; PK-06)."""

from __future__ import annotations

import pytest

from broker.core.client_policy import RequestPolicy
from broker.flows.outbound import Outbound, OutboundAnswer, OutboundCall, OutboundFailed
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.request_object import RequestSigner, request_signer
from tests.support.tool import Tool, at_authorize

ADDRESS = "https://tool.test/requests/1"


class Web:
    """The tools' servers: what lies at which address, and what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer = OutboundAnswer(404)
        self.away = False

    def ask(self, call: OutboundCall) -> OutboundAnswer:
        """What a server says."""
        self.asked.append(call.url)
        if self.away or len(self.answer.body) > call.largest_bytes:
            raise OutboundFailed("connection")
        return self.answer


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    """Instead of the network."""
    found = Web()
    monkeypatch.setattr(Outbound, "ask", lambda _, call: found.ask(call))
    return found


@pytest.fixture
def signer(broker: Broker) -> RequestSigner:
    """A tool that registered an address for its requests."""
    return request_signer(broker, requests=RequestPolicy(request_uris=(ADDRESS, f"{ADDRESS}#v2")))


def address(signer: RequestSigner, reference: str = ADDRESS, **beside: str) -> str:
    """An authorization request by reference."""
    return at_authorize(signer.tool, reference, **beside)


@pytest.mark.parametrize("reference", [ADDRESS, f"{ADDRESS}#v2"])
def test_a_request_at_a_registered_address_signs_in(browser: Browser, signer: RequestSigner, web: Web, reference: str) -> None:
    web.answer = OutboundAnswer(200, signer.signed().encode() + b"\n")

    stop = browser.arrives_at(address(signer, reference, state="outside"))

    assert stop.answer["state"] == signer.tool.state
    assert web.asked == [reference]


@pytest.mark.parametrize(
    "reference",
    [
        f"{ADDRESS}/",
        f"{ADDRESS}?x=1",
        f"{ADDRESS}#v3",
        ADDRESS.upper(),
        "http://tool.test/requests/1",
        "http://127.0.0.1:6379/",
        "http://169.254.169.254/latest/meta-data",
        "https://evil.test/",
        "file:///etc/passwd",
        "urn:example:x",
        "data:,x",
        "x",
    ],
)
def test_pk_06_no_other_address_is_ever_asked_for(browser: Browser, signer: RequestSigner, tool: Tool, web: Web, reference: str) -> None:
    beside = {"redirect_uri": signer.tool.client.redirect_uris[0]}

    assert browser.opens(address(signer, reference, **beside)).answer["error"] == "invalid_request_uri"
    assert browser.opens(address(signer, reference)).error_code == "BP-400-REQUEST-REFERENCE"
    assert browser.opens(at_authorize(tool, reference, **beside)).answer["error"] == "request_uri_not_supported"
    assert web.asked == []


@pytest.mark.parametrize(("status", "body"), [(404, b""), (302, b""), (500, b"x"), (200, b"\xff"), (200, b"x" * 20_000)])
def test_pk_06_what_cannot_be_fetched_is_an_invalid_reference(
    browser: Browser, signer: RequestSigner, web: Web, status: int, body: bytes
) -> None:
    web.answer = OutboundAnswer(status, body)

    answer = browser.opens(address(signer, redirect_uri=signer.tool.client.redirect_uris[0])).answer

    assert answer["error"] == "invalid_request_uri"
    assert "404" not in answer["error_description"], "we tell nobody what lies at an address (OP-04)"


def test_what_was_fetched_has_to_be_signed_like_any_other(browser: Browser, signer: RequestSigner, web: Web) -> None:
    web.answer = OutboundAnswer(200, signer.signed(aud="https://other.test").encode())

    answer = browser.opens(address(signer, redirect_uri=signer.tool.client.redirect_uris[0])).answer

    assert answer["error"] == "invalid_request_object"


def test_an_address_is_not_pushed(signer: RequestSigner, web: Web) -> None:
    assert signer.tool.pushes(request_uri=ADDRESS).get_json()["error"] == "invalid_request"
    assert web.asked == []
