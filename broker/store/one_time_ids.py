"""Ids that others chose and that may count once: `jti` of client assertions, DPoP proofs and logout tokens (RFC 7523 3, RFC 9449 11.1)."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from broker.core.ids import fingerprint
from broker.store.prepared import Prepared
from broker.store.sql import Database
from broker.store.tables import one_time_ids

_PURGE = delete(one_time_ids)


class OneTimeIds:
    """The gate is in SQL: a restart or a lost Redis lets nothing through twice (A-48, CL-02)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = sqlite.insert if database.is_sqlite else postgresql.insert
        self._gate = Prepared(database, insert(one_time_ids).on_conflict_do_nothing().returning(one_time_ids.c.id_hash))

    def add(self, kind: str, issuer: str, jti: str, expires_at: datetime) -> bool:
        """True for exactly one caller per (kind, issuer, jti); decided by the returned row. Kept at least until `expires_at`."""
        values = {"id_hash": fingerprint(json.dumps([kind, issuer, jti])), "expires_at": expires_at}
        return self._gate.first(values) is not None

    def purge_expired(self, now: datetime) -> int:
        """Delete what could not be shown again anyway; how many."""
        return self._database.run(_PURGE.where(one_time_ids.c.expires_at <= now))
