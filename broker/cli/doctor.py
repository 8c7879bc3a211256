"""`broker doctor`: looks at settings, stores, Keycloak and clock and says what is wrong in one sentence each."""

from __future__ import annotations

import click

from broker.app import build_examination
from broker.config import load_settings


@click.command()
def doctor() -> None:
    """Check everything the broker needs. Exit status 1 when something is broken; warnings do not count."""
    broken = False
    for finding in build_examination(load_settings()).findings():
        broken = broken or finding.mark == "x"
        click.echo(f"{finding.mark} {finding.sentence}")
    if broken:
        raise SystemExit(1)
