"""Devices without a browser at the provider's face: what they may ask for, what they are told, and their grant (RFC 8628 3)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from broker.core.client import Client
from broker.core.device import DEVICE_LIFETIME, POLL_INTERVAL
from broker.core.errors import BadRequest
from broker.core.oauth_errors import InvalidTarget
from broker.core.request import AuthorizationRequest, Prompt
from broker.flows.authorizing_devices import StartedDevice
from broker.oidc.authorization_request import RequestReader
from broker.oidc.client_call import CLIENT_PARAMETERS
from broker.oidc.grants import ClientGrant
from broker.oidc.parameters import Parameters
from broker.oidc.token_answer import Tokens

_LONGEST_CREDENTIAL = 16_384
DEVICE_LIMITS: Mapping[str, int] = MappingProxyType(
    {**dict.fromkeys(CLIENT_PARAMETERS, _LONGEST_CREDENTIAL), "scope": 1024, "resource": 2048}
)
"""Every parameter of the device authorization endpoint, with its longest value; others are ignored (RFC 8628 3.1)."""


def read_device_request(parameters: Parameters, client: Client, reader: RequestReader, confirmation: str) -> AuthorizationRequest:
    """What the device wants, as a request that no browser has begun yet.

    `confirmation` is the key that a proof announced (RFC 9449), so that nobody else can fetch the answer.
    The citizen is asked anew each time: a device gets lasting access, and a stranger's device must not get it silently (A-15).
    Raises InvalidScope, InvalidTarget or InvalidRequest.
    """
    parameters.check(DEVICE_LIMITS)
    resources = parameters.all("resource")
    if not set(resources) <= set(client.tokens.resources):
        raise InvalidTarget("resource names no API that this client may ask tokens for")
    return AuthorizationRequest(
        id="",
        browser_id="",
        client_id=client.client_id,
        redirect_uri="",
        scopes=reader.scopes(parameters, client),
        created_at=reader.clock(),
        prompts=frozenset({Prompt.CONSENT}),
        resources=tuple(dict.fromkeys(resources)),
        confirmation=confirmation,
    )


def device_answer(started: StartedDevice, issuer: str) -> dict[str, object]:
    """What the device is told (RFC 8628 3.2). The complete address only fills in the code; the citizen still has to confirm."""
    address = f"{issuer}/device"
    return {
        "device_code": started.device_code,
        "user_code": started.user_code,
        "verification_uri": address,
        "verification_uri_complete": f"{address}?user_code={started.user_code}",
        "expires_in": int(DEVICE_LIFETIME.total_seconds()),
        "interval": int(POLL_INTERVAL.total_seconds()),
    }


class DeviceCodeGrant(ClientGrant):
    """`grant_type=urn:ietf:params:oauth:grant-type:device_code`. Answers as the code grant does."""

    GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"

    def redeem(self, client: Client, confirmation: str) -> Tokens:
        """Raises AuthorizationPending, SlowDown, DeviceRefused, ExpiredToken or InvalidGrant."""
        device_code = self.request.form.get("device_code")
        if not device_code:
            raise BadRequest("device_code is missing")
        return self.server.flows.redeem_device(device_code, client.client_id, confirmation)
