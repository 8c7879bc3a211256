"""Steps for citizen IDs as Keycloak's identity providers, with their mappers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from broker.upstream.person_keys import key_change
from broker.upstream.realm_admin import RealmAdmin
from broker.upstream.realm_desired import Json, Mapped, without_nulls
from broker.upstream.realm_plan import Step
from broker.upstream.realm_steps import StepMaker


@dataclass(frozen=True, slots=True)
class ProviderSteps:
    """Steps for the named identity providers. Others stay as they are and are noted; mappers of the named ones belong to the files."""

    admin: RealmAdmin
    wanted: tuple[Mapped, ...]
    steps: StepMaker

    def all(self) -> tuple[list[Step], list[str], dict[str, str]]:
        """Every step in order, a note about each identity provider that no file names, and by alias what would change people's keys."""
        found = {each["alias"]: each for each in self.admin.identity_providers()}
        changes = {each.name: key_change(each, found[each.name]) for each in self.wanted if each.name in found}
        steps = [step for provider in self.wanted for step in self._steps_of(provider, found.pop(provider.name, None))]
        notes = [f"identity provider {alias} is in Keycloak but not in the files; it stays as it is" for alias in sorted(found)]
        return steps, notes, {alias: change for alias, change in changes.items() if change}

    def _steps_of(self, provider: Mapped, found: Json | None) -> Iterator[Step]:
        label = f"identity provider {provider.name}"
        if found is None:
            yield Step((f"+ create {label}",), partial(self._create, provider))
            return
        yield from self.steps.change(label, provider.representation, found, self.admin.update_identity_provider)
        yield from self._mapper_steps(provider)

    def _create(self, provider: Mapped) -> None:
        self.admin.create_identity_provider(without_nulls(provider.representation))
        for mapper in provider.mappers:
            self.admin.create_identity_provider_mapper(provider.name, _body(provider, mapper))

    def _mapper_steps(self, provider: Mapped) -> Iterator[Step]:
        alias = provider.name
        existing = {each["name"]: each for each in self.admin.identity_provider_mappers(alias)}
        for mapper in provider.mappers:
            label, body, found = f"mapper {mapper['name']} of {alias}", _body(provider, mapper), existing.pop(mapper["name"], None)
            if found is None:
                yield self.steps.create(label, body, partial(self.admin.create_identity_provider_mapper, alias))
            else:
                take = partial(self.admin.update_identity_provider_mapper, alias, found["id"])
                yield from self.steps.change(label, body, found, take)
        for name, found in sorted(existing.items()):
            take_away = partial(self.admin.delete_identity_provider_mapper, alias, found["id"])
            yield self.steps.remove(f"mapper {name} of {alias} (it is not in the files)", take_away)


def _body(provider: Mapped, mapper: Json) -> Json:
    return {**mapper, "identityProviderAlias": provider.name}
