"""The endpoints that machines call: token, userinfo, keys and metadata. JSON only; errors are turned into answers in `errors.py`.

Introspection and revocation stand in `token_status.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from flask import Blueprint, Response, g, request

from broker.core.client import Client
from broker.core.errors import BadRequest, InvalidToken
from broker.flows.issuing import Prove
from broker.oidc.keys import KeyRing
from broker.oidc.metadata import Metadata
from broker.oidc.server import TOKEN_PARAMETERS, TokenServer
from broker.oidc.userinfo import UserInfoAnswers
from broker.web.answering import FinishedResponse, json_answer
from broker.web.guards import RegisteredOrigins, allow_origin
from broker.web.reading import FORM, presented_call, sent_call

_LONGEST_TOKEN = 4096
_METHODS = "GET, POST"
_SCHEMES = ("bearer", "dpop")
_CACHED = "public, max-age=300"  # clients fetch both documents at every sign-in; a new key is published long before it signs

UserInfo = Callable[[str, Prove], tuple[Client, Mapping[str, object]]]
"""Returns an access token's client, and the claims it shows to whoever proves to hold the key it is bound to. Raises InvalidToken."""


@dataclass(frozen=True, slots=True)
class EndpointViews:
    """What the endpoints need."""

    server: TokenServer
    userinfo_of: UserInfo
    userinfo_answers: UserInfoAnswers
    keys: KeyRing
    metadata: Metadata
    origins: RegisteredOrigins
    certificate_header: str = ""
    _documents: dict[tuple[str, ...], bytes] = field(default_factory=dict)

    def token(self) -> Response:
        """`POST /token` (RFC 6749 3.2)."""
        status, body, headers = self.server.answer(sent_call(TOKEN_PARAMETERS, self.certificate_header))
        return FinishedResponse(json.dumps(body).encode(), status=status, headers=headers)

    def userinfo(self) -> Response:
        """`GET` or `POST /userinfo` (OIDC Core 5.3)."""
        token = _access_token()
        prove = partial(self.server.proofs.check, presented_call(self.certificate_header), token)
        body, mimetype = self.userinfo_answers.make(*self.userinfo_of(token, prove))
        return FinishedResponse(body.encode(), mimetype=mimetype, headers={"Cache-Control": "no-store"})

    def jwks(self) -> Response:
        """`GET /jwks` (RFC 7517 5)."""
        return _public(json_answer(self.keys.published()))

    def discovery(self) -> Response:
        """Both well-known documents (OIDC Discovery 1.0 section 4, RFC 8414 section 3)."""
        algorithms = self.keys.algorithms
        document = self._documents.get(algorithms)
        if document is None:
            document = self._documents[algorithms] = json.dumps(self.metadata.document(algorithms)).encode()
        return _public(FinishedResponse(document, mimetype="application/json"))

    def preflight(self) -> Response:
        """`OPTIONS`: may a script of this origin call here? The answer is in the headers."""
        return Response(status=204)

    def admit_scripts(self, response: Response) -> Response:
        """After every answer of these endpoints, errors included: scripts of registered tools may read it (IN-04)."""
        return allow_origin(response, self.origins, _METHODS) if "Origin" in request.headers else response


def endpoints_blueprint(views: EndpointViews) -> Blueprint:
    """All of them, each with its preflight."""
    blueprint = Blueprint("endpoints", __name__)
    blueprint.after_request(views.admit_scripts)
    for path, view, methods in (
        ("/token", views.token, ["POST"]),
        ("/userinfo", views.userinfo, ["GET", "POST"]),
        ("/jwks", views.jwks, ["GET"]),
        ("/.well-known/openid-configuration", views.discovery, ["GET"]),
        ("/.well-known/oauth-authorization-server", views.discovery, ["GET"]),
    ):
        name = path.removeprefix("/.well-known/").strip("/").replace("-", "_")
        blueprint.add_url_rule(path, name, view, methods=methods, provide_automatic_options=False)
        blueprint.add_url_rule(path, f"{name}_preflight", views.preflight, methods=["OPTIONS"])
    return blueprint


def _access_token() -> str:
    """The access token from header or form, never from the query (RFC 6750 2, RFC 9449 7.1). Raises InvalidToken."""
    header = request.headers.get("Authorization", "")
    in_form = request.form.get("access_token") if request.method == "POST" and request.mimetype == FORM else None
    scheme, _, in_header = header.partition(" ")
    if header and in_form:
        raise BadRequest("the access token was sent in two ways")
    token = in_form or (in_header.strip() if scheme.lower() in _SCHEMES else "")
    if not token:
        g.no_token = True
        raise InvalidToken("no access token was sent")
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        raise InvalidToken
    return token


def _public(response: Response) -> Response:
    response.headers["Cache-Control"] = _CACHED
    response.headers["Vary"] = "Origin"  # a cache must not hand an answer without CORS headers to a script
    return response
