"""The realm as code: `realm plan`, `realm apply` and `realm drift`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from broker.upstream.person_keys import refuse_key_changes
from broker.upstream.realm import RealmReconciler
from broker.upstream.realm_files import load_identity_providers, load_realms
from broker.upstream.realm_plan import Plan

EXIT_DRIFT = 2


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the description is, and where the Keycloak is that should be like it."""

    folder: Path
    environment: str
    keycloak_url: str | None

    def reconcilers(self) -> list[RealmReconciler]:
        """One for each realm. Reads every file before it contacts Keycloak."""
        realms, access = load_realms(self.folder, self.environment, os.environ), keycloak_access(self.keycloak_url)
        return [RealmReconciler(KeycloakConnection(access, desired.name), desired) for desired in realms]

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
    """Keycloak's realms, kept as files in realm-config/: citizens, and those that stand behind a citizen ID of our own.

    The administrator comes from KEYCLOAK_ADMIN_USER and KEYCLOAK_ADMIN_PASSWORD (or KEYCLOAK_ADMIN_PASSWORD_FILE), or is a client of
    realm master: KEYCLOAK_ADMIN_CLIENT_ID and KEYCLOAK_ADMIN_CLIENT_SECRET (or KEYCLOAK_ADMIN_CLIENT_SECRET_FILE).
    """


@realm.command()
@_about_a_realm
def plan(environment: str, config_dir: Path, keycloak_url: str | None) -> None:
    """Show what apply would change; change nothing."""
    _show({name: found.lines() for name, found in _plans(_Source(config_dir, environment, keycloak_url).reconcilers()).items()})


@realm.command()
@_about_a_realm
def drift(environment: str, config_dir: Path, keycloak_url: str | None) -> None:
    """As plan, for a scheduled check: exit status 2 when Keycloak is not as the files say."""
    found = _plans(_Source(config_dir, environment, keycloak_url).reconcilers())
    _show({name: each.lines() for name, each in found.items()})
    if not all(each.empty for each in found.values()):
        raise SystemExit(EXIT_DRIFT)


@realm.command()
@_about_a_realm
@click.option("--new-keys", multiple=True, metavar="ALIAS", help="Let a changed entityID of this citizen ID make everybody a new person.")
@click.option("--only-broker", is_flag=True, help="Only tell the broker its citizen IDs; for a hub that is not Keycloak.")
def apply(environment: str, config_dir: Path, keycloak_url: str | None, only_broker: bool, new_keys: tuple[str, ...]) -> None:
    """Bring Keycloak and the broker's list of citizen IDs to the described state. Running it twice changes nothing."""
    source = _Source(config_dir, environment, keycloak_url)
    wanted, providers = source.identity_providers(), Providers(open_database(load_settings()))
    # Read before Keycloak is touched: what is refused, or a database that is away, must not leave half of the work done.
    found = providers.all()
    is_current = [replace(each, switched_off=False) for each in found] == wanted
    claims, table = changing_claims(load_settings()), load_claim_table(config_dir / CLAIM_TABLE)
    refuse_losses(claims.plan(table))
    if not only_broker:
        _apply_all(source.reconcilers(), new_keys)
    if not is_current:
        providers.replace_all(wanted)
    claims.apply(table)
    names = ", ".join(provider.alias for provider in wanted) or "none"
    click.echo(f"Citizen IDs of the broker: {names} ({'nothing changed' if is_current else 'written'}).")
    for each in found:
        if each.switched_off and each.alias in {one.alias for one in wanted}:
            click.echo(f"! {each.alias} stays switched off; to let it be used: broker providers enable {each.alias}")


def _plans(reconcilers: list[RealmReconciler]) -> dict[str, Plan]:
    return {each.name: each.plan() for each in reconcilers}


def _apply_all(reconcilers: list[RealmReconciler], new_keys: tuple[str, ...]) -> None:
    for planned in _plans(reconcilers).values():  # what is refused for any realm is told before the first is touched
        refuse_key_changes(planned.key_changes, new_keys)
    applied = {each.name: each.apply(new_keys) for each in reconcilers}
    _show({name: each.lines for name, each in applied.items()})
    changed = any(each.changed for each in applied.values())
    click.echo("Keycloak is now as the files say." if changed else "Keycloak is as the files say; nothing changed.")


def _show(found: Mapping[str, Sequence[str]]) -> None:
    """The lines of each realm, below its name where there are several."""
    for name, lines in found.items():
        if len(found) > 1 and lines:
            click.echo(f"Realm {name}:")
        for line in lines:
            click.echo(line)
