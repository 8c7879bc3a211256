"""The command line, `broker ...`: one door, one module per group of commands.

Owns reading arguments and telling people what happened in plain sentences; wires the same parts as `app.py` does. Owns no rule: what a
command does lives in the flows. An error of the family ends with its sentence and exit status 1, never with a trace.
"""

from __future__ import annotations

import click

from broker.cli import invitations as invitations  # its commands join those of `clients`
from broker.cli.accounts import accounts
from broker.cli.claims import claims
from broker.cli.clients import clients
from broker.cli.deliveries import deliveries
from broker.cli.doctor import doctor
from broker.cli.errors import errors
from broker.cli.keys import keys
from broker.cli.procedures import procedures
from broker.cli.processes import migrate, serve, worker
from broker.cli.providers import providers
from broker.cli.realm import realm
from broker.cli.vouchers import vouchers
from broker.core.errors import BrokerError


class _Door(click.Group):
    """Turns the error family into sentences."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokerError as error:
            raise click.ClickException(f"{error.detail} [{error.code}]") from None


@click.group(cls=_Door, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The participation broker: one sign-in for all participation tools of a city."""


for command in (
    serve,
    worker,
    migrate,
    realm,
    providers,
    claims,
    clients,
    procedures,
    vouchers,
    keys,
    errors,
    doctor,
    deliveries,
    accounts,
):
    main.add_command(command)
