"""Introspection and revocation: what tools and APIs ask about tokens, and how tools give them back (RFC 7662, RFC 7009, RFC 9701).

From server to server: no page of another origin reads these answers.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request

from broker.core.client import Client
from broker.core.errors import BadRequest, InvalidClient
from broker.oidc.client_call import CLIENT_PARAMETERS
from broker.oidc.introspection import TYP, IntrospectionAnswers
from broker.oidc.server import TokenServer
from broker.web.answering import FinishedResponse, json_answer, never_kept
from broker.web.reading import sent_call

_PARAMETERS = CLIENT_PARAMETERS | {"token", "token_type_hint"}  # the hint is read by nobody: both kinds are looked for
_LONGEST_TOKEN = 8192  # a JWT with many APIs; looked at before anything is decoded
_SIGNED = f"application/{TYP}"


@dataclass(frozen=True, slots=True)
class TokenStatusViews:
    """What both endpoints need."""

    server: TokenServer
    answers: IntrospectionAnswers
    certificate_header: str = ""

    def introspect(self) -> Response:
        """`POST /introspect`. Whoever only says its name has not shown who it is: public clients are not answered (RFC 7662 2.1)."""
        caller, token = self._call("introspect")
        if caller.is_public:
            raise InvalidClient("introspection is for clients that can prove who they are")
        answer = self.answers.answer(token, caller)
        if _SIGNED in request.accept_mimetypes.values():
            return never_kept(FinishedResponse(self.answers.signed(answer, caller).encode(), mimetype=_SIGNED))
        return never_kept(json_answer(answer))

    def revoke(self) -> Response:
        """`POST /revoke`: 200 whatever the token was (RFC 7009 2.2)."""
        caller, token = self._call("revoke")
        self.answers.introspecting.revoke(token, caller)
        return never_kept(FinishedResponse(b"", mimetype="application/json"))

    def _call(self, endpoint: str) -> tuple[Client, str]:
        call = sent_call(_PARAMETERS, self.certificate_header)
        caller = self.server.client_of(call, endpoint)
        token = call.parameters.get("token")
        if not token:
            raise BadRequest("token is missing")
        return caller, token if len(token) <= _LONGEST_TOKEN else token[:1]  # nothing of ours is that long: as unknown as any other


def token_status_blueprint(views: TokenStatusViews) -> Blueprint:
    """`/introspect` and `/revoke`; tools post to them without a form token."""
    blueprint = Blueprint("token_status", __name__)
    for name, view in (("introspect", views.introspect), ("revoke", views.revoke)):
        blueprint.add_url_rule(f"/{name}", name, view, methods=["POST"], provide_automatic_options=False)
    return blueprint
