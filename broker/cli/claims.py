"""The claim table and what it makes of a sign-in: `claims explain`, `plan`, `apply` and `docs`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click

from broker.claim_docs import claims_page
from broker.claim_table import FILE_NAME, load_claim_table
from broker.config import ROOT, Settings, load_settings
from broker.core.claim import ClaimTable
from broker.core.errors import ConfigurationError
from broker.core.recording import RecordedSignIn
from broker.core.transforms import GERMANY
from broker.flows.changing_claims import ChangingClaims
from broker.flows.explaining import Explaining, ToolExplanation
from broker.flows.releasing import Releasing
from broker.opened_stores import open_database, utc_now
from broker.store.applied_claims import AppliedClaims
from broker.store.clients import Clients
from broker.store.providers import Providers
from broker.upstream.recording import LARGEST_RECORDING, read_recorded_sign_in

_table = click.option(
    "--claim-table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another claim table than the one in use, to try it out.",
)


@click.group()
def claims() -> None:
    """The one table of claims (realm-config/claim-table.yaml): try it on recorded sign-ins, see what a change of it does, apply it."""


@claims.command()
@click.option("--provider", required=True, help="Alias of the citizen ID the recording comes from, e.g. bundid.")
@_table
@click.option("--tool", help="Only this tool (client id).")
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%d"]), help="Judge ages and dates as of this day (German time) instead of the recording's own."
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.argument("recording", type=click.File("rb"), default="-")
def explain(provider: str, claim_table: Path | None, tool: str | None, at: datetime | None, as_json: bool, recording: BinaryIO) -> None:
    """What each registered tool would get of a recorded sign-in, and why it gets each claim or does not.

    RECORDING (standard input if not named) is a SAML response or assertion, an ID token or its claims, or the `upstream` note of the
    hub's ID token. Its signature is not looked at. Nothing is stored.
    """
    settings = load_settings()
    table, database = load_claim_table(claim_table or settings.claim_table), open_database(settings)
    known = Providers(database).find(provider)
    _check_alias(provider, table)
    moment = at.replace(hour=12, tzinfo=GERMANY) if at else None
    recorded = read_recorded_sign_in(_text(recording.read(LARGEST_RECORDING * 4)), table, provider, moment, utc_now())
    tools = [one for one in Clients(database).list() if tool in (None, one.client_id)]
    if tool and not tools:
        raise ConfigurationError(f"There is no tool {tool!r}; `broker clients list` names them.")
    found = Explaining(Releasing(table)).explain(recorded, known, tools, recorded.identity.authenticated_at)
    if as_json:
        click.echo(json.dumps(_as_json(recorded, found), indent=2, ensure_ascii=False))
        return
    for line in _lines(recorded, found, known is not None):
        click.echo(line)


@claims.command()
@_table
def plan(claim_table: Path | None) -> None:
    """Show what differs from the table applied last, and which tools would lose a required claim. Exit status 2 when something differs."""
    settings = load_settings()
    change = changing_claims(settings).plan(load_claim_table(claim_table or settings.claim_table))
    _tell(change.differences)
    for loss in change.losses:
        click.echo(f"! {loss}")
    if not change.empty:
        raise SystemExit(2)


@claims.command()
@_table
def docs(claim_table: Path | None) -> None:
    """Print the documentation of claims for people who run tools (kept as clients/CLAIMS.md)."""
    click.echo(claims_page(load_claim_table(claim_table or ROOT / "realm-config" / FILE_NAME)), nl=False)


@claims.command()
def apply() -> None:
    """Let the table in the file count. Refused, and nothing changed, if it takes a required claim from a tool that takes part."""
    settings = load_settings()
    _tell(changing_claims(settings).apply(load_claim_table(settings.claim_table)).differences)


def changing_claims(settings: Settings) -> ChangingClaims:
    """The flow that compares and applies claim tables."""
    database = open_database(settings)
    return ChangingClaims(AppliedClaims(database), Clients(database), Providers(database), utc_now)


def _tell(differences: Iterable[str]) -> None:
    for line in tuple(differences) or ("The claim table is the one applied last; nothing to change.",):
        click.echo(line)


def _check_alias(alias: str, table: ClaimTable) -> None:
    if not table.mappings_of(alias):
        known = sorted({name for row in table.definitions.values() for name in row.mappings})
        raise ConfigurationError(f"The claim table takes nothing from {alias!r}; it knows {', '.join(known)}.")


def _text(recorded: bytes) -> str:
    try:
        return recorded.decode()
    except UnicodeDecodeError:
        raise ConfigurationError("The recording cannot be used: it is not UTF-8 text.") from None


def _lines(recorded: RecordedSignIn, found: list[ToolExplanation], known: bool) -> Iterator[str]:
    identity = recorded.identity
    methods = " ".join(identity.amr) or "unknown means"
    yield f"{identity.provider_alias}: level {identity.trust.word}, {methods}, {identity.authenticated_at.isoformat(timespec='seconds')}"
    if not known:
        yield "The broker has no such citizen ID on record (`broker realm apply`): its ceiling and the tools' lists are not looked at."
    for one in found:
        yield ""
        yield f"{one.client.name} ({one.client.client_id})" + (f": {one.refused}" if one.refused else "")
        for claim in one.claims:
            yield _line(claim.name, claim.value, claim.reason)
    if not found:
        yield "No tool takes part."


def _line(name: str, value: object, reason: str) -> str:
    shown = "" if value is None else json.dumps(value, ensure_ascii=False) + "   "
    return f"  {'-' if value is None else '+'} {name:<22} {shown}{reason}"


def _as_json(recorded: RecordedSignIn, found: list[ToolExplanation]) -> dict[str, object]:
    identity = recorded.identity
    tools = {
        one.client.client_id: {
            "refused": one.refused or None,
            "claims": {claim.name: {"value": claim.value, "reason": claim.reason} for claim in one.claims},
        }
        for one in found
    }
    return {"provider": identity.provider_alias, "level": identity.trust.word, "amr": list(identity.amr), "tools": tools}
