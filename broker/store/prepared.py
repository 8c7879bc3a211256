"""The few statements that every sign-in runs: compiled once, then handed to the driver without SQLAlchemy in between.

They are written in Core like all others, and values and columns pass the same types; only PostgreSQL takes this way. SQLAlchemy's
execution costs three times what the driver needs.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql import Select
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

from broker.store.sql import Database

_Process = Callable[[Any], Any]


class Prepared:
    """One statement for one database."""

    def __init__(self, database: Database, statement: Any) -> None:
        self._database, self._statement = database, statement
        if not database.is_sqlite:
            self._compile(statement, database.engine.dialect)

    def first(self, values: Mapping[str, Any]) -> Any | None:
        """Run it; its first row with columns as attributes, or None. Raises StoreUnavailable."""
        if self._database.is_sqlite:
            return self._database.one(self._statement, values)
        sent = {**self._fixed, **values}
        for name, process in self._binds:
            sent[name] = process(sent[name])
        found = self._database.first(self._text, sent)
        return None if found is None else self._row(found)

    def _compile(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self._text = str(compiled).encode()
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        binds = ((name, _bind(bind.type, dialect)) for name, bind in compiled.binds.items())
        self._binds = [(name, process) for name, process in binds if process]
        columns = list(statement.selected_columns) if isinstance(statement, Select) else []
        self._results = [_result(column.type, dialect) for column in columns]
        row: Any = namedtuple("Row", [str(column.key) for column in columns])  # type: ignore[misc]  # names known only now
        self._make = row._make

    def _row(self, found: Sequence[Any]) -> Any:
        if not self._results:
            return found
        return self._make([process(value) if process else value for process, value in zip(self._results, found, strict=True)])


def _bind(kind: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _result(kind: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
