"""Where an account stands with one tool: one statement for all that a silent sign-in must know."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, select

from broker.core.client import Client
from broker.core.consent import Standing
from broker.core.subject import SubjectStatus
from broker.store.conditions import NOT_ENDED, STILL_LINKED
from broker.store.consents import consent_of
from broker.store.prepared import Prepared
from broker.store.seal import Seal
from broker.store.sql import Database
from broker.store.tables import consents, subjects, tool_subjects
from broker.store.tool_subjects import open_pseudonym

_newest = consents.alias("newest")
_NEWEST = (
    select(_newest.c.number)
    .where(_newest.c.subject_id == bindparam("subject_id"), _newest.c.client_id == bindparam("client_id"))
    .order_by(_newest.c.number.desc())
    .limit(1)
    .scalar_subquery()
)
_FIND = (
    select(
        subjects.c.status,
        tool_subjects.c.sub,
        tool_subjects.c.sealed_pseudonym,
        STILL_LINKED.label("linked"),
        NOT_ENDED.label("goes_on"),
        consents,
    )
    .select_from(
        subjects.outerjoin(
            tool_subjects, and_(tool_subjects.c.subject_id == subjects.c.subject_id, tool_subjects.c.sector == bindparam("sector"))
        ).outerjoin(consents, consents.c.number == _NEWEST)
    )
    .where(subjects.c.subject_id == bindparam("subject_id"))
)
_NOBODY = Standing(subject_active=False, consent=None, sub=None, pseudonym=None, linked=False)


class Standings:
    """Reads only."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._find, self._seal = Prepared(database, _FIND), seal

    def find(self, subject_id: str, client: Client, provider_alias: str = "", upstream_hash: str = "", session_id: str = "") -> Standing:
        """The standing; of an unknown account one that is not active. With a link it also says whether that is still the account's, with
        a session whether its end has been pronounced."""
        row = self._find.first(
            {
                "subject_id": subject_id,
                "client_id": client.client_id,
                "sector": client.subject_sector,
                "provider_alias": provider_alias,
                "upstream_hash": upstream_hash,
                "session_id": session_id,
            }
        )
        if row is None:
            return _NOBODY
        return Standing(
            subject_active=row.status == SubjectStatus.ACTIVE,
            consent=consent_of(row) if row.consent_id else None,
            sub=row.sub,
            pseudonym=open_pseudonym(self._seal, row.sub, row.sealed_pseudonym) if row.sub else None,
            linked=bool(row.linked),
            ended=not row.goes_on,
        )
