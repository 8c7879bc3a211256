"""Turning an answer to a tool into HTTP: a 303, or the page whose form posts it (RFC 6749 4.1.2; OAuth 2.0 Form Post Response Mode)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Response, g, make_response, render_template
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
    if answer.address.held_back and "error" in answer.fields:
        return _held_back(answer)
    if answer.address.is_form:
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


def never_kept(response: Response) -> Response:
    """The same answer, for nobody's cache (RFC 6749 5.1)."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def _form_post(answer: AuthorizationResponse) -> Response:
    allow_scripts()
    allow_form_action(answer.address.redirect_uri)
    page = render_template(
        "citizen/form_post.html",
        action=answer.address.redirect_uri,
        fields=answer.sent,
        tool_name=answer.address.tool_name,
    )
    return make_response(page)


def _held_back(answer: AuthorizationResponse) -> Response:
    """Anybody could register a tool and make links that lead here: no such link leads on by itself, unseen (RU-13)."""
    g.shown_once = True
    address = answer.address
    allow_form_action(address.redirect_uri)
    page = render_template(
        "citizen/held_back.html",
        tool_name=address.tool_name,
        host=urlsplit(address.redirect_uri).netloc or address.redirect_uri,
        error=answer.fields["error"],
        location=None if address.is_form else answer.location,
        action=address.redirect_uri,
        fields=answer.sent,
    )
    return make_response(page, 400)
