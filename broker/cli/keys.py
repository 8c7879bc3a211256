"""Signing keys: `keys list` and `keys rotate`."""

from __future__ import annotations

import click

from broker.config import load_settings
from broker.core.signing_key import ALGORITHMS, NOTICE, SigningKey
from broker.duties import build_rotating
from broker.flows.rotating import Rotating

_BREAKS = """\
Emergency: the keys for {algorithms} are withdrawn and new ones sign in {seconds} seconds, when every process knows them.
What breaks:
  - tools that keep our key set and do not fetch it anew at an unknown key refuse sign-ins until they do, up to a day;
  - ID tokens issued so far are believed no more: signing out with one of them asks the citizen for confirmation first;
  - logouts told to such tools are tried again for a day.
What does not: whoever is signed in stays so, access tokens stay good, nothing is to be entered at any tool.
"""


@click.group()
def keys() -> None:
    """Keys that sign ID tokens and logout tokens."""


@keys.command("list")
def list_keys() -> None:
    """Show every key with its state and times; never a private part."""
    _tell(build_rotating(load_settings()).list())


@keys.command()
@click.option("--if-missing", is_flag=True, help="Only make first keys where there are none.")
@click.option("--alg", "algorithms", multiple=True, type=click.Choice(ALGORITHMS), help="Only for this algorithm; may come again.")
@click.option("--emergency", is_flag=True, help="A key has leaked: withdraw the old ones at once. Says first what breaks.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rotate(if_missing: bool, algorithms: tuple[str, ...], emergency: bool, yes: bool) -> None:
    """Make the next keys. They are shown to tools at once and sign after 25 hours; the very first ones sign at once."""
    rotating, chosen = build_rotating(load_settings()), algorithms or ALGORITHMS
    if emergency and if_missing:
        raise click.UsageError("--emergency and --if-missing do not go together")
    if emergency:
        _replace_leaked(rotating, chosen, yes)
        return
    made = rotating.ensure(chosen) if if_missing else rotating.rotate(chosen)
    _tell(made)
    if not made:
        click.echo("There are keys already, active or waiting; nothing changed.")


def _replace_leaked(rotating: Rotating, algorithms: tuple[str, ...], yes: bool) -> None:
    click.echo(_BREAKS.format(algorithms=", ".join(algorithms), seconds=int(NOTICE.total_seconds())))
    if not yes:
        click.confirm("Withdraw them?", abort=True)
    _tell(rotating.replace_leaked(algorithms))


def _tell(keys: tuple[SigningKey, ...]) -> None:
    for key in keys:
        end = f" to {key.retire_at:%Y-%m-%d %H:%M:%S}" if key.retire_at else ""
        click.echo(f"{key.state:9} {key.algorithm:7} {key.kid}  signs from {key.activate_at:%Y-%m-%d %H:%M:%S}{end} UTC")
