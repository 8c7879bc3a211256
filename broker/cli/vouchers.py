"""Codes for those without a citizen ID: `vouchers make`, `list` and `withdraw`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from broker.app import build_handing_out
from broker.cli.voucher_sheet import new_sheet, sheet
from broker.config import load_settings
from broker.flows.handing_out import MOST_CODES, VoucherTerms


@click.group()
def vouchers() -> None:
    """Codes that a school, a registry office or an event hands out, so that people without a citizen ID can take part."""


@vouchers.command()
@click.option("--label", required=True, help="For whom, e.g. 'Gymnasium am See, Klasse 9'; stands on the sheet and in lists.")
@click.option("--count", required=True, type=click.IntRange(1, MOST_CODES), help="How many codes.")
@click.option("--municipality", default="", help="Its holders live here: official key (AGS) of eight digits, e.g. 01003000.")
@click.option("--age-over", type=int, help="Its holders have reached this age, e.g. 14.")
@click.option("--age-band", default="", help="Its holders are in this band of ages, e.g. 14-17.")
@click.option("--valid-until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Last day, for the codes and for what they say.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The sheet to print, as an HTML file that is not there yet.")
def make(label: str, count: int, municipality: str, age_over: int | None, age_band: str, valid_until: datetime, out: Path) -> None:
    """Make a batch of codes and the sheet to print. The codes are on the sheet and nowhere else."""
    settings = load_settings()
    terms = VoucherTerms(label, count, valid_until.date(), municipality, age_over, age_band)
    with new_sheet(out) as write:
        made = build_handing_out(settings).make(terms, lambda made: write(sheet(made, settings.issuer, settings.site_name)))
    click.echo(f"{count} code(s) for {made.batch.label!r} are on {out}, good until {valid_until:%d.%m.%Y}; batch {made.batch.id}.")
    click.echo("Print it, hand out the slips, delete the file: the codes can never be shown again.")


@vouchers.command("list")
def list_batches() -> None:
    """Show all batches: how many codes were made and redeemed, never a code and never by whom."""
    handing_out = build_handing_out(load_settings())
    found = handing_out.list()
    for one in found:
        batch = one.batch
        state = "withdrawn" if batch.withdrawn_at else "over" if batch.over(handing_out.clock()) else "good"
        says = " ".join(filter(None, (batch.municipality, *(f"{age}+" for age in batch.age_over), batch.age_band))) or "nothing"
        click.echo(f"{batch.id}  {state:9}  {one.redeemed}/{one.made} redeemed  says: {says}  {batch.label!r}")
    if not found:
        click.echo("There is no batch.")


@vouchers.command()
@click.argument("batch_id")
def withdraw(batch_id: str) -> None:
    """Let no code of a batch be good any more, and end the sign-ins that rest on one. Accounts stay."""
    ended = build_handing_out(load_settings()).withdraw(batch_id)
    click.echo(f"Batch {batch_id} is withdrawn; {ended} sign-in(s) that rested on it ended.")
