"""Migrations lead to exactly the tables the stores use (F-30)."""

from __future__ import annotations

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from broker.store import migrations
from broker.store.migrations import migrate, pending
from broker.store.sql import Database
from broker.store.tables import metadata


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


def test_f30_migrated_tables_are_the_declared_ones(database: Database) -> None:
    with database.transaction() as connection:
        assert _differences(connection) == []


def test_f30_a_missing_column_would_be_noticed(database: Database) -> None:
    with database.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE subjects DROP COLUMN locale")
        assert _differences(connection) != []
        connection.exec_driver_sql("ALTER TABLE subjects ADD COLUMN locale VARCHAR(16) NOT NULL DEFAULT ''")
        if not database.is_sqlite:
            connection.exec_driver_sql("ALTER TABLE subjects ALTER COLUMN locale DROP DEFAULT")


def test_migrating_twice_changes_nothing_and_leaves_nothing_pending(database: Database) -> None:
    migrate(database)
    assert not pending(database)


def test_a_new_database_is_pending_until_migrated(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    assert pending(database)
    migrate(database)
    assert not pending(database)
    database.dispose()


def test_f30_migrations_do_not_depend_on_todays_code() -> None:
    for path in (Path(migrations.__file__).parent / "versions").glob("*.py"):
        assert not re.search(r"^\s*(from|import) broker", path.read_text(), re.MULTILINE), path.name
