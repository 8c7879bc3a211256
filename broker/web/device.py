"""Devices without a browser: the endpoint they begin at, and the pages on which a citizen lets one in (RFC 8628 3.1, 3.3; A-15).

Nothing happens before the citizen has read whose device it is and confirmed to have begun this. Then the way is every tool's:
`/continue/<id>`.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext

from broker.core.client_policy import GrantType
from broker.core.errors import BadRequest, RequestExpired
from broker.core.oauth_errors import UnauthorizedClient
from broker.flows.authorizing_devices import AuthorizingDevices, WaitingDevice
from broker.oidc.authorization_request import RequestReader
from broker.oidc.device_grant import DEVICE_LIMITS, device_answer, read_device_request
from broker.oidc.server import TokenServer
from broker.web.answering import json_answer, see_other
from broker.web.cookies import Cookies
from broker.web.forms import UserCodeForm
from broker.web.reading import sent_call

_LONGEST_CODE = 40

Answer = str | Response


@dataclass(frozen=True, slots=True)
class DeviceViews:
    """The views, with what they need."""

    issuer: str
    server: TokenServer
    reader: RequestReader
    devices: AuthorizingDevices
    cookies: Cookies
    certificate_header: str = ""

    def device_authorization(self) -> Response:
        """`POST /device_authorization` (RFC 8628 3.1)."""
        call = sent_call(DEVICE_LIMITS, self.certificate_header)
        client = self.server.client_of(call, "device")
        if not client.may_use(GrantType.DEVICE_CODE):
            raise UnauthorizedClient("the device grant is not allowed to this client")
        key = self.server.proofs.announced(call, client, None)
        asked = read_device_request(call.parameters, client, self.reader, key)
        return json_answer(device_answer(self.devices.start(asked, _source()), self.issuer))

    def enter(self) -> Answer:
        """Where the citizen types the code. The complete address (RFC 8628 3.3.1) has typed it already, and does no more than that."""
        return _entry(UserCodeForm(data={"user_code": request.args.get("user_code", "")[:_LONGEST_CODE]}))

    def look_up(self) -> Answer:
        """The code was typed: on to the question, if there is such a device."""
        form = UserCodeForm()
        if self._waiting(form.user_code.data) is None:
            return _unknown(form)
        return see_other(url_for(".confirm", user_code=form.user_code.data))

    def confirm(self) -> Answer:
        """Whose device it is, and the question whether the citizen began this."""
        typed = request.args.get("user_code", "")
        waiting = self._waiting(typed)
        return _unknown(UserCodeForm(data={"user_code": typed[:_LONGEST_CODE]})) if waiting is None else _question(waiting)

    def decide(self) -> Answer:
        """Go on, or send the device away."""
        waiting, decision = self._waiting(request.form.get("user_code", "")), request.form.get("decision")
        if waiting is None:
            raise RequestExpired
        if decision == "refuse":
            self.devices.turn_away(waiting)
            return _end(refused=True)
        if decision != "confirm":
            raise BadRequest("decision is neither confirm nor refuse")
        return see_other(url_for("oidc.proceed", request_id=self.devices.take_up(waiting, self.cookies.browser_id())))

    def done(self, request_id: str) -> Answer:
        """The end of the way: the citizen may go back to the device."""
        refused = self.devices.refused(request_id, self.cookies.known_browser_id() or "")
        return see_other(url_for("oidc.proceed", request_id=request_id)) if refused is None else _end(refused=refused)

    def _waiting(self, typed: str | None) -> WaitingDevice | None:
        return self.devices.look_up((typed or "")[:_LONGEST_CODE], _source(), self.cookies.known_browser_id() or "")


def device_blueprint(views: DeviceViews) -> Blueprint:
    """Devices post to the first without a form token; all else is for people."""
    blueprint = Blueprint("device", __name__)
    blueprint.post("/device_authorization")(views.device_authorization)
    blueprint.get("/device")(views.enter)
    blueprint.post("/device")(views.look_up)
    blueprint.get("/device/confirm")(views.confirm)
    blueprint.post("/device/confirm")(views.decide)
    blueprint.get("/device/done/<request_id>")(views.done)
    return blueprint


def _source() -> str:
    """Where the request at hand came from, for counting guesses and for the citizen's eyes."""
    return request.remote_addr or ""


def _entry(form: UserCodeForm) -> str:
    return render_template("citizen/device.html", form=form)


def _unknown(form: UserCodeForm) -> str:
    form.user_code.errors = [gettext("There is no device with this code. Perhaps it has expired, or a letter is wrong.")]
    return _entry(form)


def _question(waiting: WaitingDevice) -> str:
    return render_template(
        "citizen/device_confirm.html",
        tool=waiting.client,
        user_code=waiting.device.user_code,
        asked_at=waiting.device.request.created_at,
        address=waiting.device.address,
    )


def _end(refused: bool) -> str:
    return render_template("citizen/device_done.html", refused=refused)
