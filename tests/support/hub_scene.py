"""A sign-in at a stub of the hub: begun, and answered with whatever a test wants the hub to say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from broker.claim_table import load_claim_table
from broker.config import ROOT
from broker.core.ports import UpstreamProof
from broker.core.subject import UpstreamIdentity
from broker.upstream.discovery import Discovery
from broker.upstream.hub_connection import HubConnection
from broker.upstream.hub_signature import HubSignature
from broker.upstream.id_token import IdTokenCheck
from broker.upstream.keycloak_login import HubClient, KeycloakLogin
from broker.upstream.logout_token import LogoutTokenCheck
from tests.support.clock import Clock
from tests.support.stub_hub import StubHub, erika, running_hub

TABLE = load_claim_table(ROOT / "realm-config" / "claim-table.yaml")
CLIENT = HubClient("broker", "hub secret:+%", "https://broker.test/callback")


@dataclass
class HubScene:
    """A sign-in that was begun, and what the hub will say to it."""

    hub: StubHub
    clock: Clock
    deadline: float = 5.0

    def __post_init__(self) -> None:
        connection = HubConnection(self.deadline)
        discovery = Discovery(connection, self.hub.issuer)
        signature = HubSignature(discovery, ("ES256",))
        checks = (kind(signature, self.hub.issuer, "broker", self.clock) for kind in (IdTokenCheck, LogoutTokenCheck))
        self.close = connection.close
        self.login = KeycloakLogin(CLIENT, connection, discovery, *checks, TABLE, self.clock)
        self.proof = UpstreamProof("bundid", "nonce", "v" * 43, self.clock())
        self.clock.advance(seconds=5)

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.clock().timestamp())
        usual = {"iss": self.hub.issuer, "aud": "broker", "azp": "broker", "sub": "lightweight-1", "sid": "hub-session", "nonce": "nonce"}
        usual |= {"exp": now + 60, "iat": now, "auth_time": now, "up_idp": "bundid", "up_principal": "bpk2-of-erika", "upstream": erika()}
        return {name: value for name, value in (usual | changes).items() if value is not ...}

    def completes(self, **changes: Any) -> UpstreamIdentity:
        self.hub.signs(self.claims(**changes))
        return self.answered()

    def answered(self, **answer: str) -> UpstreamIdentity:
        return self.login.complete({"code": "code", "state": "state", "iss": self.hub.issuer} | answer, self.proof)


@pytest.fixture
def hub_scene(clock: Clock) -> Iterator[HubScene]:
    with running_hub() as hub:
        made = HubScene(hub, clock)
        yield made
        made.close()
