"""A device without a browser of its own, as tests see it: asks for codes, shows one of them, polls with the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from broker.core.client_policy import GrantType, TokenPolicy
from tests.support.app import Broker
from tests.support.browser import Browser, Stop
from tests.support.tool import Tool

DEVICE_GRANT = GrantType.DEVICE_CODE.value
DEVICES_ONLY = TokenPolicy(grant_types=(GrantType.DEVICE_CODE,))


@dataclass
class Device:
    """One device of a tool, waiting."""

    tool: Tool
    told: dict[str, Any]

    @property
    def user_code(self) -> str:
        """What stands on its screen."""
        code: str = self.told["user_code"]
        return code

    def polls(self, **changes: str) -> TestResponse:
        """Asks whether the citizen has decided."""
        form = {"grant_type": DEVICE_GRANT, "device_code": self.told["device_code"], **changes}
        if self.tool.client.is_public:
            return self.tool.calls_token({**form, "client_id": self.tool.client.client_id})
        return self.tool.calls_token(form, self.tool.basic())

    def hears(self) -> str:
        """The protocol's word it gets, `token` for success."""
        response = self.polls()
        body = response.get_json()
        assert response.status_code == (200 if "access_token" in body else 400), body
        return "token" if "access_token" in body else str(body["error"])


def device_tool(broker: Broker, client_id: str = "tafel", **changes: Any) -> Tool:
    """A tool whose devices may wait."""
    return broker.tool(client_id, **{"tokens": DEVICES_ONLY, "redirect_uris": (), **changes})


def asks_for_codes(tool: Tool, headers: dict[str, str] | None = None, **form: Any) -> TestResponse:
    """`POST /device_authorization`, from server to server."""
    sent = {"scope": "openid profile", **({"client_id": tool.client.client_id} if tool.client.is_public else {}), **form}
    credentials = {} if tool.client.is_public else tool.basic()
    proof = tool.prover.headers("POST", "/device_authorization") if tool.prover else {}
    return tool.posts("/device_authorization", sent, {**proof, **(credentials if headers is None else headers)})


def begins(tool: Tool, **form: Any) -> Device:
    """A device that waits."""
    response = asks_for_codes(tool, **form)
    assert response.status_code == 200, response.get_data(as_text=True)
    return Device(tool, response.get_json())


def enters(browser: Browser, device: Device, typed: str | None = None) -> Stop:
    """The citizen types the code (or what was typed instead); the page that comes."""
    return browser.presses(browser.opens("/device"), "device-continue", user_code=device.user_code if typed is None else typed)


def lets_in(browser: Browser, device: Device) -> Stop:
    """The citizen enters the code, confirms, signs in and agrees; the last page."""
    return goes_on(browser, browser.presses(enters(browser, device), "device-confirm"))


def goes_on(browser: Browser, stop: Stop) -> Stop:
    """Through citizen ID and consent, as far as they are asked for."""
    for _ in range(4):
        if stop.is_at_hub:
            stop = browser.comes_back(stop)
        elif 'id="provider-bundid"' in stop.text:
            stop = browser.presses(stop, "provider-bundid")
        elif 'id="consent-allow"' in stop.text:
            stop = browser.presses(stop, "consent-allow")
    return stop
