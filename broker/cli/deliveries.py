"""What became of telling tools that sessions ended: `deliveries list`."""

from __future__ import annotations

import click

from broker.config import load_settings
from broker.core.delivery import Delivery
from broker.opened_stores import open_database, utc_now
from broker.store.outbox import Outbox


@click.group()
def deliveries() -> None:
    """Logouts on their way to tools (deploy/RUNBOOK.md, "Health, logs, metrics")."""


@deliveries.command("list")
@click.option("--tool", help="Only this tool (client id).")
@click.option("--all", "everything", is_flag=True, help="Also those that arrived at the first attempt.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, the newest first.")
def list_deliveries(tool: str | None, everything: bool, limit: int) -> None:
    """Those that failed or had to be repeated: tool, state, attempts, last answer, how long it took, when the session ended.

    No citizen is named: a delivery knows the tool's own names of session and person only, and these are not shown.
    """
    found = Outbox(open_database(load_settings()), utc_now).newest(limit, tool, troubled=not everything)
    for one in found:
        click.echo(_line(one))
    if not found:
        click.echo("Nothing failed or had to be repeated." if not everything else "There is none.")


def _line(one: Delivery) -> str:
    ended = one.created_at.isoformat(timespec="seconds")
    return f"{one.client_id:<24} {one.state.value:<10} {one.attempts:>4}  {one.outcome or '-':<24} {one.duration_ms:>6} ms  {ended}"
