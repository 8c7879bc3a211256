"""Where answers may go: never anywhere that was not registered, on no path (A-01, A-02, RU-01 to RU-09)."""

from __future__ import annotations

import pytest

from broker.core.client import ClientStatus
from broker.core.client_policy import AuthMethod
from tests.support.app import Broker
from tests.support.browser import Browser, Stop
from tests.support.tool import REDIRECT, Tool


def is_our_page(stop: Stop) -> bool:
    """Status 400, our HTML with a code of the catalogue, no way out of here."""
    return (
        stop.response.status_code == 400
        and stop.location is None
        and "Location" not in stop.response.headers
        and stop.response.mimetype == "text/html"
        and (stop.error_code or "").startswith("BP-400")
    )


def test_ru_01_another_clients_redirect_uri_is_our_page(broker: Broker, browser: Browser, tool: Tool) -> None:
    other = broker.tool("other", redirect_uris=("https://other.test/callback",))

    assert is_our_page(browser.opens(tool.url(redirect_uri=other.client.redirect_uris[0])))


@pytest.mark.parametrize(
    "uri",
    [
        f"{REDIRECT}/x",
        f"{REDIRECT}/",
        f"{REDIRECT}?a=b",
        f"{REDIRECT}#f",
        f"{REDIRECT}%2f..",
        f"{REDIRECT}/../callback",
        "https://tool.test:443/callback",
        "https://TOOL.test/callback",
        "https://tool.test/Callback",
        "HTTPS://tool.test/callback",
        "http://tool.test/callback",
        "https://tool.test.evil.test/callback",
        "https://tool.test@evil.test/callback",
        "http://127.0.0.1:80@evil.test/cb",
        "//tool.test/callback",
        "/callback",
        " https://tool.test/callback",
        "https://tool.test/callback\r\n",
        "javascript:alert(1)//https://tool.test/callback",
        "data:text/html,x",
    ],
)
def test_ru_02_04_07_almost_the_registered_uri_is_our_page(browser: Browser, tool: Tool, uri: str) -> None:
    assert is_our_page(browser.opens(tool.url(redirect_uri=uri)))


@pytest.mark.parametrize("uri", [None, ""])
def test_a_missing_redirect_uri_is_never_guessed(browser: Browser, tool: Tool, uri: str | None) -> None:
    assert is_our_page(browser.opens(tool.url(redirect_uri=uri)))


@pytest.mark.parametrize("client_id", [None, "", "nobody", "karte\x00", "ü" * 50, "x" * 5000, "' or 1=1 --"])
def test_an_unknown_client_is_our_page(browser: Browser, tool: Tool, client_id: str | None) -> None:
    assert is_our_page(browser.opens(tool.url(client_id=client_id)))


@pytest.mark.parametrize("status", [ClientStatus.DRAFT, ClientStatus.IN_REVIEW, ClientStatus.SUSPENDED])
def test_a_31_a_client_that_is_not_live_is_our_page(broker: Broker, browser: Browser, status: ClientStatus) -> None:
    assert is_our_page(browser.opens(broker.tool(status=status).url()))


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_ru_08_doubled_client_or_redirect_uri_is_our_page(browser: Browser, tool: Tool, name: str) -> None:
    same = tool.parameters()[name]

    assert is_our_page(browser.opens(f"{tool.url()}&{name}={same}"))


@pytest.mark.parametrize(
    "wrong", [{"response_type": "token"}, {"scope": "x" * 5000}, {"prompt": "none login"}, {"prompt": "none"}, {"claims": "{"}]
)
def test_ru_09_a_bad_redirect_uri_wins_over_every_other_error(browser: Browser, tool: Tool, wrong: dict[str, str]) -> None:
    assert is_our_page(browser.opens(tool.url(redirect_uri="https://evil.test/cb", **wrong)))


def test_nothing_of_the_request_is_reflected(browser: Browser, tool: Tool) -> None:
    marker = "reflected-marker-1234"

    stop = browser.opens(tool.url(redirect_uri=f"https://evil.test/{marker}", state=marker, client_id=f"c-{marker}", login_hint=marker))

    assert marker not in stop.text
    assert marker not in str(stop.response.headers)


def test_ru_06_only_the_port_of_a_native_clients_loopback_may_vary(broker: Broker, browser: Browser) -> None:
    native = broker.tool(
        "native",
        auth_method=AuthMethod.NONE,
        redirect_uris=("http://127.0.0.1/cb", "http://[::1]/cb", "https://native.test/cb"),
    )
    allowed = ["http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", "http://[::1]:8123/cb"]
    refused = ["http://127.0.0.1:49152/other", "http://127.0.0.2:1/cb", "http://localhost:1/cb", "https://native.test:8443/cb"]

    for uri in allowed:
        assert browser.opens(native.url(redirect_uri=uri, prompt="none")).answer["error"] == "login_required"
    for uri in refused:
        assert is_our_page(browser.opens(native.url(redirect_uri=uri)))


def test_a_31_a_client_suspended_during_the_sign_in_gets_no_answer(broker: Broker, browser: Browser, tool: Tool) -> None:
    hub = browser.sets_out(tool.url())
    broker.changes(tool, status=ClientStatus.SUSPENDED)

    stop = browser.comes_back(hub)

    assert stop.location is None
    assert stop.response.status_code in (400, 403)


def test_a_31_a_redirect_uri_withdrawn_during_the_sign_in_is_not_gone_to(broker: Broker, browser: Browser, tool: Tool) -> None:
    consent = browser.comes_back(browser.sets_out(tool.url()))
    broker.changes(tool, redirect_uris=("https://tool.test/other",))

    assert is_our_page(browser.presses(consent, "consent-allow"))
