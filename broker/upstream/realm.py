"""Brings a Keycloak realm to the state its files describe: plan shows the way, apply goes it, drift is a plan nobody asked for."""

from __future__ import annotations

from broker.core.errors import UpstreamRefused
from broker.upstream.keycloak_connection import KeycloakConnection
from broker.upstream.person_keys import refuse_key_changes
from broker.upstream.realm_admin import RealmAdmin
from broker.upstream.realm_clients import ClientSteps
from broker.upstream.realm_desired import DesiredRealm, Json
from broker.upstream.realm_flows import flow_steps
from broker.upstream.realm_plan import Applied, Plan, Step, take_all
from broker.upstream.realm_providers import ProviderSteps
from broker.upstream.realm_requirements import check_requirements
from broker.upstream.realm_settings import component_steps, realm_steps, required_action_steps, user_profile_steps
from broker.upstream.realm_steps import StepMaker


class RealmReconciler:
    """Compares and changes only what the files name; whatever else is in the realm stays as it is.

    Raises ConfigurationError when the server lacks something the files name, UpstreamUnavailable and UpstreamRefused as Keycloak behaves.
    """

    def __init__(self, connection: KeycloakConnection | RealmAdmin, desired: DesiredRealm) -> None:
        self._admin = connection if isinstance(connection, RealmAdmin) else RealmAdmin(connection)
        self._desired = desired

    @property
    def name(self) -> str:
        """The realm's name."""
        return self._desired.name

    def plan(self) -> Plan:
        """What would have to change; changes nothing."""
        check_requirements(self._desired.requirements, self._admin.server_info())
        current = self._admin.find_realm()
        return self._plan_creation() if current is None else self._plan_changes(current)

    def _plan_creation(self) -> Plan:
        desired, steps = self._desired, StepMaker(self._desired.secrets)
        parts = [
            *(f"flow {flow.alias}" for flow in desired.flows),
            f"client {desired.client.name}",
            *(f"identity provider {provider.name}" for provider in desired.identity_providers),
        ]
        whole = steps.create(f"realm {desired.name}", desired.as_import(), self._admin.create_realm)
        return Plan((Step((*whole.lines, *(f"+ create {part}" for part in parts)), whole.take),))

    def _plan_changes(self, current: Json) -> Plan:
        admin, desired, steps = self._admin, self._desired, StepMaker(self._desired.secrets)
        provider_steps, notes, key_changes = ProviderSteps(admin, desired.identity_providers, steps).all()
        return Plan(
            steps=(
                *component_steps(admin, desired, steps),
                *user_profile_steps(admin, desired, steps),
                *flow_steps(admin, desired.flows, steps),  # before the realm and the providers, which name them
                *realm_steps(admin, desired, current, steps),
                *required_action_steps(admin, desired, steps),
                *ClientSteps(admin, desired.client, steps).all(),
                *provider_steps,
            ),
            notes=tuple(notes),
            key_changes=key_changes,
        )

    def apply(self, new_keys: tuple[str, ...] = ()) -> Applied:
        """Brings the realm to the described state and looks again whether it is there. A second call changes nothing.

        Raises ConfigurationError, before anything is changed, where people of a citizen ID not among `new_keys` would get new keys.
        """
        planned = self.plan()
        refuse_key_changes(planned.key_changes, new_keys)
        applied = take_all(planned)
        if applied.changed:
            left = self.plan()
            if left.steps:
                raise UpstreamRefused("\n".join(["Keycloak took the changes but did not keep these:", *left.lines()]))
        return applied
