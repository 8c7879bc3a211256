"""Keycloak's addresses for tools that know no others: `/protocol/openid-connect/{auth,token,userinfo,certs,logout}`, ours by other names.

They exist while at least one live tool has the switch `keycloak_paths`; the two that people see answer only for such tools.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response

from broker.core.client import Client
from broker.core.errors import NotFound
from broker.oidc.end_session import LIMITS, EndSessionReader
from broker.oidc.return_address import FindClient, plausible
from broker.web.endpoints import EndpointViews
from broker.web.reading import sent_parameters

_PREFIX = "/protocol/openid-connect"

View = Callable[[], Response]


@dataclass(frozen=True, slots=True)
class KeycloakPaths:
    """The views behind the addresses, and who may use them."""

    authorize: View
    logout: View
    endpoints: EndpointViews
    reader: EndSessionReader
    find_client: FindClient
    list_clients: Callable[[], Sequence[Client]]

    def admit(self) -> None:
        """Raises NotFound unless some live tool needs these addresses."""
        if not any(client.keycloak_paths and client.takes_part for client in self.list_clients()):
            raise NotFound

    def auth(self) -> Response:
        """`/authorize` for a tool with the switch."""
        client_id = sent_parameters(("client_id",)).get("client_id")
        self._admit_only(self.find_client(client_id) if client_id and plausible(client_id) else None)
        return self.authorize()

    def end_session(self) -> Response:
        """`/logout` for a tool with the switch; raises what that does for a request that names none or is wrong."""
        self._admit_only(self.reader.read(sent_parameters(LIMITS)).client)
        return self.logout()

    def _admit_only(self, client: Client | None) -> None:
        if client is None or not client.keycloak_paths:
            raise NotFound


def keycloak_paths_blueprints(paths: KeycloakPaths) -> tuple[Blueprint, Blueprint]:
    """What people's browsers come to, and what machines and scripts call. Tools post to both without our form token."""
    pages, machines = (Blueprint(f"keycloak_{name}", __name__, url_prefix=_PREFIX) for name in ("pages", "machines"))
    for blueprint in (pages, machines):
        blueprint.before_request(paths.admit)
    for path, page in (("/auth", paths.auth), ("/logout", paths.end_session)):
        pages.add_url_rule(path, path.strip("/"), page, methods=["GET", "POST"], provide_automatic_options=False)
    endpoints = paths.endpoints
    machines.after_request(endpoints.admit_scripts)
    for path, view, methods in (
        ("/token", endpoints.token, ["POST"]),
        ("/userinfo", endpoints.userinfo, ["GET", "POST"]),
        ("/certs", endpoints.jwks, ["GET"]),
    ):
        machines.add_url_rule(path, path.strip("/"), view, methods=methods, provide_automatic_options=False)
        machines.add_url_rule(path, f"{path.strip('/')}_preflight", endpoints.preflight, methods=["OPTIONS"])
    return pages, machines
