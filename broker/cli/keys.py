"""Signing keys: `keys list` and `keys rotate`."""

from __future__ import annotations

import click

from broker.app import build_rotating
from broker.config import load_settings


@click.group()
def keys() -> None:
    """Keys that sign ID tokens and logout tokens."""


@keys.command("list")
def list_keys() -> None:
    """Show every key with its state; never a private part."""
    for key in build_rotating(load_settings()).list():
        click.echo(f"{key.state:8} {key.algorithm:6} {key.kid}  since {key.activate_at:%Y-%m-%d %H:%M} UTC")


@keys.command()
@click.option("--if-missing", is_flag=True, help="Only make first keys where there are none.")
def rotate(if_missing: bool) -> None:
    """Make the next keys; the first ones sign at once."""
    rotating = build_rotating(load_settings())
    made = rotating.ensure() if if_missing else rotating.rotate()
    for key in made:
        click.echo(f"{key.state:8} {key.algorithm:6} {key.kid}")
    if not made:
        click.echo("There are active keys; nothing changed.")
