"""A stub of the hub: an HTTP server that says what a test wants it to say, also wrong, late or garbage."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

BPK2 = "urn:oid:1.3.6.1.4.1.25484.494450.3"
QAA = "urn:oid:1.2.40.0.10.2.1.1.261.94"
PROVED_BY = "urn:oid:1.3.6.1.4.1.25484.494450.2"
MFA = "urn:oid:1.3.6.1.4.1.25484.494450.7"
GIVEN_NAME, SURNAME, BIRTHDATE = "urn:oid:2.5.4.42", "urn:oid:2.5.4.4", "urn:oid:1.2.40.0.10.2.1.1.55"
COMMUNITY_ID, MAIL = "urn:oid:1.3.6.1.4.1.25484.494450.5", "urn:oid:0.9.2342.19200300.100.1.3"


@dataclass(frozen=True)
class Key:
    """A signing key of the hub."""

    kid: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def public(self) -> dict[str, Any]:
        jwk: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.private.public_key()))
        return {**jwk, "kid": self.kid, "use": "sig", "alg": "ES256"}


@dataclass
class StubHub:
    """What each endpoint does; a test changes a field, then signs in. `calls` lists the paths that were asked for."""

    issuer: str = ""
    keys: list[Key] = field(default_factory=lambda: [Key("one")])
    signing_key: Key | None = None
    with_par: bool = True
    calls: list[str] = field(default_factory=list)
    pushed: dict[str, str] = field(default_factory=dict)
    redeemed: dict[str, str] = field(default_factory=dict)
    logouts: list[dict[str, str]] = field(default_factory=list)
    id_token: str | None = None
    answers: dict[str, Callable[[], tuple[int, bytes]]] = field(default_factory=dict)

    def signs(self, claims: dict[str, Any], **header: Any) -> None:
        """The token that the token endpoint will give."""
        key = self.signing_key or self.keys[0]
        headers = {"kid": key.kid, **header}
        self.id_token = jwt.encode(claims, key.private, algorithm="ES256", headers=headers)

    def breaks(self, path: str, status: int, body: bytes = b"", after: float = 0.0) -> None:
        """An endpoint answers this way instead."""

        def answer() -> tuple[int, bytes]:
            time.sleep(after)
            return status, body

        self.answers[path] = answer

    def asked(self, path: str) -> int:
        """How often an endpoint was asked."""
        return self.calls.count(path)

    def handle(self, path: str, values: dict[str, str]) -> tuple[int, bytes]:
        self.calls.append(path)
        if path in self.answers:
            return self.answers[path]()
        status, body = self._answer(path, values)
        return status, json.dumps(body).encode()

    def _answer(self, path: str, values: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path == "/realms/citizens/.well-known/openid-configuration":
            return 200, self._metadata()
        if path == "/jwks":
            return 200, {"keys": [key.public() for key in self.keys]}
        if path == "/par":
            self.pushed = values
            return 201, {"request_uri": "urn:stub:1", "expires_in": 60}
        if path == "/token":
            self.redeemed = values
            return (200, {"id_token": self.id_token}) if self.id_token else (400, {"error": "invalid_grant"})
        if path == "/logout":
            self.logouts.append(values)
            return 200, {}
        return 404, {}

    def _metadata(self) -> dict[str, str]:
        origin = self.issuer.removesuffix("/realms/citizens")
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{origin}/auth",
            "token_endpoint": f"{origin}/token",
            "jwks_uri": f"{origin}/jwks",
            "end_session_endpoint": f"{origin}/logout",
        }
        return found | ({"pushed_authorization_request_endpoint": f"{origin}/par"} if self.with_par else {})


@contextmanager
def running_hub(hub: StubHub | None = None) -> Iterator[StubHub]:
    """A stub hub on a free port of localhost."""
    hub = hub or StubHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    server.block_on_close = False
    hub.issuer = f"http://127.0.0.1:{server.server_address[1]}/realms/citizens"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler(hub: StubHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        def log_message(self, *arguments: object) -> None:
            pass

        def _reply(self, form: str) -> None:
            status, body = hub.handle(urlsplit(self.path).path, {name: values[0] for name, values in parse_qs(form).items()})
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True

    return Handler


def attribute(value: str, trust: str | None = "HOCH") -> dict[str, Any]:
    """One attribute as our Keycloak provider hands it on."""
    return {"v": [value]} | ({"t": trust} if trust else {})


def erika() -> dict[str, Any]:
    """What BundID asserts of Erika Mustermann after a sign-in by eID."""
    return {
        "issuer": "https://bundid.example/idp",
        "authn_context": "STORK-QAA-Level-4",
        "attributes": {
            BPK2: attribute("bpk2-of-erika", "NORMAL"),
            QAA: attribute("STORK-QAA-Level-4"),
            PROVED_BY: attribute("eID"),
            GIVEN_NAME: attribute("ERIKA"),
            SURNAME: attribute("MUSTERMANN"),
            BIRTHDATE: attribute("1964-08-12"),
            COMMUNITY_ID: attribute("02760503150000"),
            MAIL: attribute("erika.mustermann@post.example", "NORMAL"),
        },
    }
