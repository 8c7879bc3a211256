"""The one place where errors become answers: JSON for machines, the tool's redirect once a request was validated, a page for people.

Views and flows raise `BrokerError`; nobody else catches. The reference number on the page and in the answer is the request id in the log.
"""

from __future__ import annotations

import errno
import json
import random
import traceback
from collections.abc import Callable

from flask import Flask, Response, g, make_response, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from broker.core.errors import BadRequest, BrokerError, FormExpired, MethodNotAllowed, NotFound, TemporarilyUnavailable, TooLarge
from broker.core.oauth_errors import UnprovenToken
from broker.oidc.responses import AuthorizationResponses, description
from broker.oidc.return_address import ReturnAddress
from broker.web import answering, dpop, observability

RETRY_AFTER_SECONDS = {503: range(5, 16), 429: range(60, 61)}
"""After an outage not everybody may come back in the same second (F-38)."""
JSON_PATHS = frozenset({"/token", "/userinfo", "/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"})
JSON_PATHS |= {"/par", "/device_authorization", "/introspect", "/revoke", "/deliveries", "/bclogout"} | {
    f"/protocol/openid-connect/{name}" for name in ("token", "userinfo", "certs")
}
"""Endpoints that machines call: their errors are JSON (RFC 6749 5.2, RFC 6750 3)."""
_REGISTRATION = "/register"

_WANTS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_BY_STATUS: dict[int, type[BrokerError]] = {404: NotFound, 405: MethodNotAllowed, 413: TooLarge}


def redirect_errors_to(address: ReturnAddress | None) -> None:
    """From here on in this request, errors are the tool's to hear: client and redirect URI are valid (A-02). None takes that back."""
    g.return_address = address


def install(app: Flask, responses: AuthorizationResponses) -> None:
    """Answer every error of the app."""

    def answer(error: BrokerError) -> Response:
        g.error = error
        observability.count_error(error.code)
        if _is_for_machines(request.path):
            return _json(error)
        address: ReturnAddress | None = g.get("return_address")
        if address is not None and error.oauth_error:
            return _told(responses, address, error)
        return _page(error)

    def from_http(error: HTTPException) -> Response:
        response = answer(_translated(error))
        if error.code == 405:
            response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return response

    def from_nowhere(error: Exception) -> Response:
        # The exception's own text stays out of the log: it may hold what a citizen sent, or a row of a table.
        frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
        observability.log_unforeseen(type(error).__name__, frames[-12:])
        return answer(TemporarilyUnavailable() if _is_want(error) else BrokerError())

    app.register_error_handler(BrokerError, answer)
    app.register_error_handler(HTTPException, from_http)
    app.register_error_handler(Exception, from_nowhere)


def _is_want(error: Exception) -> bool:
    """Whether this machine lacks memory, threads or file descriptors: that passes (F-35)."""
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno in _WANTS)
        or (isinstance(error, RuntimeError) and str(error) == "can't start new thread")
    )


def _is_for_machines(path: str) -> bool:
    return path in JSON_PATHS or path == _REGISTRATION or path.startswith(f"{_REGISTRATION}/")


def _told(responses: AuthorizationResponses, address: ReturnAddress, error: BrokerError) -> Response:
    try:
        return answering.send(responses.error(address, error))
    except BrokerError as trouble:  # the tool takes signed answers only, and nothing can be signed right now
        return _page(trouble)


def _translated(error: HTTPException) -> BrokerError:
    if isinstance(error, CSRFError):
        return FormExpired()
    status = error.code or 500
    return _BY_STATUS.get(status, BadRequest if status < 500 else BrokerError)()


def _json(error: BrokerError) -> Response:
    body = {"error": error.oauth_error or "server_error", "error_description": description(error)}
    response = Response(json.dumps(body), status=error.status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    if error.status == 401:
        response.headers["WWW-Authenticate"] = _challenge(error)
    return _with_retry(response, error)


def _challenge(error: BrokerError) -> str:
    """RFC 6750 3 and RFC 9449 7.1 at userinfo, RFC 6749 5.2 at the token endpoint. A request without any token gets no error code."""
    if error.oauth_error == "invalid_client":
        return 'Basic realm="token"'
    registering = request.path.startswith(_REGISTRATION)
    realm = "registration" if registering else "userinfo"
    if g.get("no_token"):
        return f'Bearer realm="{realm}"' if registering else f'Bearer realm="{realm}", DPoP {dpop.CHALLENGE}'
    told = f'realm="{realm}", error="{error.oauth_error}", error_description="{description(error)}"'
    if registering:
        return f"Bearer {told}"
    if isinstance(error, UnprovenToken) or dpop.presented():
        return f"DPoP {told}, {dpop.CHALLENGE}"
    return f"Bearer {told}, DPoP {dpop.CHALLENGE}"


def _page(error: BrokerError) -> Response:
    g.shown_once = True  # no language links: they would repeat what was sent
    response = make_response(_rendered(error), error.status)
    return _with_retry(response, error)


def _rendered(error: BrokerError) -> str:
    try:
        return render_template(
            "citizen/error.html",
            message_key=error.message_key,
            code=error.code,
            reference=observability.request_id(),
            back=None,
            retry_url=_retry_url(error),
        )
    except Exception as trouble:  # noqa: BLE001  # even a broken template must not hide the reference number
        observability.log_unforeseen(type(trouble).__name__, [])
        return _plain(error.code)


def _plain(code: str) -> str:
    return f"<!doctype html><html lang=de><title>Fehler</title><p>{code} {observability.request_id()}</p></html>"


def _retry_url(error: BrokerError) -> str | None:
    """Where trying again may help: the sign-in in progress, or after an outage the same address."""
    if error.request_id:
        return url_for("oidc.proceed", request_id=error.request_id)
    if isinstance(error, TemporarilyUnavailable) and request.method == "GET" and request.endpoint == "oidc.proceed":
        return request.path
    return None


def _with_retry(response: Response, error: BrokerError) -> Response:
    if error.status in RETRY_AFTER_SECONDS:
        response.headers["Retry-After"] = str(random.choice(RETRY_AFTER_SECONDS[error.status]))  # noqa: S311  # no secret: it only spreads the load
    return response


ErrorAnswer = Callable[[BrokerError], Response]
