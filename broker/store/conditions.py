"""What has to stand behind every handle of a grant, in SQL's words: the account, the tool, the consent (A-31, CO-08)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, literal, or_

from broker.core.client import TAKING_PART
from broker.core.subject import SubjectStatus
from broker.store.session_tables import sessions
from broker.store.tables import clients, consents, grants, linked_identities, subjects

NOW: ColumnElement[datetime] = bindparam("now", type_=grants.c.created_at.type)
ACTIVE_ACCOUNT: ColumnElement[bool] = subjects.c.status == literal(SubjectStatus.ACTIVE.value)
STANDING_CONSENT = and_(consents.c.withdrawn_at.is_(None), or_(consents.c.expires_at.is_(None), consents.c.expires_at > NOW))

_link_hash = bindparam("upstream_hash", type_=linked_identities.c.upstream_hash.type)
STILL_LINKED = or_(
    _link_hash == literal(""),  # a session from before links could be removed
    exists().where(
        linked_identities.c.provider_alias == bindparam("provider_alias", type_=linked_identities.c.provider_alias.type),
        linked_identities.c.upstream_hash == _link_hash,
        linked_identities.c.subject_id == subjects.c.subject_id,
    ),
)
"""Whether the link that a session came by is still the account's."""

NOT_ENDED = ~exists().where(
    sessions.c.session_id == bindparam("session_id", type_=grants.c.session_id.type), sessions.c.ended_at.is_not(None)
)
"""Whether nobody has pronounced the session's end; one that is not on the register (yet) has not ended."""


def takes_part(table: Any = clients) -> ColumnElement[bool]:
    """Whether the tool of this table, or alias of it, takes part."""
    return or_(*(table.c.status == literal(status.value) for status in sorted(TAKING_PART)))
