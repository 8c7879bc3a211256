"""Grants, and the gate in front of them: a code becomes a grant once, and only while everybody still stands by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import Executable

from broker.core.grant import Grant
from broker.core.ports import Clock
from broker.store.conditions import ACTIVE_ACCOUNT, NOT_ENDED, NOW, STANDING_CONSENT, STILL_LINKED, takes_part
from broker.store.prepared import Prepared
from broker.store.session_tables import sessions
from broker.store.sql import Database
from broker.store.tables import clients, consents, grants, subjects

GRANT_COLUMNS = {field.name: "grant_id" if field.name == "id" else field.name for field in fields(Grant)}
_newest = consents.alias("newest")
AGREED = (
    select(_newest.c.claims)
    .where(_newest.c.subject_id == grants.c.subject_id, _newest.c.client_id == grants.c.client_id)
    .order_by(_newest.c.number.desc())
    .limit(1)
    .correlate(grants)
    .scalar_subquery()
    .label("agreed")
)
"""The claims that the citizen's newest decision about the grant's tool names; NULL where there never was one."""


def _gate(insert: Any) -> Executable:
    """One statement: insert if the code is new and account, tool, consent, session stand. Decided by the returned row (A-48, CO-11)."""
    given = [bindparam(column.key, type_=column.type) for column in grants.c]
    agreed = exists().where(
        consents.c.consent_id == bindparam("consent_id", type_=grants.c.consent_id.type),
        consents.c.subject_id == subjects.c.subject_id,
        consents.c.client_id == clients.c.client_id,
        STANDING_CONSENT,
    )
    standing = (
        select(*given)
        .select_from(subjects.join(clients, clients.c.client_id == bindparam("client_id", type_=grants.c.client_id.type)))
        .where(
            subjects.c.subject_id == bindparam("subject_id", type_=grants.c.subject_id.type),
            ACTIVE_ACCOUNT,
            takes_part(),
            STILL_LINKED,
            NOT_ENDED,
            or_(bindparam("consent_id", type_=grants.c.consent_id.type).is_(None), agreed),
        )
    )
    statement: Executable = (
        insert(grants)
        .from_select([column.key for column in grants.c], standing)
        .on_conflict_do_nothing(index_elements=[grants.c.code_hash])
        .returning(grants.c.grant_id)
    )
    return statement


_GATES: Mapping[bool, Executable] = {True: _gate(sqlite.insert), False: _gate(postgresql.insert)}  # by is_sqlite
_REVOKE_BY_CODE = (
    update(grants)
    .where(grants.c.code_hash == bindparam("wanted"), grants.c.revoked_at.is_(None))
    .values(revoked_at=NOW)
    .returning(grants.c.grant_id)
)
_REVOKE_OF_CLIENT = update(grants).where(grants.c.client_id == bindparam("wanted"), grants.c.revoked_at.is_(None)).values(revoked_at=NOW)
_REVOKE_OF_SUBJECTS = (
    update(grants)
    .where(
        grants.c.subject_id.in_(bindparam("subjects", expanding=True)),
        grants.c.provider_alias == bindparam("alias"),
        grants.c.revoked_at.is_(None),
    )
    .values(revoked_at=NOW)
)
_REVOKE = (
    update(grants)
    .where(grants.c.grant_id == bindparam("wanted"), grants.c.revoked_at.is_(None))
    .values(revoked_at=NOW)
    .returning(grants.c.grant_id)
)
_GOING_ON = exists().where(sessions.c.session_id == grants.c.session_id, sessions.c.ended_at.is_(None)).correlate(grants)
_PURGE = delete(grants).where(grants.c.expires_at <= NOW, ~_GOING_ON)


class Grants:
    """No personal claims in here."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._gate = Prepared(database, _GATES[database.is_sqlite])

    def add(self, grant: Grant) -> bool:
        """The gate. True for exactly one caller per code, and only if account, tool, consent and session are still good at this moment."""
        values = {column: getattr(grant, name) for name, column in GRANT_COLUMNS.items()}
        return self._gate.first({**values, "now": self._clock()}) is not None

    def revoke_by_code(self, code_hash: str) -> bool:
        """Revoke what a code was exchanged for, because it turned up again (RFC 6749 4.1.2); whether there was anything to revoke."""
        return self._database.one(_REVOKE_BY_CODE, {"wanted": code_hash, "now": self._clock()}) is not None

    def revoke_of_client(self, client_id: str) -> int:
        """Revoke all that a tool was ever granted, because the tool is gone; how many."""
        return self._database.run(_REVOKE_OF_CLIENT, {"wanted": client_id, "now": self._clock()})

    def revoke_of_subjects(self, subject_ids: Sequence[str], provider_alias: str) -> int:
        """Revoke what these accounts granted while signed in with this citizen ID, also what outlives a session; how many."""
        values = {"subjects": list(subject_ids), "alias": provider_alias, "now": self._clock()}
        return self._database.run(_REVOKE_OF_SUBJECTS, values)

    def revoke(self, grant_id: str) -> bool:
        """Revoke a grant and with it every token of it; whether there was anything to revoke."""
        return self._database.one(_REVOKE, {"wanted": grant_id, "now": self._clock()}) is not None

    def purge_expired(self, now: datetime) -> int:
        """Delete grants whose session has ended; how many. Codes live for a minute only, so none of theirs can come again.

        Of a session whose time is over but whose end is not yet pronounced they stay: they say which tools must be told."""
        return self._database.run(_PURGE, {"now": now})


def grant_of(row: Row[Any]) -> Grant:
    """The grant in a row that holds its columns."""
    return Grant(**{name: getattr(row, column) for name, column in GRANT_COLUMNS.items()})
