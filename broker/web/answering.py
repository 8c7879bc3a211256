"""Turning an answer to a tool into HTTP: a 303, or the page whose form posts it (RFC 6749 4.1.2; OAuth 2.0 Form Post Response Mode)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from flask import Response, make_response, render_template
from werkzeug.datastructures import Headers

from broker.oidc.responses import AuthorizationResponse
from broker.web.headers import allow_form_action, allow_scripts
from broker.web.observability import count_answer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def send(answer: AuthorizationResponse) -> Response:
    """The one way an authorization request is answered, success or error."""
    count_answer(answer.fields.get("error", "code"))
    if answer.address.response_mode == "form_post":
        return _form_post(answer)
    return see_other(answer.location)


class FinishedResponse(Response):
    """An answer whose headers are complete when it is made; werkzeug would look through them once more and rewrite the Location."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """The headers as they stand."""
        return self.headers


def see_other(location: str) -> Response:
    """A redirect that turns any method into GET (A-10); the address goes out as given."""
    return FinishedResponse(b"", 303, {"Location": location})


def json_answer(content: Mapping[str, object]) -> Response:
    """An answer for machines."""
    return FinishedResponse(_ENCODE(content).encode(), mimetype="application/json")


def _form_post(answer: AuthorizationResponse) -> Response:
    allow_scripts()
    allow_form_action(answer.address.redirect_uri)
    page = render_template(
        "citizen/form_post.html",
        action=answer.address.redirect_uri,
        fields=answer.fields,
        tool_name=answer.address.tool_name,
    )
    return make_response(page)
