"""The realm as code: `realm plan`, `realm apply` and `realm drift`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from broker.app import open_database
from broker.claim_table import FILE_NAME as CLAIM_TABLE
from broker.claim_table import load_claim_table
from broker.cli.claims import changing_claims
from broker.cli.keycloak_access import keycloak_access
from broker.config import ROOT, load_settings
from broker.core.errors import ConfigurationError
from broker.core.provider import IdentityProvider
from broker.flows.changing_claims import refuse_losses
from broker.store.providers import Providers
from broker.upstream.keycloak_connection import KeycloakConnection
from broker.upstream.realm import RealmReconciler
from broker.upstream.realm_files import load_identity_providers, load_realm_config

EXIT_DRIFT = 2


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the description is, and where the Keycloak is that should be like it."""

    folder: Path
    environment: str
    keycloak_url: str | None

    def reconciler(self) -> RealmReconciler:
        """Reads every file before it contacts Keycloak."""
        desired = load_realm_config(self.folder, self.environment, os.environ)
        return RealmReconciler(KeycloakConnection(keycloak_access(self.keycloak_url), desired.name), desired)

    def identity_providers(self) -> list[IdentityProvider]:
        return load_identity_providers(self.folder, self.environment, os.environ)


def _needed(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
    # Not click's own "required": that ends with status 2, which stands for drift here.
    if not value:
        raise ConfigurationError("The environment is not named: use --environment, or set BROKER_ENVIRONMENT.")
    return value


def _about_a_realm(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that all commands here share."""
    for option in (
        click.option("--keycloak-url", envvar="KEYCLOAK_URL", help="Address of Keycloak, e.g. http://localhost:8080 [KEYCLOAK_URL]."),
        click.option(
            "--config-dir",
            default=ROOT / "realm-config",
            type=click.Path(path_type=Path, file_okay=False, exists=True),
            help="Folder of the description (default: realm-config).",
        ),
        click.option(
            "--environment",
            envvar="BROKER_ENVIRONMENT",
            callback=_needed,
            help="Name of a file in environments/, e.g. local [BROKER_ENVIRONMENT].",
        ),
    ):
        command = option(command)
    return command


@click.group()
def realm() -> None:
    """Keycloak's realm of citizens, kept as files in realm-config/.

    The administrator comes from KEYCLOAK_ADMIN_USER and KEYCLOAK_ADMIN_PASSWORD (or KEYCLOAK_ADMIN_PASSWORD_FILE), or is a client of
    realm master: KEYCLOAK_ADMIN_CLIENT_ID and KEYCLOAK_ADMIN_CLIENT_SECRET (or KEYCLOAK_ADMIN_CLIENT_SECRET_FILE).
    """


@realm.command()
@_about_a_realm
def plan(environment: str, config_dir: Path, keycloak_url: str | None) -> None:
    """Show what apply would change; change nothing."""
    _show(_Source(config_dir, environment, keycloak_url).reconciler().plan().lines())


@realm.command()
@_about_a_realm
def drift(environment: str, config_dir: Path, keycloak_url: str | None) -> None:
    """As plan, for a scheduled check: exit status 2 when Keycloak is not as the files say."""
    found = _Source(config_dir, environment, keycloak_url).reconciler().plan()
    _show(found.lines())
    if not found.empty:
        raise SystemExit(EXIT_DRIFT)


@realm.command()
@_about_a_realm
@click.option("--only-broker", is_flag=True, help="Only tell the broker its citizen IDs; for a hub that is not Keycloak.")
def apply(environment: str, config_dir: Path, keycloak_url: str | None, only_broker: bool) -> None:
    """Bring Keycloak and the broker's list of citizen IDs to the described state. Running it twice changes nothing."""
    source = _Source(config_dir, environment, keycloak_url)
    wanted, providers = source.identity_providers(), Providers(open_database(load_settings()))
    # Read before Keycloak is touched: what is refused, or a database that is away, must not leave half of the work done.
    is_current = list(providers.list()) == [each for each in wanted if each.enabled]
    claims, table = changing_claims(load_settings()), load_claim_table(config_dir / CLAIM_TABLE)
    refuse_losses(claims.plan(table))
    if not only_broker:
        applied = source.reconciler().apply()
        _show(
            [*applied.lines, "Keycloak is now as the files say." if applied.changed else "Keycloak is as the files say; nothing changed."]
        )
    if not is_current:
        providers.replace_all(wanted)
    claims.apply(table)
    names = ", ".join(provider.alias for provider in wanted) or "none"
    click.echo(f"Citizen IDs of the broker: {names} ({'nothing changed' if is_current else 'written'}).")


def _show(lines: list[str]) -> None:
    for line in lines:
        click.echo(line)
