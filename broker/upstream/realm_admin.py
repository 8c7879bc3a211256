"""One realm through Keycloak's admin interface, in the few verbs that plan and apply need."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from keycloak.exceptions import KeycloakDeleteError, KeycloakGetError, KeycloakPostError, raise_error_from_response

from broker.core.errors import ConfigurationError
from broker.upstream.keycloak_connection import KeycloakConnection
from broker.upstream.realm_desired import Json

P = ParamSpec("P")
T = TypeVar("T")

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,99}")
"""What may stand between two slashes of an address: python-keycloak puts names there as they are (UP-14)."""


class RealmAdmin:
    """Every call raises UpstreamUnavailable or UpstreamRefused with a sentence; lists come back in Keycloak's (random) order."""

    def __init__(self, connection: KeycloakConnection) -> None:
        self._connection, self._keycloak, self.realm = connection, connection.admin, _part(connection.realm)

    def _call(self, doing: str, operation: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        for name in args:
            if isinstance(name, str):  # the others are bodies
                _part(name)
        with self._connection.speaking(doing):
            return operation(*args, **kwargs)

    def server_info(self) -> Json:
        """What the server brings along: providers, themes, features."""
        return self._call("reading its server information", self._keycloak.get_server_info)

    # --- realm ---------------------------------------------------------------------------------------------------------------------------

    def find_realm(self) -> Json | None:
        """The realm's settings, or None when there is no such realm."""
        with self._connection.speaking(f"reading realm {self.realm}"):
            try:
                return self._keycloak.get_realm(self.realm)
            except KeycloakGetError as error:
                if error.response_code == 404:
                    return None
                raise

    def create_realm(self, body: Json) -> None:
        """All of a new realm in one request: Keycloak takes it as a whole or not at all."""
        with self._connection.patient():
            self._call(f"creating realm {self.realm}", self._keycloak.create_realm, body)
        # The roles over a new realm are only in tokens issued after it was made.
        self._call("signing in again", self._keycloak.connection.get_token)

    def update_realm(self, body: Json) -> None:
        self._call(f"changing realm {self.realm}", self._keycloak.update_realm, self.realm, body)

    def required_actions(self) -> list[Json]:
        return self._call("reading required actions", self._keycloak.get_required_actions)

    def update_required_action(self, alias: str, body: Json) -> None:
        self._call(f"changing required action {alias}", self._keycloak.update_required_action, alias, body)

    def register_required_action(self, alias: str) -> None:
        """Makes known to the realm what the server brings along. python-keycloak has no such call."""
        path, body = f"admin/realms/{self.realm}/authentication/register-required-action", {"providerId": alias, "name": alias}
        with self._connection.speaking(f"registering required action {alias}"):
            raise_error_from_response(self._keycloak.connection.raw_post(path, data=json.dumps(body)), KeycloakPostError, [204])

    def components(self) -> list[Json]:
        return self._call("reading components", self._keycloak.get_components)

    def create_component(self, body: Json) -> None:
        with self._connection.patient():
            self._call(f"creating component {body['name']}", self._keycloak.create_component, body)

    def update_component(self, component_id: str, body: Json) -> None:
        self._call(f"changing component {body['name']}", self._keycloak.update_component, component_id, body)

    def user_profile(self) -> Json:
        return self._call("reading the user profile", self._keycloak.get_realm_users_profile)

    def update_user_profile(self, body: Json) -> None:
        self._call("changing the user profile", self._keycloak.update_realm_users_profile, body)

    # --- authentication flows ------------------------------------------------------------------------------------------------------------

    def flows(self) -> list[Json]:
        return self._call("reading authentication flows", self._keycloak.get_authentication_flows)

    def create_flow(self, body: Json) -> None:
        self._call(f"creating flow {body['alias']}", self._keycloak.create_authentication_flow, body)

    def update_flow(self, flow_id: str, body: Json) -> None:
        self._call(f"changing flow {body['alias']}", self._keycloak.update_authentication_flow, flow_id, body)

    def executions(self, alias: str) -> list[Json]:
        return self._call(f"reading flow {alias}", self._keycloak.get_authentication_flow_executions, alias)

    def create_execution(self, alias: str, authenticator: str) -> None:
        body = {"provider": authenticator}
        self._call(f"adding {authenticator} to flow {alias}", self._keycloak.create_authentication_flow_execution, body, alias)

    def update_execution(self, alias: str, body: Json) -> None:
        self._call(f"changing flow {alias}", self._keycloak.update_authentication_flow_executions, body, alias)

    def delete_execution(self, execution_id: str) -> None:
        self._call("removing a step of a flow", self._keycloak.delete_authentication_flow_execution, execution_id)

    def authenticator_config(self, config_id: str) -> Json:
        return self._call("reading the configuration of a flow's step", self._keycloak.get_authenticator_config, config_id)

    def create_authenticator_config(self, execution_id: str, body: Json) -> None:
        self._call("configuring a flow's step", self._keycloak.create_execution_config, execution_id, body)

    def update_authenticator_config(self, config_id: str, body: Json) -> None:
        self._call("configuring a flow's step", self._keycloak.update_authenticator_config, body, config_id)

    # --- clients -------------------------------------------------------------------------------------------------------------------------

    def find_client(self, client_id: str) -> Json | None:
        clients = self._call("reading clients", self._keycloak.get_clients)
        return next((client for client in clients if client["clientId"] == client_id), None)

    def create_client(self, body: Json) -> None:
        self._call(f"creating client {body['clientId']}", self._keycloak.create_client, body)

    def update_client(self, internal_id: str, body: Json) -> None:
        self._call(f"changing client {body['clientId']}", self._keycloak.update_client, internal_id, body)

    def client_scopes(self) -> list[Json]:
        return self._call("reading client scopes", self._keycloak.get_client_scopes)

    def add_client_scope(self, internal_id: str, scope_id: str, *, optional: bool) -> None:
        add = self._keycloak.add_client_optional_client_scope if optional else self._keycloak.add_client_default_client_scope
        self._call("adding a client scope", add, internal_id, scope_id, {})

    def delete_client_scope(self, internal_id: str, scope_id: str, *, optional: bool) -> None:
        delete = self._keycloak.delete_client_optional_client_scope if optional else self._keycloak.delete_client_default_client_scope
        self._call("removing a client scope", delete, internal_id, scope_id)

    def create_client_mapper(self, internal_id: str, body: Json) -> None:
        self._call(f"creating protocol mapper {body['name']}", self._keycloak.add_mapper_to_client, internal_id, body)

    def update_client_mapper(self, internal_id: str, mapper_id: str, body: Json) -> None:
        self._call(f"changing protocol mapper {body['name']}", self._keycloak.update_client_mapper, internal_id, mapper_id, body)

    def delete_client_mapper(self, internal_id: str, mapper_id: str) -> None:
        self._call("removing a protocol mapper", self._keycloak.remove_client_mapper, internal_id, mapper_id)

    # --- identity providers --------------------------------------------------------------------------------------------------------------

    def identity_providers(self) -> list[Json]:
        return self._call("reading identity providers", self._keycloak.get_idps)

    def create_identity_provider(self, body: Json) -> None:
        self._call(f"creating identity provider {body['alias']}", self._keycloak.create_idp, body)

    def update_identity_provider(self, body: Json) -> None:
        self._call(f"changing identity provider {body['alias']}", self._keycloak.update_idp, body["alias"], body)

    def identity_provider_mappers(self, alias: str) -> list[Json]:
        return self._call(f"reading mappers of {alias}", self._keycloak.get_idp_mappers, alias)

    def create_identity_provider_mapper(self, alias: str, body: Json) -> None:
        self._call(f"creating mapper {body['name']} of {alias}", self._keycloak.add_mapper_to_idp, alias, body)

    def update_identity_provider_mapper(self, alias: str, mapper_id: str, body: Json) -> None:
        self._call(f"changing mapper {body['name']} of {alias}", self._keycloak.update_mapper_in_idp, alias, mapper_id, body)

    def delete_identity_provider_mapper(self, alias: str, mapper_id: str) -> None:
        """python-keycloak has no such call."""
        path = f"admin/realms/{self.realm}/identity-provider/instances/{_part(alias)}/mappers/{_part(mapper_id)}"
        self._raw(f"removing a mapper of {alias}", path)

    def _raw(self, doing: str, path: str) -> Any:
        with self._connection.speaking(doing):
            return raise_error_from_response(self._keycloak.connection.raw_delete(path, data=json.dumps({})), KeycloakDeleteError, [204])


def _part(name: str) -> str:
    if not _PART.fullmatch(name):
        raise ConfigurationError(f"The name {name!r} cannot stand in an address: letters, digits, spaces, '.', '_' and '-' can.")
    return name
