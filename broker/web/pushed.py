"""`POST /par`: tools push their authorization requests (RFC 9126). JSON only; errors are turned into answers in `errors.py`."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import Blueprint, Response, request

from broker.oidc.pushed_requests import PUSHED_PARAMETERS, PushedRequests
from broker.web.answering import FinishedResponse
from broker.web.guards import RegisteredOrigins, allow_origin
from broker.web.reading import sent_call


@dataclass(frozen=True, slots=True)
class PushedViews:
    """What the endpoint needs."""

    requests: PushedRequests
    origins: RegisteredOrigins
    certificate_header: str = ""

    def push(self) -> Response:
        """The reference, or what is wrong with the request."""
        answer = self.requests.answer(sent_call(PUSHED_PARAMETERS, self.certificate_header))
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        return FinishedResponse(json.dumps(answer).encode(), status=201, mimetype="application/json", headers=headers)

    def preflight(self) -> Response:
        """`OPTIONS`: may a script of this origin call here? The answer is in the headers."""
        return Response(status=204)

    def admit_scripts(self, response: Response) -> Response:
        """Scripts of registered tools may read the answer, errors included (IN-04)."""
        return allow_origin(response, self.origins, "POST") if "Origin" in request.headers else response


def pushed_blueprint(views: PushedViews) -> Blueprint:
    """`/par`."""
    blueprint = Blueprint("pushed", __name__)
    blueprint.after_request(views.admit_scripts)
    blueprint.add_url_rule("/par", "push", views.push, methods=["POST"], provide_automatic_options=False)
    blueprint.add_url_rule("/par", "preflight", views.preflight, methods=["OPTIONS"])
    return blueprint
