"""Headers and hosts: what every answer carries, and who is answered at all (A-36, IN-01, IN-03, SE-09, SE-12)."""

from __future__ import annotations

import pytest

from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.tool import Tool

PAGES = ["/", "/logout", "/nowhere", "/authorize", "/signed-out", "/continue/x", "/token", "/userinfo", "/jwks", "/healthz"]


@pytest.mark.parametrize("path", PAGES)
def test_a_36_se_12_every_answer_is_hardened(browser: Browser, path: str) -> None:
    headers = browser.client.get(path, base_url=ISSUER).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "max-age" in headers["Strict-Transport-Security"]
    assert headers["X-Request-Id"]


@pytest.mark.parametrize("path", ["/", "/logout", "/nowhere", "/authorize", "/continue/x", "/userinfo"])
def test_se_09_dynamic_answers_are_never_stored(browser: Browser, path: str) -> None:
    headers = browser.client.get(path, base_url=ISSUER).headers

    assert headers["Cache-Control"] == "no-store"
    assert "Cookie" in headers["Vary"]


FOREIGN = ["evil.test", "broker.test.evil.test", "xbroker.test", "localhost", "127.0.0.1", "broker.test@evil.test", ""]
FORWARDED = ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded", "X-Original-URL", "X-Rewrite-URL"]
HIDDEN = ["/console", "/.git/config", "/metrics", "/static/../wsgi.py", "/static/%2e%2e/app.py", "/authorize/", "/?__debugger__=yes&cmd=x"]


@pytest.mark.parametrize("host", FOREIGN)
def test_in_01_another_host_is_refused(broker: Broker, host: str) -> None:
    response = broker.app.test_client().get("/.well-known/openid-configuration", headers={"Host": host}, base_url=ISSUER)

    assert response.status_code == 400


@pytest.mark.parametrize("host", ["broker.test", "BROKER.test", "broker.test:443", "broker.test:8443"])
def test_in_01_the_port_does_not_count(broker: Broker, host: str) -> None:
    response = broker.app.test_client().get("/.well-known/openid-configuration", headers={"Host": host}, base_url=ISSUER)

    assert response.status_code == 200
    assert response.get_json()["issuer"] == ISSUER


@pytest.mark.parametrize("name", FORWARDED)
def test_in_01_forwarded_headers_change_nothing(broker: Broker, tool: Tool, name: str) -> None:
    client = broker.app.test_client()

    document = client.get("/.well-known/openid-configuration", base_url=ISSUER, headers={name: "evil.test"})
    step = client.get(tool.url(), base_url=ISSUER, headers={name: "evil.test"})

    assert "evil.test" not in document.get_data(as_text=True)
    assert step.headers["Location"].startswith("/continue/")


@pytest.mark.parametrize("path", HIDDEN)
def test_in_03_nothing_that_should_not_be_there(browser: Browser, path: str) -> None:
    response = browser.client.get(path, base_url=ISSUER)

    assert response.status_code == (200 if path.startswith("/?") else 404)
    assert "Location" not in response.headers
    assert "create_app" not in response.get_data(as_text=True)


def test_in_03_slashes_are_not_merged_into_a_redirect(browser: Browser) -> None:
    response = browser.client.get("/", base_url=ISSUER, environ_overrides={"PATH_INFO": "//evil.test/"})

    assert response.status_code == 404
    assert "Location" not in response.headers


def test_in_03_trace_is_refused(browser: Browser) -> None:
    assert browser.client.open("/", method="TRACE", base_url=ISSUER).status_code == 405


def test_in_06_oversized_bodies_are_refused(broker: Broker, tool: Tool) -> None:
    client = broker.app.test_client()

    for path in ("/token", "/authorize", "/logout"):
        response = client.post(path, base_url=ISSUER, data={"x": "y" * 70_000})
        assert response.status_code == 413, path
    parts = "".join(f'--b\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\nx\r\n' for n in range(200)) + "--b--\r\n"
    many = client.post("/consent/x", base_url=ISSUER, data=parts, content_type="multipart/form-data; boundary=b")
    assert many.status_code == 413
