"""`broker doctor`: looks at settings, stores, Keycloak and clock and says what is wrong in one sentence each."""

from __future__ import annotations

import os

import click

from broker.app import build_examination
from broker.cli.keycloak_access import URL, is_named, keycloak_access
from broker.config import load_settings
from broker.flows.examining import BROKEN
from broker.upstream.keycloak_connection import KeycloakConnection
from broker.upstream.realm_admin import RealmAdmin


@click.command()
def doctor() -> None:
    """Check everything the broker needs. Exit status 1 when something is broken; warnings do not count."""
    findings = build_examination(load_settings(), _keycloak_version if is_named() else None).findings()
    for finding in findings:
        click.echo(f"{finding.mark} {finding.sentence}")
    if any(finding.mark == BROKEN for finding in findings):
        raise SystemExit(1)


def _keycloak_version() -> str:
    connection = KeycloakConnection(keycloak_access(os.environ.get(URL)), "master")
    return str(RealmAdmin(connection).server_info().get("systemInfo", {}).get("version", ""))
