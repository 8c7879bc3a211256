"""The connection to the SQL database: SQLite or PostgreSQL, deadlines, transactions; whatever fails there is an outage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from broker.core.errors import StoreUnavailable
from broker.store.breaker import Breaker
from broker.store.postgresql import SESSION_OPTIONS, SILENCE, PunctualConnection, hung_up, make_patient

_POOL_SIZE = 8
_POOL_OVERFLOW = 8
_POOL_WAIT_SECONDS = 1.0
_SQLITE_PRAGMAS = ("journal_mode=WAL", "busy_timeout=1500", "foreign_keys=ON", "synchronous=FULL")  # FULL: a used code stays used
_PING = text("SELECT 1")
_TIME = text("SELECT clock_timestamp()")


class Database:
    """One pool of connections. Connections are in autocommit, so a single statement is a single round trip."""

    def __init__(self, url: str) -> None:
        address = make_url(url)
        self.is_sqlite = address.get_backend_name() == "sqlite"
        self._breaker = Breaker("the SQL database")
        self._begin = "BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN"
        self.engine = _sqlite(address) if self.is_sqlite else _postgresql(address)

    def one(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Row[Any] | None:
        """Run one statement on its own; its first row, or None."""
        with self._outages(), self.engine.connect() as connection:
            return connection.execute(statement, values).first()

    def all(self, statement: Executable, values: Mapping[str, Any] | None = None) -> list[Row[Any]]:
        """Run one statement on its own; all its rows."""
        with self._outages(), self.engine.connect() as connection:
            return list(connection.execute(statement, values).all())

    def run(self, statement: Executable, values: Mapping[str, Any] | None = None) -> int:
        """Run one statement on its own; how many rows it changed. For figures only: decisions are made on returned rows (A-48)."""
        with self._outages(), self.engine.connect() as connection:
            return connection.execute(statement, values).rowcount

    def first(self, text: bytes, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row of a statement in the driver's own words and values; for `prepared.py`, on PostgreSQL only."""
        with self._outages():
            try:
                return self._driver_first(text, values)
            except psycopg.Error as error:  # one family of errors, whichever way a statement took
                raise DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True) from None

    def _driver_first(self, text: bytes, values: Mapping[str, Any]) -> Sequence[Any] | None:
        lent = self.engine.raw_connection()
        driver: Any = lent.driver_connection
        try:
            row: Sequence[Any] | None = driver.first(text, values)
        finally:
            if driver.closed:
                lent.invalidate()
            lent.close()
        return row

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Several statements, all or none. On SQLite it takes the write lock at once, so that it never fails half-way for it."""
        with self._outages(), self.engine.connect() as connection, self._transaction(connection):
            yield connection

    @contextmanager
    def patient_transaction(self) -> Iterator[Connection]:
        """A transaction that may take minutes: for migrations only."""
        with self._outages(), self.engine.connect() as connection:
            if not self.is_sqlite:
                make_patient(connection.connection.driver_connection)
                connection.detach()  # such patience is not for the pool
                connection.exec_driver_sql("SET statement_timeout = 0")
                connection.exec_driver_sql("SET lock_timeout = 0")
            with self._transaction(connection):
                yield connection

    @contextmanager
    def _outages(self) -> Iterator[None]:
        """Turn failures of the server or of the way to it into StoreUnavailable; wrong statements stay such. No text holds a value."""
        self._breaker.check()
        try:
            yield
        except DBAPIError as error:
            if not _is_outage(error):
                raise _discreet(error) from None
            if isinstance(error.orig, SILENCE):
                self._breaker.trip()
            raise StoreUnavailable(f"SQL: {type(error.orig).__name__}") from None  # the original's text holds the statement's values
        except (PoolTimeout, DisconnectionError) as error:
            raise StoreUnavailable(f"SQL: {type(error).__name__}") from None

    @contextmanager
    def _transaction(self, connection: Connection) -> Iterator[None]:
        connection.exec_driver_sql(self._begin)
        try:
            yield
        except BaseException:
            _roll_back(connection)
            raise
        connection.exec_driver_sql("COMMIT")

    def ping(self) -> None:
        """Raises StoreUnavailable if the database does not answer."""
        self.one(_PING)

    def seconds_ahead(self, now: datetime) -> float:
        """How far a clock that says `now` is ahead of the database's, which all processes share; negative: behind. SQLite has none."""
        told = None if self.is_sqlite else self.one(_TIME)
        return (now - told[0]).total_seconds() if told else 0.0

    def dispose(self) -> None:
        """Close all idle connections (also: after a fork, before first use)."""
        self.engine.dispose()


def _is_outage(error: DBAPIError) -> bool:
    return error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError, InternalError))


def _discreet(error: DBAPIError) -> DBAPIError:
    """The same error without the row's values, which drivers like to quote ("Key (email)=(...) already exists")."""
    diagnosis = getattr(error.orig, "diag", None)
    text = f"{diagnosis.sqlstate} {diagnosis.constraint_name or ''}".strip() if diagnosis else str(error.orig)
    return type(error)(error.statement, None, type(error.orig)(text), hide_parameters=True)  # type: ignore[misc]  # `orig` may be None for the type


def _roll_back(connection: Connection) -> None:
    try:
        connection.rollback()  # tells SQLAlchemy, which has nothing to do in autocommit
        connection.connection.rollback()
    except (DBAPIError, psycopg.Error, sqlite3.Error):
        connection.invalidate()  # the server forgets the transaction with the connection


def _sqlite(address: URL) -> Engine:
    engine = create_engine(
        address, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True, connect_args={"timeout": 1.5}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _postgresql(address: URL) -> Engine:
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        connect_args={"connect_timeout": 2, "options": SESSION_OPTIONS, "application_name": "broker"},
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        pool_timeout=_POOL_WAIT_SECONDS,
        pool_reset_on_return=None,  # every transaction of ours ends itself
        hide_parameters=True,
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, args: Any, params: Any) -> psycopg.Connection[Any]:
        return PunctualConnection.connect(*args, **params)

    @event.listens_for(engine, "checkout")
    def _replace_dead(connection: psycopg.Connection[Any], _record: Any, _proxy: Any) -> None:
        # Before anything is sent, so that retrying is safe for writes as well (F-23); SQLAlchemy then takes a new connection.
        if hung_up(connection):
            raise DisconnectionError("the server closed this connection")

    return engine
