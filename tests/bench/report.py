"""The tables that `make bench` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.bench.counting import Asked
from tests.bench.load import Job
from tests.bench.measuring import FLOOR, Row, percentile
from tests.bench.soak import Growth

_HEAD = f"{'operation':18}{'CPU ms':>8}{'spread':>14}{'to floor':>10}{'web':>7}{'redis':>7}{'sql':>7}{'p50 ms':>9}{'p95':>8}{'p99':>8}"


def costs(rows: Mapping[str, Row]) -> str:
    """CPU per operation, all server processes counted, median and spread of the rounds; wall clock of the closed loop beside it."""
    floor = rows[FLOOR]
    lines = [_line(row, floor) for row in rows.values()]
    note = "CPU of web, Redis and PostgreSQL processes together; closed loop, 4 connections; ratio: median of the rounds' own ratios."
    return "\n".join([_HEAD, *lines, note, ""])


def stores(asked: Asked, session: int) -> str:
    """What a silent sign-in asks of the stores, counted by them."""
    commands = ", ".join(f"{name} {count:.2f}" for name, count in sorted(asked.commands.items()))
    statements = ", ".join(f"{name} {count:.2f}" for name, count in asked.statements.items() if count >= 0.005)
    return "\n".join(
        [
            f"silent sign-in   Redis round trips {asked.round_trips:.2f} (target 4): {commands}",
            f"silent sign-in   SQL statements {sum(asked.statements.values()):.2f} (target 2): {statements}",
            f"session          {session} bytes in Redis (target 4096)",
        ]
    )


def open_loop(job: Job, durations: Sequence[float]) -> str:
    """Latency when arrivals do not wait for each other."""
    p50, p95, p99 = (percentile(durations, percent) for percent in (50, 95, 99))
    return f"open loop        {job.per_second:g} silent sign-ins/s arriving at random: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms"


def memory(growth: Growth) -> str:
    """Memory of the web processes before and after many sign-ins."""
    pairs = ", ".join(f"{before / 1024:.1f} -> {after / 1024:.1f} MiB" for before, after in zip(growth.before, growth.after, strict=True))
    return f"memory           PSS per web process over {growth.sign_ins} silent sign-ins: {pairs} ({growth.percent:+.1f} %, target +-10 %)"


def _line(row: Row, floor: Row) -> str:
    totals, ratios = row.totals, sorted(row.ratios(floor))
    parts = "".join(f"{row.part(family):7.2f}" for family in ("web", "redis", "postgresql"))
    wall = f"{row.percentile(50):9.1f}{row.percentile(95):8.1f}{row.percentile(99):8.1f}"
    spread = f"{min(totals):.2f}-{max(totals):.2f}"
    return f"{row.operation:18}{row.median:8.2f}{spread:>14}{ratios[len(ratios) // 2]:10.2f}{parts}{wall}"
