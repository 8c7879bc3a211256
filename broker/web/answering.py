"""Turning an answer to a tool into HTTP: a 303, or the page whose form posts it (RFC 6749 4.1.2; OAuth 2.0 Form Post Response Mode)."""

from __future__ import annotations

from flask import Response, make_response, render_template

from broker.oidc.responses import AuthorizationResponse
from broker.web.headers import allow_form_action, allow_scripts
from broker.web.observability import count_answer


def send(answer: AuthorizationResponse) -> Response:
    """The one way an authorization request is answered, success or error."""
    count_answer(answer.fields.get("error", "code"))
    if answer.address.response_mode == "form_post":
        return _form_post(answer)
    return see_other(answer.location)


def see_other(location: str) -> Response:
    """A redirect that turns any method into GET (A-10); the address goes out as given."""
    response = Response(status=303)
    response.headers["Location"] = location
    return response


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
