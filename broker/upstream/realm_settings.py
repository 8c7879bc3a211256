"""Steps for what belongs to the realm as a whole: its settings, keys, user profile and required actions."""

from __future__ import annotations

from functools import partial

from broker.upstream.realm_admin import RealmAdmin
from broker.upstream.realm_desired import DesiredRealm, Json
from broker.upstream.realm_plan import Step
from broker.upstream.realm_steps import StepMaker


def realm_steps(admin: RealmAdmin, desired: DesiredRealm, found: Json, steps: StepMaker) -> list[Step]:
    """The realm's own settings."""
    return steps.change(f"realm {desired.name}", desired.representation, found, admin.update_realm)


def component_steps(admin: RealmAdmin, desired: DesiredRealm, steps: StepMaker) -> list[Step]:
    """Key providers and the like; a component belongs together by its type, provider and name."""
    found = {_key(each): each for each in admin.components()}
    result: list[Step] = []
    for wanted in desired.components:
        label, existing = f"component {wanted['name']}", found.get(_key(wanted))
        if existing is None:
            result.append(steps.create(label, wanted, admin.create_component))
        else:
            result += steps.change(label, wanted, existing, partial(admin.update_component, existing["id"]))
    return result


def _key(component: Json) -> tuple[str, str, str]:
    return component.get("providerType", ""), component.get("providerId", ""), component.get("name", "")


def user_profile_steps(admin: RealmAdmin, desired: DesiredRealm, steps: StepMaker) -> list[Step]:
    """The attributes a (transient) user may have."""
    return steps.change("user profile", desired.user_profile, admin.user_profile(), admin.update_user_profile)


def required_action_steps(admin: RealmAdmin, desired: DesiredRealm, steps: StepMaker) -> list[Step]:
    """Every required action that is not listed is switched off, every listed one on."""
    result: list[Step] = []
    missing = dict.fromkeys(desired.required_actions)
    for found in admin.required_actions():
        alias = found["alias"]
        missing.pop(alias, None)
        wanted = {"enabled": alias in desired.required_actions}
        result += steps.change(f"required action {alias}", wanted, found, partial(admin.update_required_action, alias))
    return result + [Step((f"+ create required action {alias}",), partial(admin.register_required_action, alias)) for alias in missing]
