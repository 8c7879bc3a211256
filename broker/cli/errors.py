"""`broker errors`: the public catalogue of errors, written from the error family."""

from __future__ import annotations

import click

from broker.web.errors_catalogue import catalogue


@click.command()
def errors() -> None:
    """Print every error: code, status, protocol word and what an operator should know (kept as broker/web/ERRORS.md)."""
    click.echo(catalogue(), nl=False)
