"""Accounts of citizens: `accounts show`, `sign-out`, `block`, `unblock` and `erase` (deploy/RUNBOOK.md, "One citizen's account")."""

from __future__ import annotations

import click

from broker.config import load_settings
from broker.core.session import EndedBy
from broker.core.transforms import GERMANY
from broker.duties import build_administering
from broker.flows.overseeing import SessionOverview

_TIME = "%d.%m.%Y %H:%M"
_NAMED: dict[str, object] = {"ignore_unknown_options": True, "help_option_names": ["--help"]}  # a `sub` may begin with a dash
_account = click.argument("account", metavar="ACCOUNT")


@click.group()
def accounts() -> None:
    """One citizen's account, named by its id or by the `sub` that a tool knows. The broker knows nobody's name."""


@accounts.command(context_settings=_NAMED)
@_account
def show(account: str) -> None:
    """Show status, citizen IDs and open sessions. Nothing here says who the person is."""
    found = build_administering(load_settings()).find(account)
    created = found.subject.created_at.astimezone(GERMANY)
    click.echo(f"account {found.subject.id}  {found.subject.status.value}  since {created:{_TIME}}")
    click.echo(f"citizen IDs: {', '.join(found.providers) or 'none'}")
    for overview in found.sessions:
        click.echo(_line(overview))
    if not found.sessions:
        click.echo("signed in nowhere")


@accounts.command("sign-out", context_settings=_NAMED)
@click.argument("account", metavar="[ACCOUNT]", default="")
@click.option("--everybody", is_flag=True, help="Every session of every account, after an incident.")
def sign_out(account: str, everybody: bool) -> None:
    """End every session of the account, here, at the citizen IDs and at all tools."""
    if bool(account) is everybody:
        raise click.UsageError("name an account, or say --everybody")
    administering = build_administering(load_settings())
    ended = administering.overseeing.end_everybody(EndedBy.ADMINISTRATOR) if everybody else administering.sign_out(account)
    click.echo(f"{_sessions(ended)} ended; the worker tells the tools.")


@accounts.command(context_settings=_NAMED)
@_account
def block(account: str) -> None:
    """Sign the account out everywhere and let it in no more, by none of its citizen IDs."""
    ended = build_administering(load_settings()).block(account)
    click.echo(f"The account is blocked; {_sessions(ended)} ended. Back: broker accounts unblock")


@accounts.command(context_settings=_NAMED)
@_account
def unblock(account: str) -> None:
    """Let a blocked account in again."""
    build_administering(load_settings()).unblock(account)
    click.echo("The account may sign in again.")


@accounts.command(context_settings=_NAMED)
@_account
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(account: str, yes: bool) -> None:
    """Erase the account for good (Art. 17 GDPR): links, names and consents go, it is signed out everywhere, every tool is told.

    The person may come back and is then somebody new to every tool.
    """
    administering = build_administering(load_settings())
    found = administering.find(account)
    if not yes:
        click.confirm(f"Erase account {found.subject.id} for good?", abort=True)
    click.echo(f"The account is erased; {_sessions(administering.erase(account))} ended.")


def _line(overview: SessionOverview) -> str:
    one = overview.session
    until, tools = one.expires_at.astimezone(GERMANY), ", ".join(overview.tools) or "no tool"
    return f"  {one.device or 'unknown device'}; by {one.provider_alias}; until {until:{_TIME}}; {tools}"


def _sessions(count: int) -> str:
    return "1 session" if count == 1 else f"{count} sessions"
