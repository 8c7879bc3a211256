"""What every request has to pass before a view sees it, and Flask's own session replaced by nothing but the token against forged forms.

Owns: the Host check (IN-01), the browser's origin for JSON endpoints (IN-04), and where Flask-WTF keeps its token (SE-11).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.exceptions import MethodNotAllowed

from broker.core.client import Client
from broker.core.errors import BadRequest
from broker.core.ids import keyed_hash
from broker.web.cookies import Cookies
from broker.web.reading import query_is_text

HEALTH_PATHS = frozenset({"/healthz", "/readyz"})
"""Asked by address, not by name: orchestrators do not know the issuer."""

RegisteredOrigins = Callable[[], Collection[str]]
"""Returns the web origins of every live tool."""


SPENDING = frozenset(
    {"oidc.authorize", "oidc.proceed", "citizen.callback", "end_session.logout", "keycloak_pages.auth", "keycloak_pages.logout"}
)
"""Endpoints whose GET may issue or use up something once: link checkers must not do that by HEAD (RU-16)."""


def install(app: Flask, issuer: str) -> None:
    """Refuse requests for another host than the issuer's (the port does not count: some tools leave it out), queries that cannot be read,
    and HEAD where GET spends."""
    expected = (urlsplit(issuer).hostname or "").lower()

    def check() -> None:
        if _host(request.environ.get("HTTP_HOST", "")) != expected and request.path not in HEALTH_PATHS:
            raise BadRequest("the Host header does not name this provider")
        if not query_is_text():
            raise BadRequest("the query is not UTF-8")
        if request.method == "HEAD" and request.endpoint in SPENDING:
            raise MethodNotAllowed(["GET", "POST"])

    app.before_request(check)


def _host(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


def web_origins(clients: Iterable[Client]) -> frozenset[str]:
    """The origins of the live tools' redirect URIs, as browsers write them in `Origin`."""
    uris = (uri for client in clients if client.takes_part for uri in client.redirect_uris)
    return frozenset(f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, uris) if parts.scheme in ("http", "https"))


def allow_origin(response: Response, registered: RegisteredOrigins, methods: str) -> Response:
    """Let scripts of registered tools read this answer; never with cookies. Other origins get nothing."""
    origin = request.headers.get("Origin")
    response.vary.add("Origin")
    if origin and origin != "null" and origin in registered():
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = methods
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, DPoP"
        response.headers["Access-Control-Expose-Headers"] = "DPoP-Nonce, WWW-Authenticate"
        response.headers["Access-Control-Max-Age"] = "600"
    return response


class FormTokens(SessionInterface):
    """Flask's session holds one thing, the token against forged forms, and that is derived from the browser cookie: no further cookie."""

    def __init__(self, cookies: Cookies, key: bytes) -> None:
        self._cookies = cookies
        self._key = key

    def open_session(self, app: Flask, request: Any) -> SessionMixin:
        """A session that is filled only when somebody looks."""
        return _FormToken(self._token)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Nothing to save."""

    def _token(self) -> str:
        return keyed_hash(self._key, "form", self._cookies.browser_id())


class _FormToken(dict[str, Any], SessionMixin):
    """`csrf_token` for this browser; Flask-WTF signs it into each form and compares."""

    def __init__(self, make: Callable[[], str]) -> None:
        super().__init__()
        self._make = make

    def __contains__(self, name: object) -> bool:
        return name == "csrf_token" or super().__contains__(name)

    def __missing__(self, name: str) -> Any:
        if name != "csrf_token":
            raise KeyError(name)
        self[name] = self._make()
        return self[name]
