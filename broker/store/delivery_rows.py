"""Deliveries as rows, for the outbox and the log of what became of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from broker.core.delivery import Delivery, DeliveryState


def as_delivery(row: Row[Any]) -> Delivery:
    """A row of the table."""
    values = row._asdict()
    return Delivery(id=values.pop("delivery_id"), state=DeliveryState(values.pop("state")), **values)


def to_row(delivery: Delivery) -> dict[str, Any]:
    """A delivery as values of the table."""
    values = {name: getattr(delivery, name) for name in Delivery.__slots__}
    return {"delivery_id": values.pop("id"), **values, "state": delivery.state.value}


def to_settled(tried: Delivery) -> dict[str, Any]:
    """What an attempt changes, as values of the statement that settles it."""
    return {
        "of_delivery": tried.id,
        "under_lease": tried.leased_until,
        "to_state": tried.state.value,
        "to_attempts": tried.attempts,
        "to_outcome": tried.outcome,
        "to_next": tried.next_attempt_at,
        "to_last": tried.last_attempt_at,
        "to_duration": tried.duration_ms,
    }
