"""What has to stand behind every handle of a grant, in SQL's words: the account, the tool, the consent (A-31, CO-08)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, literal, or_

from broker.core.client import TAKING_PART
from broker.core.subject import SubjectStatus
from broker.store.tables import clients, consents, grants, subjects

NOW: ColumnElement[datetime] = bindparam("now", type_=grants.c.created_at.type)
ACTIVE_ACCOUNT: ColumnElement[bool] = subjects.c.status == literal(SubjectStatus.ACTIVE.value)
STANDING_CONSENT = and_(consents.c.withdrawn_at.is_(None), or_(consents.c.expires_at.is_(None), consents.c.expires_at > NOW))


def takes_part(table: Any = clients) -> ColumnElement[bool]:
    """Whether the tool of this table, or alias of it, takes part."""
    return or_(*(table.c.status == literal(status.value) for status in sorted(TAKING_PART)))
