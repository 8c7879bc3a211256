"""The claim table that was applied last: what tools rely on until another one is applied."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from broker.core.claim import ClaimTable
from broker.store.records import Record
from broker.store.sql import Database
from broker.store.tables import applied_claim_table

_TABLE = Record(ClaimTable)
_FIND = select(applied_claim_table.c.content)


class AppliedClaims:
    """One table, as JSON."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self) -> ClaimTable | None:
        """The table applied last; None where none ever was."""
        row = self._database.one(_FIND)
        return _TABLE.from_json(row.content) if row else None

    def replace(self, table: ClaimTable, now: datetime) -> None:
        """Let this be the table that counts; all or nothing."""
        with self._database.transaction() as connection:
            connection.execute(delete(applied_claim_table))
            connection.execute(insert(applied_claim_table).values(number=1, content=_TABLE.to_json(table), applied_at=now))
