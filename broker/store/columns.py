"""Column types and names of constraints: aware UTC times, levels, lists of words. SQLite and PostgreSQL give the same values back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, MetaData, SmallInteger, String, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

from broker.core.trust import TrustLevel

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An aware time. SQLite keeps ISO 8601 text of fixed length in UTC, which sorts as times do; PostgreSQL has a type for it."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """`timestamptz` where there is one."""
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuses naive times: they mean something else on every machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """In UTC, whatever zone the server speaks."""
        if value is None:
            return None
        moment: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)


class Level(TypeDecorator[TrustLevel]):
    """A TrustLevel as a number, so that comparing rows compares assurance."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: TrustLevel | None, dialect: Dialect) -> Any:
        """The number of the level."""
        return None if value is None else int(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> TrustLevel | None:
        """The level of the number."""
        return None if value is None else TrustLevel(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """Scopes, claim names, amr values: words without spaces (RFC 6749 3.3), kept as OAuth writes them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> Any:
        """One space between words."""
        return None if value is None else " ".join(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:
        """The words, in their order."""
        return None if value is None else tuple(value.split())
