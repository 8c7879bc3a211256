"""SQL killed, frozen, locked, cut off, read-only: an outage is said to be one, quickly, and ends by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from broker.core.subject import Subject
from broker.store.access_tokens import AccessTokens
from broker.store.clients import Clients
from broker.store.consents import Consents
from broker.store.grants import Grants
from broker.store.providers import Providers
from broker.store.seal import Seal
from broker.store.sql import Database
from broker.store.standings import Standings
from broker.store.subjects import Subjects
from broker.store.tables import grants as grants_table
from tests.faults.conftest import AT_ONCE_SECONDS, is_an_outage, recovers
from tests.faults.outages import crowded, postmaster_frozen, terminate_all
from tests.support import records
from tests.support.clock import Clock
from tests.support.outbox import outbox_of
from tests.support.servers import PostgresqlServer
from tests.support.services import empty

_SEAL = Seal(bytes(32))


@pytest.fixture
def citizen(fragile_database: Database, clock: Clock) -> Iterator[Subject]:
    """An account with a tool it may use."""
    made = records.subject(clock())
    Subjects(fragile_database, _SEAL, clock).add(made, records.link(made, clock()))
    Clients(fragile_database).add(records.client())
    yield made
    empty(fragile_database)


@contextmanager
def _administrator(server: PostgresqlServer) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(server.url, autocommit=True) as connection:
        yield connection


def _all_calls(database: Database, clock: Clock) -> dict[str, Callable[[], object]]:
    subject, client = records.subject(clock()), records.client("another")
    return {
        "ping": database.ping,
        "find client": lambda: Clients(database).find("karte"),
        "find standing": lambda: Standings(database, _SEAL).find(subject.id, client),
        "add grant": lambda: Grants(database, clock).add(records.grant(subject.id, clock())),
        "find token": lambda: AccessTokens(database, clock).find("hash"),
        "find subject": lambda: Subjects(database, _SEAL, clock).find_by_link("bundid", "hash"),
        "withdraw consent": lambda: Consents(database, clock).withdraw(subject.id, "karte"),
        "end session": lambda: outbox_of(database, clock).end_session("session", "logout"),
        "take deliveries": lambda: outbox_of(database, clock).take_due("karte", 1, 30),
        "list providers": lambda: Providers(database).list(),
    }


_CALLS = list(_all_calls(Database("sqlite://"), Clock()))


def test_f19_killed(own_postgresql_server: PostgresqlServer, fragile_database: Database, citizen: Subject, clock: Clock) -> None:
    own_postgresql_server.kill()
    try:
        for call in _all_calls(fragile_database, clock).values():
            is_an_outage(call)
    finally:
        own_postgresql_server.start()
    recovers(fragile_database.ping)
    assert Subjects(fragile_database, _SEAL, clock).get(citizen.id) == citizen


@pytest.mark.parametrize("call", _CALLS)
def test_f20_f21_frozen(own_postgresql_server: PostgresqlServer, fragile_database: Database, clock: Clock, call: str) -> None:
    own_postgresql_server.freeze()
    try:
        is_an_outage(_all_calls(fragile_database, clock)[call])
    finally:
        own_postgresql_server.thaw()
    recovers(fragile_database.ping)


def test_f20_frozen_before_anybody_connected(own_postgresql_server: PostgresqlServer) -> None:
    database = Database(own_postgresql_server.url)
    own_postgresql_server.freeze()
    try:
        is_an_outage(database.ping)
        is_an_outage(database.ping, within=AT_ONCE_SECONDS)  # F-12: the others are told at once
    finally:
        own_postgresql_server.thaw()
    recovers(database.ping)
    database.dispose()


def test_f20_a_frozen_postmaster_does_not_hurt_open_connections(
    own_postgresql_server: PostgresqlServer, fragile_database: Database
) -> None:
    with postmaster_frozen(own_postgresql_server):
        fragile_database.ping()
        fresh = Database(own_postgresql_server.url)
        is_an_outage(fresh.ping)
        fresh.dispose()


def test_f21_an_answer_that_comes_too_late_is_not_taken_for_another(
    own_postgresql_server: PostgresqlServer, fragile_database: Database, citizen: Subject, clock: Clock
) -> None:
    own_postgresql_server.freeze()
    try:
        is_an_outage(lambda: Clients(fragile_database).find("karte"))
    finally:
        own_postgresql_server.thaw()
    recovers(fragile_database.ping)
    assert Subjects(fragile_database, _SEAL, clock).get(citizen.id) == citizen


def test_f22_a_locked_table_is_an_outage_and_no_deadlock(
    own_postgresql_server: PostgresqlServer, fragile_database: Database, citizen: Subject, clock: Clock
) -> None:
    gate, grant = Grants(fragile_database, clock), records.grant(citizen.id, clock())
    with _administrator(own_postgresql_server) as administrator, administrator.transaction():
        administrator.execute("LOCK TABLE grants")
        is_an_outage(lambda: gate.add(grant))
        fragile_database.ping()  # one lock does not make the whole database an outage
    assert gate.add(grant)


@pytest.mark.parametrize("call", _CALLS)
def test_f23_terminated_connections_are_replaced_before_anything_is_sent(
    own_postgresql_server: PostgresqlServer, fragile_database: Database, citizen: Subject, clock: Clock, call: str
) -> None:
    terminate_all(own_postgresql_server)
    _all_calls(fragile_database, clock)[call]()


def test_f23_a_grant_is_written_once_over_a_terminated_connection(
    own_postgresql_server: PostgresqlServer, fragile_database: Database, citizen: Subject, clock: Clock
) -> None:
    gate, grant = Grants(fragile_database, clock), records.grant(citizen.id, clock())
    terminate_all(own_postgresql_server)
    assert gate.add(grant)
    assert len(fragile_database.all(grants_table.select())) == 1


def test_f23_a_connection_cut_in_the_middle_of_a_transaction_leaves_nothing(
    own_postgresql_server: PostgresqlServer, fragile_database: Database, citizen: Subject
) -> None:
    def cut() -> None:
        with fragile_database.transaction() as connection:
            connection.execute(grants_table.delete())
            connection.exec_driver_sql("UPDATE subjects SET status = 'blocked'")
            terminate_all(own_postgresql_server)
            connection.exec_driver_sql("UPDATE subjects SET locale = 'en'")

    is_an_outage(cut)
    assert Subjects(fragile_database, _SEAL, Clock()).get(citizen.id) == citizen


def test_f23_all_connections_taken_is_an_outage(own_postgresql_server: PostgresqlServer, fragile_database: Database) -> None:
    with crowded(own_postgresql_server):
        fragile_database.ping()
        fresh = Database(own_postgresql_server.url)
        try:
            is_an_outage(fresh.ping)
        finally:
            fresh.dispose()
    recovers(fragile_database.ping)


def test_f26_read_only_serves_reads_and_refuses_writes(
    own_postgresql_server: PostgresqlServer, fragile_database: Database, citizen: Subject, clock: Clock
) -> None:
    gate, grant = Grants(fragile_database, clock), records.grant(citizen.id, clock())
    assert gate.add(grant)
    with _administrator(own_postgresql_server) as administrator:
        administrator.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
        try:
            fragile_database.dispose()
            is_an_outage(lambda: gate.add(records.grant(citizen.id, clock())))
            found = AccessTokens(fragile_database, clock).find(grant.access_hash)
            assert found
            assert found.grant == grant
        finally:
            administrator.execute("SET default_transaction_read_only = off")
            administrator.execute("ALTER DATABASE postgres RESET default_transaction_read_only")
            fragile_database.dispose()


def test_f22_a_locked_sqlite_file_is_an_outage_for_writing_only(quick_database: Database, tmp_path: Path, clock: Clock) -> None:
    Clients(quick_database).add(records.client())
    other = sqlite3.connect(tmp_path / "broker.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        is_an_outage(lambda: Clients(quick_database).add(records.client("second")))
        assert Clients(quick_database).find("karte")
    finally:
        other.execute("ROLLBACK")
        other.close()
    Clients(quick_database).add(records.client("second"))


def test_f27_a_full_disk_is_an_outage_by_the_word_that_postgresql_has_for_it(fragile_database: Database) -> None:
    """SQLSTATE 53100, as the server says when a file system has no room; the rest is in test_sign_out_outage.py."""
    is_an_outage(lambda: fragile_database.run(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$")))
    fragile_database.ping()


def test_f27_a_sqlite_file_that_cannot_grow_is_an_outage_for_writing_only(quick_database: Database) -> None:
    quick_database.all(text("PRAGMA max_page_count = 1"))  # taken as: no more than there are
    clients = Clients(quick_database)

    is_an_outage(lambda: clients.add(records.client("large", base_url="https://tool.test/" + "x" * 100_000)))

    assert clients.find("large") is None
    quick_database.all(text("PRAGMA max_page_count = 100000"))
    clients.add(records.client("large"))
    assert clients.find("large")


def test_a_missing_sqlite_folder_is_an_outage(tmp_path: Path) -> None:
    is_an_outage(Database(f"sqlite:///{tmp_path / 'missing' / 'broker.sqlite'}").ping)
