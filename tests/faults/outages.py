"""Ways for a real PostgreSQL or Redis to be away for a block, each well again after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import redis as redis_py

from tests.support.servers import PostgresqlServer, RedisServer, Server, until

SqlTrouble = Callable[[PostgresqlServer], AbstractContextManager[None]]
RedisTrouble = Callable[[RedisServer], AbstractContextManager[None]]


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


def locked(table: str) -> SqlTrouble:
    """Somebody holds a lock on this table."""

    @contextmanager
    def away(server: PostgresqlServer) -> Iterator[None]:
        with psycopg.connect(server.url, autocommit=True) as administrator, administrator.transaction():
            administrator.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield

    return away


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
