"""Citizen IDs while the broker runs: `providers list`, `disable`, `enable` and `notice`."""

from __future__ import annotations

from datetime import datetime

import click

from broker.config import load_settings
from broker.core.provider import IdentityProvider, Trouble, TroubleSource
from broker.core.transforms import GERMANY
from broker.duties import build_watching

_TIME = "%Y-%m-%dT%H:%M"
_KNOWN_BY = {TroubleSource.SIGN_INS: "sign-ins fail", TroubleSource.LOOK: "nobody answers there", TroubleSource.NOTICE: "notice"}


@click.group()
def providers() -> None:
    """Citizen IDs: whether they work, and what citizens are told when they do not. What they are stands in realm-config/."""


@providers.command("list")
def list_providers() -> None:
    """Show every citizen ID and whether it can be used right now."""
    watching = build_watching(load_settings())
    found = watching.providers.all()
    troubles = watching.known(one.alias for one in found)
    for one in found:
        click.echo(f"{one.alias:10}  {_state(one):12}  {_told(troubles.get(one.alias))}".rstrip())
    if not found:
        click.echo("There is no citizen ID; run: broker realm apply")


@providers.command()
@click.argument("alias")
def disable(alias: str) -> None:
    """Switch a citizen ID off at once: no sign-in, also none that is under way, and no token for who came by it.

    It stays off, whatever `realm apply` writes, until it is enabled.
    """
    build_watching(load_settings()).switch(alias, off=True)
    click.echo(f"{alias} is switched off; within five seconds every process knows. Back on: broker providers enable {alias}")


@providers.command()
@click.argument("alias")
def enable(alias: str) -> None:
    """Let a citizen ID that was switched off be used again, if its file allows it."""
    build_watching(load_settings()).switch(alias, off=False)
    click.echo(f"{alias} is no longer switched off.")


@providers.command()
@click.argument("alias")
@click.option("--down-until", type=click.DateTime([_TIME]), help="Until when, German time, e.g. 2026-12-01T06:00.")
@click.option("--text", default="", help="What citizens are told besides, in German.")
@click.option("--text-en", default="", help="The same in English.")
@click.option("--text-leicht", default="", help="The same in Leichte Sprache.")
@click.option("--end", is_flag=True, help="Take the notice back.")
def notice(alias: str, down_until: datetime | None, text: str, text_en: str, text_leicht: str, end: bool) -> None:
    """Tell citizens that a citizen ID is out of order. They may still try it; the others are offered first."""
    watching = build_watching(load_settings())
    if end:
        click.echo("The notice is taken back." if watching.withdraw(alias) else f"There was no notice about {alias}.")
        return
    if down_until is None:
        raise click.UsageError("say until when: --down-until, or --end to take a notice back")
    texts = {"de": text.strip(), "en": text_en.strip(), "de-leicht": text_leicht.strip()}
    watching.announce(alias, down_until.replace(tzinfo=GERMANY), {locale: said for locale, said in texts.items() if said})
    click.echo(f"Until {down_until:%d.%m.%Y %H:%M} citizens are told that {alias} is out of order.")


def _state(provider: IdentityProvider) -> str:
    if provider.switched_off:
        return "switched off"
    return "enabled" if provider.enabled else "disabled"


def _told(trouble: Trouble | None) -> str:
    if trouble is None:
        return ""
    until = f", until {trouble.until.astimezone(GERMANY):%d.%m.%Y %H:%M}" if trouble.until else ""
    return f"out of order since {trouble.since.astimezone(GERMANY):%d.%m.%Y %H:%M} ({_KNOWN_BY[trouble.source]}){until}"
