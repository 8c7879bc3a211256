"""`/register`: tools' servers register themselves and look after their own record (RFC 7591, RFC 7592). JSON in and out, for machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, g, request

from broker.core.client import Client
from broker.core.errors import InvalidToken
from broker.core.oauth_errors import InvalidClientMetadata
from broker.flows.self_registering import Registered, SelfRegistering
from broker.oidc.client_metadata import ClientMetadata
from broker.oidc.registration_request import read_document, read_object
from broker.oidc.return_address import plausible
from broker.web.answering import FinishedResponse

_LONGEST_TOKEN = 200
_KEPT_BY_US = ("registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at")

Statement = Callable[[Mapping[str, object]], Mapping[str, object]]
"""Returns members with those of their software statement over them. Raises InvalidSoftwareStatement or UnapprovedSoftwareStatement."""


@dataclass(frozen=True, slots=True)
class RegistrationViews:
    """What the registration endpoint needs."""

    issuer: str
    registering: SelfRegistering
    metadata: ClientMetadata
    stated: Statement

    def register(self) -> Response:
        """`POST /register` (RFC 7591 3.1)."""
        invitation = self.registering.admit(_bearer_token(), _address())
        made = self.registering.register(invitation, self._wanted(_members()))
        return self._answer(made, 201)

    def show(self, client_id: str) -> Response:
        """`GET /register/<client_id>` (RFC 7592 2.1). The secret is not among what is shown: only its hash was kept (OP-11)."""
        token = _bearer_token()
        return self._answer(Registered(self._own(client_id, token), token or ""))

    def change(self, client_id: str) -> Response:
        """`PUT /register/<client_id>` (RFC 7592 2.2): what is sent replaces all that was said before."""
        token = _bearer_token()
        known, members = self._own(client_id, token), _members()
        self._check_identity(known, members)
        return self._answer(self.registering.replace(known, token or "", self._wanted(members)))

    def remove(self, client_id: str) -> Response:
        """`DELETE /register/<client_id>` (RFC 7592 2.3)."""
        self.registering.remove(self._own(client_id, _bearer_token()))
        return Response(status=204)

    def _own(self, client_id: str, token: str | None) -> Client:
        return self.registering.own(client_id if plausible(client_id) else "", token, _address())

    def _wanted(self, members: Mapping[str, object]) -> Client:
        return self.metadata.read(read_document(self.stated(members)))

    def _check_identity(self, known: Client, members: Mapping[str, object]) -> None:
        """RFC 7592 2.2: its own client_id, its present secret or none, and nothing that only we say."""
        if members.get("client_id") != known.client_id:
            raise InvalidClientMetadata("client_id: has to be the client's own")
        if any(name in members for name in _KEPT_BY_US):
            raise InvalidClientMetadata(f"{', '.join(_KEPT_BY_US)}: must not be sent")
        secret = members.get("client_secret")
        if secret is not None and not (isinstance(secret, str) and self.registering.is_secret_of(known, secret)):
            raise InvalidClientMetadata("client_secret: is not the present one")

    def _answer(self, made: Registered, status: int = 200) -> Response:
        registered_at = made.client.registration.registered_at
        body = {
            **self.metadata.write(made.client),
            "client_id_issued_at": int(registered_at.timestamp()) if registered_at else 0,
            "registration_access_token": made.token,
            "registration_client_uri": f"{self.issuer}/register/{made.client.client_id}",
        }
        if made.secret:
            body |= {"client_secret": made.secret, "client_secret_expires_at": 0}
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        return FinishedResponse(json.dumps(body, ensure_ascii=False).encode(), status, headers, mimetype="application/json")


def registration_blueprint(views: RegistrationViews) -> Blueprint:
    """Registration, and each client's own address."""
    blueprint = Blueprint("registration", __name__)
    blueprint.add_url_rule("/register", "register", views.register, methods=["POST"])
    blueprint.add_url_rule("/register/<client_id>", "show", views.show, methods=["GET"])
    blueprint.add_url_rule("/register/<client_id>", "change", views.change, methods=["PUT"])
    blueprint.add_url_rule("/register/<client_id>", "remove", views.remove, methods=["DELETE"])
    return blueprint


def _bearer_token() -> str | None:
    """The token of the Authorization header (RFC 6750 2.1), or None without one. Raises InvalidToken for what is no token of ours."""
    header = request.headers.get("Authorization")
    if header is None:
        g.no_token = True
        return None
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN or not token.isascii():
        raise InvalidToken("the Authorization header holds no token of this endpoint")
    return token


def _address() -> str:
    return request.remote_addr or ""


def _members() -> Mapping[str, object]:
    if request.mimetype != "application/json":
        raise InvalidClientMetadata("the body has to be application/json")
    return read_object(request.get_data())
