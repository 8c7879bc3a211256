"""The switch for computers that others use too. The citizen ticks it; a network that is known for it, or the present session, sets it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from broker.core.network import Network, Networks
from broker.core.request import AuthorizationRequest
from broker.core.session import BrokerSession
from broker.web.i18n import in_language

_FIELD = "public-computer"


@dataclass(frozen=True, slots=True)
class ShownSwitch:
    """The switch as the choice page shows it. `fixed`: it is on and not the citizen's to change, because of the `network` of this name or,
    where that is empty, of the present session."""

    on: bool
    fixed: bool
    network: str


def network_at_hand(networks: Networks) -> Network | None:
    """The known network that the caller sits in. The address is what Flask sees behind the trusted proxies; it is not kept."""
    return networks.at(request.remote_addr or "")


def switch_for(networks: Networks, pending: AuthorizationRequest, session: BrokerSession | None) -> ShownSwitch | None:
    """What to show; None where no session will begin."""
    if pending.links_to:
        return None
    network = _sharing(networks)
    fixed = network is not None or _shared(session)
    return ShownSwitch(fixed or pending.public_computer, fixed, in_language(network.names) if network else "")


def switched_on(networks: Networks, session: BrokerSession | None) -> bool:
    """Whether the form that was just sent begins a sign-in at a public computer; what is fixed counts whatever the form says."""
    return any(request.form.getlist(_FIELD)) or _sharing(networks) is not None or _shared(session)


def _sharing(networks: Networks) -> Network | None:
    network = network_at_hand(networks)
    return network if network and network.public_computer else None


def _shared(session: BrokerSession | None) -> bool:
    return session is not None and session.public_computer
