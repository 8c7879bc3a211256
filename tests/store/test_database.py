"""The SQL connection: settings, transactions, times."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError

from broker.core.errors import StoreUnavailable
from broker.core.subject import Subject
from broker.store.sql import Database
from broker.store.subjects import Subjects
from broker.store.tables import subjects as table
from tests.support import records
from tests.support.clock import Clock
from tests.support.servers import PostgresqlServer


def _setting(database: Database, statement: str) -> str:
    row = database.one(text(statement))
    assert row
    return str(row[0])


def test_sqlite_is_safe_for_several_processes(quick_database: Database) -> None:
    settings = {
        name: _setting(quick_database, f"PRAGMA {name}") for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous")
    }
    assert settings == {"journal_mode": "wal", "busy_timeout": "1500", "foreign_keys": "1", "synchronous": "2"}


def test_f22_postgresql_waits_for_no_lock_and_no_statement_for_long(postgresql_server: PostgresqlServer) -> None:
    database = Database(postgresql_server.url)
    settings = {name: _setting(database, f"SHOW {name}") for name in ("lock_timeout", "statement_timeout", "timezone")}
    database.dispose()
    assert settings == {"lock_timeout": "1s", "statement_timeout": "1400ms", "timezone": "UTC"}


def test_a_transaction_is_all_or_nothing(database: Database, clock: Clock) -> None:
    row = {"subject_id": "one", "status": "active", "locale": "de", "created_at": clock()}
    with pytest.raises(IntegrityError), database.transaction() as connection:
        connection.execute(table.insert(), [row, row])
    assert database.all(table.select()) == []
    with database.transaction() as connection:
        connection.execute(table.insert(), row)
    assert len(database.all(table.select())) == 1


def test_a_failed_transaction_leaves_its_connection_usable(database: Database, citizen: Subject) -> None:
    for _ in range(20):
        with pytest.raises(IntegrityError), database.transaction() as connection:
            connection.execute(table.insert(), {"subject_id": citizen.id, "status": "", "locale": "", "created_at": citizen.created_at})
    assert len(database.all(table.select())) == 1


def test_times_are_aware_utc_to_the_microsecond(database: Database) -> None:
    local = datetime(2026, 11, 26, 10, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    database.run(table.insert(), {"subject_id": "one", "status": "active", "locale": "de", "created_at": local})
    (row,) = database.all(table.select())
    assert row.created_at == local
    assert row.created_at.tzinfo is UTC
    assert row.erased_at is None


def test_times_compare_as_times(database: Database) -> None:
    start = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    for number, delta in enumerate((timedelta(0), timedelta(microseconds=1), timedelta(seconds=1), timedelta(hours=15))):
        database.run(table.insert(), {"subject_id": str(number), "status": "", "locale": "", "created_at": start + delta})
    found = database.all(table.select().where(table.c.created_at > start).order_by(table.c.created_at.desc()))
    assert [row.subject_id for row in found] == ["3", "2", "1"]


@pytest.mark.parametrize("wrong", [90, -600, 0])
def test_f32_the_database_says_how_wrong_a_clock_is(database: Database, wrong: int) -> None:
    """SQLite stands on the same machine and has no clock of its own."""
    ahead = database.seconds_ahead(datetime.now(UTC) + timedelta(seconds=wrong))
    assert ahead == 0 if database.is_sqlite else abs(ahead - wrong) < 5


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        database.run(table.insert(), {"subject_id": "1", "status": "", "locale": "", "created_at": datetime(2026, 1, 1)})  # noqa: DTZ001


def test_a44_no_value_gets_into_an_error_or_a_log(
    database: Database, subjects: Subjects, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = records.subject(clock())
    subjects.add(made, records.link(made, clock()))
    with pytest.raises(IntegrityError) as caught:
        database.run(table.insert(), {"subject_id": made.id, "status": "", "locale": "de", "created_at": clock()})
    assert made.id not in "".join(traceback.format_exception(caught.value))
    assert made.id not in caplog.text


def test_an_unreachable_database_is_an_outage_and_its_password_a_secret() -> None:
    database = Database("postgresql://broker:hunter2@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable) as caught:
        database.ping()
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
