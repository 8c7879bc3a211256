"""Ways for a real PostgreSQL or Redis to be away for a block, each well again after it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import psycopg
import pytest
import redis as redis_py

from tests.support.servers import PostgresqlServer, RedisServer, Server, until

SqlTrouble = Callable[[PostgresqlServer], AbstractContextManager[None]]
RedisTrouble = Callable[[RedisServer], AbstractContextManager[None]]

_FULL = 16 * 1024 * 1024
_FILL = """
    DO $$ BEGIN
        LOOP
            INSERT INTO deliveries
                (delivery_id, logout_id, client_id, sub, sid, state, attempts, created_at, next_attempt_at, outcome, duration_ms)
                VALUES (gen_random_uuid(), 'ballast', 'ballast', '', gen_random_uuid(), 'delivered', 0, now(), now(), repeat('x', 1450), 0);
            COMMIT;
        END LOOP;
    END $$
"""  # five rows to a page, which leave no room for another


@contextmanager
def killed(server: Server) -> Iterator[None]:
    """kill -9, and started again: Redis is empty then."""
    server.kill()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """kill -STOP."""
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


@contextmanager
def postmaster_frozen(server: PostgresqlServer) -> Iterator[None]:
    """kill -STOP of the process that takes connections: those there are go on, a new one gets no answer."""
    assert server.pid
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def terminate_all(server: PostgresqlServer) -> None:
    """End every connection of the broker at the server's side."""
    with psycopg.connect(server.url, autocommit=True) as administrator:
        administrator.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'broker'")


@contextmanager
def cut(server: PostgresqlServer) -> Iterator[None]:
    """Every connection was cut just now."""
    terminate_all(server)
    yield


@contextmanager
def crowded(server: PostgresqlServer) -> Iterator[None]:
    """Others hold every connection that was left."""
    with ExitStack() as taken:
        while other := _one_more(server):
            taken.enter_context(other)
        yield


def _one_more(server: PostgresqlServer) -> psycopg.Connection[tuple[object, ...]] | None:
    try:
        return psycopg.connect(server.url)
    except psycopg.OperationalError:
        return None


def locked(table: str) -> SqlTrouble:
    """Somebody holds a lock on this table."""

    @contextmanager
    def away(server: PostgresqlServer) -> Iterator[None]:
        with psycopg.connect(server.url, autocommit=True) as administrator, administrator.transaction():
            administrator.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield

    return away


@contextmanager
def full(server: PostgresqlServer) -> Iterator[None]:
    """The disk is full: the table of deliveries, which every sign-out writes to, has no room and gets none."""
    with psycopg.connect(server.url, autocommit=True) as administrator:
        administrator.execute("VACUUM FULL deliveries")  # no gaps that earlier rows left
        server.limit_files(_FULL)
        try:
            with pytest.raises(psycopg.Error, match="could not extend file"):
                administrator.execute(_FILL)
            yield
        finally:
            server.limit_files(None)
            administrator.execute("DELETE FROM deliveries WHERE logout_id = 'ballast'")


@contextmanager
def read_only(server: PostgresqlServer) -> Iterator[None]:
    """As after a failover to a replica: every transaction may only read."""
    with psycopg.connect(server.url, autocommit=True) as administrator:
        administrator.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        administrator.execute("SELECT pg_reload_conf()")
        until(lambda: _is_read_only(server), 5, "the database to be read-only")
        try:
            yield
        finally:
            administrator.execute("SET default_transaction_read_only = off")
            administrator.execute("ALTER SYSTEM RESET default_transaction_read_only")
            administrator.execute("SELECT pg_reload_conf()")
            until(lambda: not _is_read_only(server), 5, "the database to be writable")


def _is_read_only(server: PostgresqlServer) -> bool:
    with psycopg.connect(server.url) as visitor:
        return visitor.execute("SHOW default_transaction_read_only").fetchone() == ("on",)


@contextmanager
def without_replicas(server: RedisServer) -> Iterator[None]:
    """Redis takes no writes."""
    with redis_py.Redis.from_url(server.url) as administrator:
        administrator.config_set("min-replicas-to-write", "1")
        try:
            yield
        finally:
            administrator.config_set("min-replicas-to-write", "0")


@contextmanager
def out_of_memory(server: RedisServer) -> Iterator[None]:
    """Redis has no room for anything new, and throws nothing away."""
    with redis_py.Redis.from_url(server.url) as administrator:
        administrator.config_set("maxmemory", "1")
        try:
            yield
        finally:
            administrator.config_set("maxmemory", "0")
