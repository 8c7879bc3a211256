"""Whatever goes wrong between the broker and Keycloak is one clear sentence, without secrets, and an outage is never called a refusal."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from broker.core.errors import BrokerError, ConfigurationError, UpstreamRefused, UpstreamUnavailable
from broker.upstream import keycloak_connection
from broker.upstream.keycloak_connection import KeycloakAccess, KeycloakConnection
from broker.upstream.realm_admin import RealmAdmin
from tests.support.services import free_port

PASSWORD = "hush-hush-1234"
TOKEN = json.dumps({"access_token": "t", "expires_in": 60, "refresh_expires_in": 60, "token_type": "Bearer"})
Answer = tuple[int, str]


@contextmanager
def answering(token: Answer, admin: Answer = (200, "{}")) -> Iterator[str]:
    """A server that gives these answers at the token endpoint and at the admin interface."""

    class Served(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = token if "openid-connect" in self.path else admin
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PUT = answer  # noqa: N815  (http.server wants these names)

        def log_message(self, *_: object) -> None:
            """Keeps the test's output clean."""

    server = HTTPServer(("127.0.0.1", 0), Served)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def access(url: str) -> KeycloakAccess:
    return KeycloakAccess(url, "admin", PASSWORD)


SIGN_IN = [
    pytest.param((503, '{"error":"Bootstrap in progress"}'), UpstreamUnavailable, "cannot answer now", id="starting"),
    pytest.param(
        (500, "<html>"), UpstreamUnavailable, "failed at signing in as its administrator (HTTP 500): its log says why", id="in trouble"
    ),
    pytest.param(
        (401, '{"error":"invalid_grant"}'), UpstreamRefused, "not accept the administrator's name or password", id="wrong password"
    ),
    pytest.param((400, '{"error":"invalid_grant"}'), UpstreamRefused, "does not accept the administrator's name", id="disabled account"),
    pytest.param((404, '{"error":"Realm does not exist"}'), UpstreamRefused, "no realm 'master' at", id="wrong path"),
    pytest.param((404, "<html>not here</html>"), UpstreamRefused, "is the address complete and right", id="another server"),
    pytest.param((200, "<html>hello</html>"), UpstreamRefused, "is not Keycloak", id="a web page"),
    pytest.param((200, "[]"), UpstreamRefused, "is not Keycloak", id="other JSON"),
]


@pytest.mark.parametrize(("answer", "kind", "sentence"), SIGN_IN)
def test_a_failed_sign_in_is_one_sentence(answer: Answer, kind: type[BrokerError], sentence: str) -> None:
    with answering(answer) as url, pytest.raises(kind) as failure:
        KeycloakConnection(access(url), "citizens")
    assert sentence in str(failure.value)
    assert "\n" not in str(failure.value)
    assert PASSWORD not in str(failure.value)


ADMIN = [
    pytest.param((403, '{"error":"HTTP 403 Forbidden"}'), UpstreamRefused, "does not allow this administrator", id="no rights"),
    pytest.param((503, ""), UpstreamUnavailable, "try again shortly", id="in trouble"),
    pytest.param((429, ""), UpstreamUnavailable, "try again shortly", id="too busy"),
    pytest.param((400, '{"errorMessage":"bad"}'), UpstreamRefused, "refused reading realm citizens (HTTP 400: bad).", id="refused"),
    pytest.param((200, "<html>"), UpstreamRefused, "is not Keycloak", id="a web page"),
]


@pytest.mark.parametrize(("answer", "kind", "sentence"), ADMIN)
def test_a_failed_call_is_one_sentence_that_says_what_was_tried(answer: Answer, kind: type[BrokerError], sentence: str) -> None:
    with answering((200, TOKEN), answer) as url:
        admin = RealmAdmin(KeycloakConnection(access(url), "citizens"))
        with pytest.raises(kind) as failure:
            admin.find_realm()
    assert sentence in str(failure.value)


def test_a_realm_that_is_not_there_is_no_error() -> None:
    with answering((200, TOKEN), (404, '{"error":"Realm not found."}')) as url:
        assert RealmAdmin(KeycloakConnection(access(url), "citizens")).find_realm() is None


def test_a_keycloak_that_is_away_is_said_to_be_away() -> None:
    with pytest.raises(UpstreamUnavailable, match=r"does not answer .*: is it running, and is the address right"):
        KeycloakConnection(access(f"http://127.0.0.1:{free_port()}"), "citizens")


def test_a_slow_request_is_not_sent_a_second_time() -> None:
    """Keycloak may have done what it was asked although the answer came too late."""
    with answering((200, TOKEN)) as url:
        assert KeycloakConnection(access(url), "citizens").admin.connection.max_retries == 0


def test_a_keycloak_that_hangs_is_given_up_on_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keycloak_connection, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(UpstreamUnavailable, match="does not answer"):
        KeycloakConnection(access(f"http://127.0.0.1:{silent.getsockname()[1]}"), "citizens")


@pytest.mark.parametrize(
    "wrong", [KeycloakAccess("localhost:8080", "a", "b"), KeycloakAccess("http://localhost:8080"), KeycloakAccess("http://h", "a")]
)
def test_incomplete_access_is_refused_before_any_contact(wrong: KeycloakAccess) -> None:
    with pytest.raises(ConfigurationError):
        KeycloakConnection(wrong, "citizens")


def test_secrets_are_not_in_the_text_of_an_access() -> None:
    assert PASSWORD not in repr(KeycloakAccess("http://h", "a", PASSWORD, client_secret=PASSWORD))
