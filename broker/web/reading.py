"""Reading the parameters of a request at hand: query or form by the method, never merged (RU-08, RU-15)."""

from __future__ import annotations

from collections.abc import Collection

from flask import request

from broker.core.errors import BadRequest
from broker.oidc.client_call import ClientCall
from broker.oidc.parameters import Parameters

FORM = "application/x-www-form-urlencoded"
_LONGEST_QUERY = 6000  # proxies and gunicorn take request lines of 8 KB


def query_is_text() -> bool:
    """Whether the query can be read at all: servers pass bytes that nobody encoded through as they are, and werkzeug stumbles over them."""
    query: str = request.environ.get("QUERY_STRING", "")  # bytes as Latin-1 (PEP 3333)
    if query.isascii():
        return True
    try:
        return bool(query.encode("latin-1").decode())
    except UnicodeError:
        return False


def sent_parameters(known: Collection[str]) -> Parameters:
    """The known parameters. Only a form of the plain kind is read from a body; another body counts as empty."""
    if request.method != "POST":
        return Parameters.read(request.query_string, known)
    if request.mimetype != FORM:
        return Parameters({})
    raw = request.get_data()
    if raw:
        return Parameters.read(raw, known)
    return Parameters.of(request.form.items(multi=True), known)  # the guard against forged forms has read the body already


def sent_call(known: Collection[str], certificate_header: str = "") -> ClientCall:
    """The request at hand as a call from a tool's server. Raises BadRequest unless a POST brings a plain form.

    Only the proxy can set `certificate_header` (deploy/proxy.conf); without that setting no certificate is believed.
    """
    if request.method == "POST" and request.mimetype != FORM:
        raise BadRequest(f"the body has to be {FORM}")
    return _call(sent_parameters(known), certificate_header)


def presented_call(certificate_header: str = "") -> ClientCall:
    """The request at hand as a call that presents an access token; its body is nobody's business here."""
    return _call(Parameters({}), certificate_header)


def _call(parameters: Parameters, certificate_header: str) -> ClientCall:
    return ClientCall(
        parameters=parameters,
        authorization=request.headers.get("Authorization"),
        dpop=tuple(request.headers.getlist("DPoP")),
        certificate=request.headers.get(certificate_header) if certificate_header else None,
        method=request.method,
        path=request.path,
        address=request.remote_addr or "",
    )


def must_come_again(cookie: str | None) -> bool:
    """Whether a form is to be sent on as a GET: posted from another site it lacks our `cookie` (SameSite=Lax), which a GET brings."""
    return request.method == "POST" and cookie is None and (request.content_length or 0) <= _LONGEST_QUERY
