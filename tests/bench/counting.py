"""What an operation asks of the stores, as the stores themselves counted it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import redis

_STATEMENTS = "SELECT query, calls FROM pg_stat_statements WHERE query !~ 'pg_stat|pg_reload'"


@dataclass(frozen=True)
class Asked:
    """Per operation: commands and round trips of Redis (reads from its sockets), statements of PostgreSQL."""

    commands: dict[str, float]
    round_trips: float
    statements: dict[str, float]


def asked_of_stores(do: Callable[[], object], times: int, redis_url: str, database_url: str) -> Asked:
    """Count what `do`, which does an operation so many times, asks of the stores."""
    with redis.Redis.from_url(redis_url, protocol=2) as cache, psycopg.connect(database_url, autocommit=True) as sql:
        track(sql, "top")
        sql.execute("SELECT pg_stat_statements_reset()")
        cache.config_resetstat()
        do()
        commands = {name.removeprefix("cmdstat_"): row["calls"] / times for name, row in cache.info("commandstats").items()}
        reads = cache.info("stats")["total_reads_processed"]
        rows = sql.execute(_STATEMENTS).fetchall()
        track(sql, "none")
    ours = {name: count for name, count in commands.items() if not name.startswith(("config", "info", "client", "ping"))}
    return Asked(ours, (reads - 2) / times, _by_kind(rows, times))


def session_bytes(redis_url: str) -> int:
    """What the largest session takes in Redis, its key and administration included."""
    with redis.Redis.from_url(redis_url, protocol=2) as cache:
        return max(int(cache.memory_usage(key) or 0) for key in cache.scan_iter("bp:session:*"))


def _by_kind(rows: list[tuple[str, int]], times: int) -> dict[str, float]:
    """Statements by verb and first table, for reading."""
    found: dict[str, float] = {}
    for query, calls in rows:
        words = query.split()
        verb = words[0].upper()
        mark = {"SELECT": "FROM", "INSERT": "INTO"}.get(verb, verb)
        upper = [word.upper() for word in words]
        name = f"{verb} {words[upper.index(mark) + 1]}" if mark in upper[:-1] else verb
        found[name] = found.get(name, 0.0) + calls / times
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def track(sql: psycopg.Connection[Any], what: str) -> None:
    """Let PostgreSQL count statements (`top`) or not (`none`); counting costs time."""
    sql.execute(f"ALTER SYSTEM SET pg_stat_statements.track = '{what}'".encode())
    sql.execute("SELECT pg_reload_conf()")
    deadline = time.monotonic() + 10
    while sql.execute("SHOW pg_stat_statements.track").fetchone() != (what,):
        if time.monotonic() > deadline:
            raise TimeoutError("PostgreSQL does not take over its new settings")
        time.sleep(0.02)
