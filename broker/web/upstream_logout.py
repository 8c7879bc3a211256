"""`POST /bclogout`: where the hub says that one of its sessions has ended (OIDC Back-Channel Logout 1.0 2.5, 2.8)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request

from broker.core.errors import BadRequest, UpstreamRefused
from broker.flows.heeding import Heeding
from broker.web.answering import FinishedResponse

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class UpstreamLogoutViews:
    """The view, with the flow it stands for."""

    heeding: Heeding

    def bclogout(self) -> Response:
        """200 when every session of the token has ended, also if there was none; 400 for what cannot be believed, 503 in an outage."""
        tokens = request.form.getlist("logout_token") if request.mimetype == _FORM else []
        if len(tokens) != 1:
            raise BadRequest("logout_token has to be there once, in a form")
        try:
            self.heeding.end(tokens[0])
        except UpstreamRefused as refusal:
            raise BadRequest(refusal.detail) from None
        answer = FinishedResponse(b"")
        answer.headers["Cache-Control"] = "no-store"
        return answer


def upstream_logout_blueprint(heeding: Heeding) -> Blueprint:
    """The hub posts here without a form token."""
    views = UpstreamLogoutViews(heeding)
    blueprint = Blueprint("upstream_logout", __name__)
    blueprint.add_url_rule("/bclogout", "bclogout", views.bclogout, methods=["POST"], provide_automatic_options=False)
    return blueprint
