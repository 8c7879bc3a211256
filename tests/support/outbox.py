"""The outbox as a test looks into it, and the worker's one round through it."""

from __future__ import annotations

from broker.core.delivery import Delivery
from broker.core.ports import Clock
from broker.flows.delivering import Delivering, Post
from broker.flows.dispatching import Dispatching
from broker.store.hub_logouts import HubLogouts
from broker.store.outbox import Outbox
from broker.store.redis import Redis
from broker.store.seal import Seal
from broker.store.sql import Database
from tests.support.app import Broker


def told(outbox: Outbox, tool: str, *session_ids: str) -> list[Delivery]:
    """What stands there about a tool's part of these sessions, asked for as the page after a sign-out does (sids as in `records.grant`)."""
    return sorted(outbox.list_told((tool, f"{tool}-{one}") for one in session_ids), key=lambda delivery: delivery.sid)


def outbox_of(database: Database, clock: Clock, kind: type[Outbox] = Outbox) -> Outbox:
    """The outbox of a database, with nothing to tell the hub."""
    return kind(database, hub_logouts_of(database, clock), clock)


def hub_logouts_of(database: Database, clock: Clock, redis: Redis | None = None) -> HubLogouts:
    """What the hub has still to hear of, sealed with a key of zeros."""
    return HubLogouts(database, redis or Redis.connect("fake://"), Seal(bytes(32)), clock)


def takes_all(outbox: Outbox) -> list[Delivery]:
    """Everything that is due, leased for a minute as by one worker."""
    return [delivery for client_id in outbox.due_tools() for delivery in outbox.take_due(client_id, 10, 60)]


def worker_delivers(broker: Broker, post: Post) -> None:
    """What a worker would do now; `post` is how the tools answer."""
    stores = broker.parts.stores
    delivering = Delivering(stores.clients, stores.signing_keys, broker.parts.keys.sign, post, broker.issuer, broker.clock)
    Dispatching(stores.outbox, delivering.attempt).run_once()
