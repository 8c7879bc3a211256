"""What became of logouts, for people who look after tools: single deliveries, and figures per tool. It only reads; `outbox.py` writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select

from broker.core.delivery import Delivery, DeliveryState, DeliverySummary
from broker.store.delivery_rows import as_delivery
from broker.store.session_tables import deliveries
from broker.store.sql import Database

_SINCE = deliveries.c.created_at >= bindparam("since", type_=deliveries.c.created_at.type)
_PENDING, _DELIVERED, _FAILED = (
    deliveries.c.state == state.value for state in (DeliveryState.PENDING, DeliveryState.DELIVERED, DeliveryState.FAILED)
)
_TROUBLED = or_(_FAILED, and_(_PENDING, deliveries.c.attempts > 0))


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


_COUNTS = (
    select(
        deliveries.c.client_id,
        _how_many(and_(_DELIVERED, _SINCE)).label("delivered"),
        _how_many(and_(_FAILED, _SINCE)).label("failed"),
        _how_many(_PENDING).label("pending"),
        func.min(case((_PENDING, deliveries.c.created_at))).label("oldest"),
    )
    .where(or_(_PENDING, _SINCE))
    .group_by(deliveries.c.client_id)
    .order_by(deliveries.c.client_id)
)
_PLACED = select(
    deliveries.c.client_id,
    deliveries.c.duration_ms,
    func.row_number().over(partition_by=deliveries.c.client_id, order_by=deliveries.c.duration_ms).label("place"),
    func.count().over(partition_by=deliveries.c.client_id).label("many"),
).where(_DELIVERED, _SINCE)


class DeliveryLog:
    """Reads the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(
        self, limit: int, client_id: str | None = None, state: DeliveryState | None = None, *, troubled: bool = False
    ) -> Sequence[Delivery]:
        """The newest deliveries, of one tool or of all, in one state or in any; `troubled`: those that failed or had to be repeated."""
        statement = _of(client_id, select(deliveries))
        if troubled:
            statement = statement.where(_TROUBLED)
        if state is not None:
            statement = statement.where(deliveries.c.state == state.value)
        newest = statement.order_by(deliveries.c.created_at.desc(), deliveries.c.delivery_id).limit(limit)
        return [as_delivery(row) for row in self._database.all(newest)]

    def summaries(self, since: datetime, client_id: str | None = None) -> Sequence[DeliverySummary]:
        """One for each tool that anything was to be told since then, or is still to be told; of one tool or of all, by name."""
        medians = dict(self._medians(since, client_id))
        return [
            DeliverySummary(row.client_id, row.delivered, row.failed, row.pending, row.oldest, medians.get(row.client_id))
            for row in self._database.all(_of(client_id, _COUNTS), {"since": since})
        ]

    def _medians(self, since: datetime, client_id: str | None) -> Iterator[tuple[str, int]]:
        placed = _of(client_id, _PLACED).subquery()
        halfway = placed.c.place * 2
        found = select(placed.c.client_id, placed.c.duration_ms).where(halfway >= placed.c.many, halfway <= placed.c.many + 1)
        for row in self._database.all(found, {"since": since}):
            yield row.client_id, row.duration_ms


def _of(client_id: str | None, statement: Select[Any]) -> Select[Any]:
    return statement if client_id is None else statement.where(deliveries.c.client_id == client_id)
