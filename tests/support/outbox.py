"""The outbox as a test looks into it."""

from __future__ import annotations

from broker.core.delivery import Delivery
from broker.store.outbox import Outbox


def takes_all(outbox: Outbox) -> list[Delivery]:
    """Everything that is due, leased for a minute as by one worker."""
    return [delivery for client_id in outbox.due_tools() for delivery in outbox.take_due(client_id, 10, 60)]
