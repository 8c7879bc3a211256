"""The state a realm should have, as the files describe it: Keycloak's own representations, with every placeholder filled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
"""One of Keycloak's representations, or a part of one."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something the server itself must bring along, e.g. a provider of our jar, and the file and line that asks for it."""

    kind: str
    name: str
    place: str


@dataclass(frozen=True, slots=True)
class DesiredExecution:
    """One step of an authentication flow; `config` is Keycloak's authenticator configuration, if it has one."""

    authenticator: str
    requirement: str
    config: Json | None = None


@dataclass(frozen=True, slots=True)
class DesiredFlow:
    """A top-level authentication flow with its steps in order."""

    alias: str
    representation: Json
    executions: tuple[DesiredExecution, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A client or identity provider together with its mappers."""

    name: str
    representation: Json
    mappers: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class DesiredRealm:
    """Everything the files say about one realm. `secrets` are values that must not be printed."""

    name: str
    representation: Json
    required_actions: tuple[str, ...]
    components: tuple[Json, ...]
    user_profile: Json
    flows: tuple[DesiredFlow, ...]
    client: Mapped
    identity_providers: tuple[Mapped, ...]
    requirements: tuple[Requirement, ...]
    secrets: frozenset[str] = frozenset()

    def as_import(self) -> Json:
        """The whole realm as one body, so that an empty Keycloak gets all of it or nothing."""
        configs = [step.config for flow in self.flows for step in flow.executions if step.config]
        return {
            **self.representation,
            "requiredActions": [_required_action_import(*each) for each in enumerate(self.required_actions, start=1)],
            "authenticationFlows": [_flow_import(flow) for flow in self.flows],
            "authenticatorConfig": configs,
            "components": _components_import(self.components, self.user_profile),
            "clients": [{**self.client.representation, "protocolMappers": list(self.client.mappers)}],
            "identityProviders": [provider.representation for provider in self.identity_providers],
            "identityProviderMappers": [
                {**mapper, "identityProviderAlias": provider.name} for provider in self.identity_providers for mapper in provider.mappers
            ],
        }


def _required_action_import(position: int, alias: str) -> Json:
    return {"alias": alias, "name": alias, "providerId": alias, "enabled": True, "defaultAction": False, "priority": position * 10}


def _flow_import(flow: DesiredFlow) -> Json:
    return {**flow.representation, "authenticationExecutions": [_step_import(*each) for each in enumerate(flow.executions, start=1)]}


def _step_import(position: int, step: DesiredExecution) -> Json:
    body: Json = {
        "authenticator": step.authenticator,
        "requirement": step.requirement,
        "priority": position * 10,
        "authenticatorFlow": False,
        "userSetupAllowed": False,
    }
    return {**body, "authenticatorConfig": step.config["alias"]} if step.config else body


def _components_import(components: tuple[Json, ...], user_profile: Json) -> Json:
    by_type: dict[str, list[Json]] = {}
    for component in components:
        body = {key: value for key, value in component.items() if key != "providerType"}
        by_type.setdefault(component["providerType"], []).append(body)
    profile = {"providerId": "declarative-user-profile", "config": {"kc.user.profile.config": [json.dumps(without_nulls(user_profile))]}}
    return {**by_type, "org.keycloak.userprofile.UserProfileProvider": [profile]}


def without_nulls(value: Any) -> Any:
    """A representation, or a part of one, without the keys that files set to null to say 'this must not be set'."""
    if isinstance(value, Mapping):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    return [without_nulls(member) for member in value] if isinstance(value, list) else value
