"""What citizens agreed to: one record per decision, never changed but for its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from broker.core.consent import Consent
from broker.core.ports import Clock
from broker.store.sql import Database
from broker.store.tables import consents, grants

_ADD = insert(consents)
_OF = (consents.c.subject_id == bindparam("for_subject"), consents.c.client_id == bindparam("for_client"))
_FIND = select(consents).where(*_OF).order_by(consents.c.number.desc()).limit(1)
_LIST = select(consents).where(consents.c.subject_id == bindparam("for_subject")).order_by(consents.c.number.desc())
_WITHDRAW = (
    update(consents)
    .where(*_OF, consents.c.withdrawn_at.is_(None))
    .values(withdrawn_at=bindparam("now", type_=consents.c.withdrawn_at.type))
    .returning(consents.c.consent_id)
)
_REVOKE_GRANTS = (
    update(grants)
    .where(grants.c.subject_id == bindparam("for_subject"), grants.c.client_id == bindparam("for_client"), grants.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now", type_=grants.c.revoked_at.type))
)


class Consents:
    """The newest decision of a citizen about a tool counts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def add(self, consent: Consent) -> None:
        """Keep a decision."""
        self._database.run(_ADD, _row(consent))

    def find(self, subject_id: str, client_id: str) -> Consent | None:
        """The newest decision, withdrawn or not, or None."""
        row = self._database.one(_FIND, {"for_subject": subject_id, "for_client": client_id})
        return consent_of(row) if row else None

    def list(self, subject_id: str) -> tuple[Consent, ...]:
        """All decisions of a citizen, newest first."""
        return tuple(consent_of(row) for row in self._database.all(_LIST, {"for_subject": subject_id}))

    def withdraw(self, subject_id: str, client_id: str) -> bool:
        """End all that a citizen agreed to give a tool, and every grant that came of it (CO-08); whether there was anything."""
        values: dict[str, str | datetime] = {"for_subject": subject_id, "for_client": client_id, "now": self._clock()}
        with self._database.transaction() as connection:
            withdrawn = connection.execute(_WITHDRAW, values).all()
            connection.execute(_REVOKE_GRANTS, values)
        return bool(withdrawn)


def consent_of(row: Row[Any]) -> Consent:
    """The consent in a row that holds its columns."""
    return Consent(
        id=row.consent_id,
        subject_id=row.subject_id,
        client_id=row.client_id,
        scopes=frozenset(row.scopes),
        claims=frozenset(row.claims),
        text_version=row.text_version,
        given_at=row.given_at,
        expires_at=row.expires_at,
        withdrawn_at=row.withdrawn_at,
    )


def _row(consent: Consent) -> dict[str, Any]:
    return {
        "consent_id": consent.id,
        "subject_id": consent.subject_id,
        "client_id": consent.client_id,
        "scopes": sorted(consent.scopes),
        "claims": sorted(consent.claims),
        "text_version": consent.text_version,
        "given_at": consent.given_at,
        "expires_at": consent.expires_at,
        "withdrawn_at": consent.withdrawn_at,
    }
