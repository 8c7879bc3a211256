"""The broker's side of a hub and a citizen in front of it, without the broker around."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from broker.claim_table import load_claim_table
from broker.core.ports import UpstreamProof, UpstreamRedirect, UpstreamRequest
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from broker.upstream.discovery import Discovery
from broker.upstream.hub_connection import HubConnection
from broker.upstream.hub_signature import HubSignature
from broker.upstream.id_token import IdTokenCheck
from broker.upstream.keycloak_login import HubClient, KeycloakLogin
from broker.upstream.logout_token import LogoutTokenCheck
from deploy.demo.citizen import Citizen
from deploy.demo.citizen_browser import Lost
from tests.live.hub_places import SECRET, HubPlace
from tests.support.realm_config import REALM_CONFIG

TABLE = load_claim_table(REALM_CONFIG / "claim-table.yaml")


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Hub:
    """The broker's side of a hub, and a citizen who signs in at one citizen ID."""

    place: HubPlace
    citizen: Citizen
    alias: str = "bundid"

    def __post_init__(self) -> None:
        connection = HubConnection(deadline=60)  # a Keycloak that has just started on a busy machine is slow
        self.close = connection.close
        discovery = Discovery(connection, self.place.issuer)
        signature = HubSignature(discovery, ("ES256",))
        checks = (kind(signature, self.place.issuer, "broker", now) for kind in (IdTokenCheck, LogoutTokenCheck))
        client = HubClient("broker", SECRET, f"{self.place.callback.broker_url}/callback")
        self.login = KeycloakLogin(client, connection, discovery, *checks, TABLE, now)

    def sends(self, trust: TrustLevel = TrustLevel.BASIC, claims: tuple[str, ...] | None = None) -> tuple[UpstreamRedirect, UpstreamProof]:
        """The citizen is sent to the citizen ID; the proof to hold the answer against."""
        redirect = self.login.begin(UpstreamRequest(self.alias, trust, "de", claims))
        proof = UpstreamProof(self.alias, redirect.nonce, redirect.code_verifier, now())
        self.place.callback.answer = {}
        self.citizen.browser.opens(redirect.url)
        return redirect, proof

    def signs_in(self, person: str, means: str, fault: str = "", **asked: Any) -> UpstreamIdentity:
        _, proof = self.sends(**asked)
        self.citizen.identifies(means, person, fault)
        return self.login.complete(self.answer, proof)

    def is_refused(self, person: str, means: str, fault: str) -> None:
        """The hub does not believe the citizen ID: no code for the broker, and no session in this browser."""
        self.sends()
        with suppress(Lost):  # some refusals lead home to the broker, which is not there
            self.citizen.identifies(means, person, fault)
        assert "code" not in self.answer
        assert self.place.asks_silently(self.citizen.browser)["error"] == "login_required"

    @property
    def answer(self) -> dict[str, str]:
        """The parameters with which the hub sent the citizen back last; empty if it did not."""
        return self.place.callback.answer
