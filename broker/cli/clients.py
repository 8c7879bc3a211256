"""Tools as files: `clients plan`, `clients apply` and `clients schema`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from broker.claim_table import load_claim_table
from broker.config import ROOT, load_settings
from broker.flows.fetching import Fetching
from broker.flows.reading_clients import ClientFile
from broker.flows.registering import Registering
from broker.flows.visiting import Visiting
from broker.opened_stores import utc_now
from broker.store.clients import Clients
from broker.store.logos import Logos
from broker.store.providers import Providers
from broker.store.sql import Database

_folder = click.Path(exists=True, file_okay=False, path_type=Path)
_registered = click.option("--folder", type=_folder, default=ROOT / "clients" / "registered", help="One .toml file per tool.")
_presets = click.option("--presets", type=_folder, default=ROOT / "clients" / "presets", help="One .toml file per product.")


@click.group()
def clients() -> None:
    """Registered tools, kept as files (clients/README.md)."""


@clients.command()
@_registered
@_presets
def plan(folder: Path, presets: Path) -> None:
    """Show what apply would change. Exit status 2 when there is something to change."""
    changes = _registering().plan(folder, presets)
    _tell(changes.lines())
    if not changes.empty:
        raise SystemExit(2)


@clients.command()
@_registered
@_presets
def apply(folder: Path, presets: Path) -> None:
    """Register, change and suspend tools as the files say. A secret that is made is shown now and never again."""
    applied = _registering().apply(folder, presets)
    _tell(applied.plan.lines())
    for note in applied.notes:
        click.echo(note)
    for client_id, secret in applied.secrets.items():
        click.echo(f"\nSecret of {client_id} (shown once, give it to the tool's operator):\n  {secret}")


@clients.command()
def schema() -> None:
    """Print the JSON Schema of a tool's file (kept as clients/client.schema.json; editors complete keys with it)."""
    click.echo(json.dumps(ClientFile.model_json_schema(), indent=2, ensure_ascii=False))


def _registering() -> Registering:
    settings = load_settings()
    database = Database(settings.database_url.get_secret_value())
    table = load_claim_table(settings.claim_table)
    visiting = Visiting(Fetching(settings.outbound_private_hosts), Logos(database), utc_now)
    return Registering(Clients(database), Providers(database), table, settings.keys.pepper, os.environ, visiting.logo)


def _tell(lines: list[str]) -> None:
    for line in lines or ["Files and registered tools agree; nothing to change."]:
        click.echo(line)
