"""What became of telling tools that sessions ended: `deliveries list`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from broker.config import load_settings
from broker.core.delivery import Delivery, DeliverySummary
from broker.opened_stores import open_database, utc_now
from broker.store.delivery_log import DeliveryLog

_COUNTED = timedelta(hours=24)


@click.group()
def deliveries() -> None:
    """Logouts on their way to tools (deploy/RUNBOOK.md, "Health, logs, metrics")."""


@deliveries.command("list")
@click.option("--tool", help="Only this tool (client id).")
@click.option("--all", "everything", is_flag=True, help="Also those that arrived at the first attempt.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, the newest first.")
@click.option("--summary", is_flag=True, help="Figures of the last 24 hours for each tool instead.")
def list_deliveries(tool: str | None, everything: bool, limit: int, summary: bool) -> None:
    """Those that failed or had to be repeated: tool, state, attempts, last answer, how long it took, when the session ended.

    No citizen is named: a delivery knows the tool's own names of session and person only, and these are not shown.
    """
    log = DeliveryLog(open_database(load_settings()))
    if summary:
        _show_figures(log.summaries(utc_now() - _COUNTED, tool), utc_now())
        return
    found = log.newest(limit, tool, troubled=not everything)
    for one in found:
        click.echo(_line(one))
    if not found:
        click.echo("Nothing failed or had to be repeated." if not everything else "There is none.")


def _show_figures(found: Sequence[DeliverySummary], now: datetime) -> None:
    for one in found:
        waits = max(0, int((now - one.oldest_pending_at).total_seconds())) if one.oldest_pending_at else None
        oldest = "-" if waits is None else f"{waits} s"
        median = "-" if one.median_ms is None else f"{one.median_ms} ms"
        figures = f"sent {one.delivered:>6}  failed {one.failed:>4}  pending {one.pending:>5}"
        click.echo(f"{one.client_id:<24} {figures}  oldest {oldest:>8}  median {median:>8}")
    if not found:
        click.echo("No tool was to be told of anything in the last 24 hours.")


def _line(one: Delivery) -> str:
    ended = one.created_at.isoformat(timespec="seconds")
    return f"{one.client_id:<24} {one.state.value:<10} {one.attempts:>4}  {one.outcome or '-':<24} {one.duration_ms:>6} ms  {ended}"
