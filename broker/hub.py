"""The side towards Keycloak, wired; apart from the rest because the rest works without it."""

from __future__ import annotations

from broker.config import Settings
from broker.core.claim import ClaimTable
from broker.core.ports import Clock
from broker.upstream.discovery import Discovery
from broker.upstream.hub_connection import HubConnection
from broker.upstream.hub_signature import HubSignature
from broker.upstream.id_token import IdTokenCheck
from broker.upstream.keycloak_login import HubClient, KeycloakLogin
from broker.upstream.logout_token import LogoutTokenCheck


def open_hub(settings: Settings, claim_table: ClaimTable, clock: Clock) -> KeycloakLogin:
    """The side towards Keycloak; it connects when first used."""
    connection = HubConnection()
    discovery = Discovery(connection, settings.hub_issuer, settings.hub_internal_url)
    client = HubClient(settings.hub_client_id, settings.hub_client_secret.get_secret_value(), f"{settings.issuer}/callback")
    signature, parties = HubSignature(discovery, settings.hub_signing_algs), (settings.hub_issuer, settings.hub_client_id)
    checks = IdTokenCheck(signature, *parties, clock), LogoutTokenCheck(signature, *parties, clock)
    return KeycloakLogin(client, connection, discovery, *checks, claim_table, clock)
