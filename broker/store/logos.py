"""Tools' logos, by the digest of their content."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from broker.core.logo import Logo
from broker.store.sql import Database
from broker.store.tables import logos

_FIND = select(logos).where(logos.c.digest == bindparam("wanted"))
_OLD = select(logos.c.digest).where(logos.c.created_at <= bindparam("before", type_=logos.c.created_at.type))
_PURGE = delete(logos).where(logos.c.digest.in_(bindparam("unused", expanding=True)))


class Logos:
    """Content never changes under a digest: browsers keep it, so it is read here rarely."""

    def __init__(self, database: Database) -> None:
        self._database = database
        put = (sqlite.insert if database.is_sqlite else postgresql.insert)(logos)
        self._add = put.on_conflict_do_update(index_elements=[logos.c.digest], set_={"created_at": put.excluded.created_at})

    def add(self, logo: Logo) -> None:
        """Keep a picture; one that is there already counts as new again."""
        self._database.run(self._add, {name: getattr(logo, name) for name in Logo.__slots__})

    def find(self, digest: str) -> Logo | None:
        """The picture, or None."""
        row = self._database.one(_FIND, {"wanted": digest})
        return Logo(**row._asdict()) if row else None

    def purge_expired(self, before: datetime, shown: Collection[str]) -> int:
        """Delete pictures from before then which no tool shows any more; how many."""
        unused = [row.digest for row in self._database.all(_OLD, {"before": before}) if row.digest not in shown]
        return self._database.run(_PURGE, {"unused": unused}) if unused else 0
