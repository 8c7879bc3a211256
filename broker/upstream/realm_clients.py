"""Steps for the broker's client: its settings, its scopes and its protocol mappers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from broker.upstream.realm_admin import RealmAdmin
from broker.upstream.realm_desired import Json, Mapped
from broker.upstream.realm_diff import Difference
from broker.upstream.realm_plan import Step
from broker.upstream.realm_steps import StepMaker

# Keycloak ignores these lists in a change of the client; scopes are given and taken one by one.
_SCOPE_LISTS = {"defaultClientScopes": False, "optionalClientScopes": True}


@dataclass(frozen=True, slots=True)
class ClientSteps:
    """Steps for one client. Its mappers and scopes belong to the files alone: what is not named there is removed."""

    admin: RealmAdmin
    wanted: Mapped
    steps: StepMaker

    def all(self) -> list[Step]:
        """Every step, in order."""
        found = self.admin.find_client(self.wanted.name)
        label = f"client {self.wanted.name}"
        if found is None:
            body = {**self.wanted.representation, "protocolMappers": list(self.wanted.mappers)}
            return [self.steps.create(label, body, self.admin.create_client)]
        settings = {key: value for key, value in self.wanted.representation.items() if key not in _SCOPE_LISTS}
        changes = self.steps.change(label, settings, found, partial(self.admin.update_client, found["id"]))
        return [*changes, *self._scope_steps(found), *self._mapper_steps(found)]

    def _scope_steps(self, found: Json) -> Iterator[Step]:
        for key, optional in _SCOPE_LISTS.items():
            wanted, existing = self.wanted.representation.get(key), found.get(key, [])
            if wanted is not None and set(wanted) != set(existing):
                take = partial(self._set_scopes, found["id"], set(wanted), set(existing), optional)
                yield self.steps.differing(f"client {self.wanted.name}", [Difference(key, sorted(existing), wanted)], take)

    def _set_scopes(self, internal_id: str, wanted: set[str], existing: set[str], optional: bool) -> None:
        ids = {each["name"]: each["id"] for each in self.admin.client_scopes()}
        for name in sorted(existing - wanted):
            self.admin.delete_client_scope(internal_id, ids[name], optional=optional)
        for name in sorted(wanted - existing):
            self.admin.add_client_scope(internal_id, ids[name], optional=optional)

    def _mapper_steps(self, found: Json) -> Iterator[Step]:
        existing = {each["name"]: each for each in found.get("protocolMappers", [])}
        for mapper in self.wanted.mappers:
            label, other = f"protocol mapper {mapper['name']}", existing.pop(mapper["name"], None)
            if other is None:
                yield self.steps.create(label, mapper, partial(self.admin.create_client_mapper, found["id"]))
            else:
                yield from self.steps.change(label, mapper, other, partial(self.admin.update_client_mapper, found["id"], other["id"]))
        for name, other in sorted(existing.items()):
            take = partial(self.admin.delete_client_mapper, found["id"], other["id"])
            yield self.steps.remove(f"protocol mapper {name} (it is not in the files)", take)
