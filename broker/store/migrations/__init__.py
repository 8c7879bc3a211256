"""Changes to the tables, in order, by Alembic. Owns how a database gets from any earlier release to this one; does not own the tables
themselves (`store/tables.py`; a test holds both together). A step is forward only and fits the release before it (F-30)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from broker.store.sql import Database

_LOCK = 4_827_551  # any number: two migrations must not run at once on PostgreSQL; SQLite's write lock does it there


def migrate(database: Database) -> None:
    """Bring the tables to this release, all or nothing; does nothing if they are there. Raises StoreUnavailable."""
    with database.patient_transaction() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        command.upgrade(_config(connection), "head")


def pending(database: Database) -> bool:
    """Whether `migrate` has something to do. Raises StoreUnavailable."""
    with database.transaction() as connection:
        current = set(MigrationContext.configure(connection).get_current_heads())
    return current != _newest()


@cache
def _newest() -> frozenset[str]:
    """Of this release: read once, since the scripts do not change while we run."""
    return frozenset(ScriptDirectory.from_config(_config(None)).get_heads())


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
