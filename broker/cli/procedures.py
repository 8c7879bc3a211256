"""Votes and surveys: `procedures open`, `close`, `list` and `review`."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from broker.config import load_settings
from broker.core.transforms import GERMANY
from broker.flows.voting import HoldingProcedures
from broker.opened_stores import open_stores, utc_now

_DESTROYS = """\
Closing {id} ({title}) destroys its key and all its vote keys, for ever:
  - nobody is given a vote key of it any more, and its id is never used again;
  - nobody, not even we, can tell afterwards whose a vote key was: count and review before.
Backups made before now still hold them, sealed with BROKER_SECRET, until you delete those.
"""


@click.group()
def procedures() -> None:
    """Votes and surveys of tools, in which one person counts once (clients/README.md)."""


@procedures.command("open")
@click.argument("procedure_id")
@click.option("--client", "client_id", required=True, help="The tool whose vote it is; nobody else gets its keys.")
@click.option("--title", required=True, help="What citizens read on the consent page.")
@click.option("--last-day", type=click.DateTime(["%Y-%m-%d"]), help="Over with the end of this day in Germany; without it you close it.")
def open_procedure(procedure_id: str, client_id: str, title: str, last_day: datetime | None) -> None:
    """Open a procedure. Tools name it in the scope `voting:<id>`."""
    closes_at = (last_day + timedelta(days=1)).replace(tzinfo=GERMANY) if last_day else None
    opened = _holding().open(procedure_id, client_id, title, closes_at)
    click.echo(f"{opened.id} is open for {opened.client_id}; the tool asks for the scope voting:{opened.id}")


@procedures.command()
@click.argument("procedure_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def close(procedure_id: str, yes: bool) -> None:
    """Close a procedure and destroy its key and all its vote keys. Says first what that means."""
    holding = _holding()
    found = holding.find(procedure_id)
    if not yes:
        click.echo(_DESTROYS.format(id=found.id, title=found.title))
        click.confirm("Close it?", abort=True)
    done = holding.close(procedure_id)
    click.echo(f"{procedure_id} is closed; its keys are destroyed." if done else f"{procedure_id} was closed before; nothing changed.")


@procedures.command("list")
def list_procedures() -> None:
    """Show all procedures: state, tool, title and times."""
    found = _holding().list()
    for one in found:
        ended, due = one.closed_at, one.closes_at
        state = f"closed {ended:%Y-%m-%d %H:%M}" if ended else f"open until {due:%Y-%m-%d %H:%M}" if due else "open"
        click.echo(f"{one.id}  {one.client_id}  {one.title!r}  {state}{' UTC' if ended or due else ''}")
    if not found:
        click.echo("There is no procedure yet.")


@procedures.command()
@click.argument("procedure_id")
def review(procedure_id: str) -> None:
    """Show vote keys that several accounts share: one person with several accounts, or two of the same name and birthday."""
    found = _holding().review(procedure_id)
    for one in found:
        click.echo(f"{one.key}  {one.accounts} accounts, first {one.first_at:%Y-%m-%d %H:%M}, last {one.last_at:%Y-%m-%d %H:%M} UTC")
    if not found:
        click.echo("No vote key is shared; nothing to look at.")


def _holding() -> HoldingProcedures:
    stores = open_stores(load_settings())
    return HoldingProcedures(stores.procedures, stores.clients, utc_now)
