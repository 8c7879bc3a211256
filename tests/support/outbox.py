"""The outbox as a test looks into it, and the worker's one round through it."""

from __future__ import annotations

from broker.core.delivery import Delivery
from broker.flows.delivering import Delivering, Post
from broker.flows.dispatching import Dispatching
from broker.store.outbox import Outbox
from tests.support.app import Broker


def told(outbox: Outbox, tool: str, *session_ids: str) -> list[Delivery]:
    """What stands there about a tool's part of these sessions, asked for as the page after a sign-out does (sids as in `records.grant`)."""
    return sorted(outbox.list_told((tool, f"{tool}-{one}") for one in session_ids), key=lambda delivery: delivery.sid)


def takes_all(outbox: Outbox) -> list[Delivery]:
    """Everything that is due, leased for a minute as by one worker."""
    return [delivery for client_id in outbox.due_tools() for delivery in outbox.take_due(client_id, 10, 60)]


def worker_delivers(broker: Broker, post: Post) -> None:
    """What a worker would do now; `post` is how the tools answer."""
    stores = broker.parts.stores
    delivering = Delivering(stores.clients, stores.signing_keys, broker.parts.keys.sign, post, broker.issuer, broker.clock)
    Dispatching(stores.outbox, delivering.attempt).run_once()
