"""Tools that register themselves: `clients invite`, `withdraw`, `list`, `approve` and `suspend`."""

from __future__ import annotations

import click

from broker.app import build_inviting
from broker.cli.clients import clients
from broker.config import load_settings
from broker.flows.inviting import Terms


@clients.command()
@click.option("--label", required=True, help="For whom; shown in lists, and the name to withdraw it by.")
@click.option("--uses", default=1, show_default=True, type=click.IntRange(1, 100_000), help="How many tools may come with it.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3650), help="How long it is good.")
@click.option("--live", is_flag=True, help="Its tools meet real citizens at once; otherwise they wait in the sandbox for approval.")
@click.option("--oidc-basic", is_flag=True, help="Its confidential tools may do without PKCE and get e-mail addresses nobody confirmed.")
@click.option("--public-subject", is_flag=True, help="Its tools may ask to know citizens by a number that other tools know too.")
def invite(label: str, uses: int, days: int, live: bool, oidc_basic: bool, public_subject: bool) -> None:
    """Make an initial access token (RFC 7591). It is shown now and never again."""
    token = build_inviting(load_settings()).invite(Terms(label, uses, days, live, oidc_basic, public_subject))
    click.echo(f"Initial access token of {label!r}, good for {uses} registration(s) within {days} day(s):\n  {token}")


@clients.command()
@click.argument("label")
def withdraw(label: str) -> None:
    """Let nobody come with the invitations of this label any more. Who came already stays."""
    count = build_inviting(load_settings()).withdraw(label)
    click.echo(f"{count} invitation(s) withdrawn." if count else "No invitation of this label could be used any more.")


@clients.command("list")
def list_clients() -> None:
    """Show all tools: status, by what they were registered, and where they lead."""
    found = build_inviting(load_settings()).list()
    for client in found:
        click.echo(f"{client.status:9} {client.managed_by:4} {client.client_id}  {client.name!r}  {' '.join(client.redirect_uris)}")
    if not found:
        click.echo("There is no tool yet.")


@clients.command()
@click.argument("client_id")
@click.option("--operator", default="", help="Who runs it, as citizens are told; without it they read the host.")
def approve(client_id: str, operator: str) -> None:
    """Let a tool that registered itself meet real citizens, as it is now."""
    client = build_inviting(load_settings()).approve(client_id, operator)
    click.echo(f"{client.client_id} is live: {client.name!r}, run by {client.operator.name!r}.")


@clients.command()
@click.argument("client_id")
def suspend(client_id: str) -> None:
    """No sign-in and no token any more for a tool that registered itself; all that citizens granted it ends."""
    client = build_inviting(load_settings()).suspend(client_id)
    click.echo(f"{client.client_id} is suspended. `broker clients approve` lets it in again.")
