"""Steps for authentication flows: the flow, the order and strictness of its parts, and their configurations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from broker.upstream.realm_admin import RealmAdmin
from broker.upstream.realm_desired import DesiredExecution, DesiredFlow, Json
from broker.upstream.realm_diff import Difference, differences, merged
from broker.upstream.realm_plan import Step
from broker.upstream.realm_steps import StepMaker

_PRIORITY_DISTANCE = 10


def flow_steps(admin: RealmAdmin, desired: tuple[DesiredFlow, ...], steps: StepMaker) -> list[Step]:
    """Everything about the named flows; other flows stay as they are."""
    found = {each["alias"]: each for each in admin.flows()}
    result: list[Step] = []
    for flow in desired:
        existing = found.get(flow.alias)
        if existing is None:
            result.append(Step((f"+ create flow {flow.alias}",), partial(_create, admin, flow)))
            continue
        result += steps.change(f"flow {flow.alias}", flow.representation, existing, partial(admin.update_flow, existing["id"]))
        result += _Executions(admin, flow).steps(steps)
    return result


def _create(admin: RealmAdmin, flow: DesiredFlow) -> None:
    admin.create_flow(flow.representation)
    _Executions(admin, flow).bring_about()


@dataclass(frozen=True, slots=True)
class _Executions:
    """The parts of one flow, as wanted and as found."""

    admin: RealmAdmin
    flow: DesiredFlow

    def steps(self, steps: StepMaker) -> list[Step]:
        found = self._found()
        different = self._order_difference(found)
        if not different:
            different = self._config_differences(found)
        return [steps.differing(f"flow {self.flow.alias}", different, self.bring_about)] if different else []

    def _found(self) -> list[Json]:
        """Parts of the flow itself; those of flows inside it have a deeper level."""
        parts = [each for each in self.admin.executions(self.flow.alias) if each.get("level", 0) == 0]
        return sorted(parts, key=lambda each: int(each.get("index", 0)))

    def _order_difference(self, found: list[Json]) -> list[Difference]:
        is_so = [f"{_authenticator(each)} {each['requirement']}" for each in found]
        should_be = [f"{each.authenticator} {each.requirement}" for each in self.flow.executions]
        return [] if is_so == should_be else [Difference("executions", is_so, should_be)]

    def _config_differences(self, found: list[Json]) -> list[Difference]:
        pairs = zip(self.flow.executions, found, strict=True)
        return [each for wanted, existing in pairs if wanted.config for each in self._config_difference(wanted, existing)]

    def _config_difference(self, wanted: DesiredExecution, existing: Json) -> list[Difference]:
        found = self._config(existing)
        return differences(wanted.config or {}, found, f"{wanted.authenticator}.")

    def _config(self, execution: Json) -> Json:
        config_id = execution.get("authenticationConfig")
        return self.admin.authenticator_config(config_id) if config_id else {}

    def bring_about(self) -> None:
        """Removes foreign parts, adds missing ones, then sets order, strictness and configuration of each."""
        present = self._remove_foreign()
        for wanted in self.flow.executions:
            if wanted.authenticator not in present:
                self.admin.create_execution(self.flow.alias, wanted.authenticator)
        found = {_authenticator(each): each for each in self._found()}
        for position, wanted in enumerate(self.flow.executions, start=1):
            self._settle(wanted, found[wanted.authenticator], position * _PRIORITY_DISTANCE)

    def _remove_foreign(self) -> set[str]:
        named = {each.authenticator for each in self.flow.executions}
        kept: set[str] = set()
        for existing in self._found():
            authenticator = _authenticator(existing)
            if authenticator in named and authenticator not in kept:
                kept.add(authenticator)
            else:
                self.admin.delete_execution(existing["id"])
        return kept

    def _settle(self, wanted: DesiredExecution, existing: Json, priority: int) -> None:
        # A new part is switched off and last, whatever it was created with.
        self.admin.update_execution(self.flow.alias, {**existing, "requirement": wanted.requirement, "priority": priority})
        if wanted.config is None:
            return
        config = self._config(existing)
        if not config:
            self.admin.create_authenticator_config(existing["id"], wanted.config)
        elif differences(wanted.config, config):
            self.admin.update_authenticator_config(config["id"], merged(wanted.config, config))


def _authenticator(execution: Json) -> str:
    return str(execution.get("providerId") or execution.get("displayName", ""))
