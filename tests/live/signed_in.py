"""Somebody who is signed in at the tools of a town by one of all citizen IDs, and whether that is over everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import jwt
from sqlalchemy import text

from broker.opened_stores import Stores, open_stores, utc_now
from broker.upstream.keycloak_connection import KeycloakConnection
from deploy.demo.citizen import Citizen
from tests.journeys.town import Town
from tests.live.all_ids import AllIds
from tests.support.servers import until

PEOPLE = {"bundid": ("erika", "eid"), "sh": ("hanne", "plus"), "muk": ("verein", "elster"), "oidc": ("jasper", "eid")}
WITH_LOGOUT = ("sh", "muk", "oidc")


@dataclass
class SignedIn:
    """A citizen who is signed in at both tools by one citizen ID."""

    town: Town
    ids: AllIds
    alias: str
    citizen: Citizen
    others: frozenset[str] = frozenset()
    """Sessions at Keycloak that other tests left there."""

    def account_url(self, alias: str = "") -> str:
        """Where the citizen ID (or another one) shows whether somebody is signed in there."""
        ids = self.ids
        return {"sh": ids.sh.settings.base_url, "muk": ids.muk.settings.base_url, "oidc": ids.oidc.settings.issuer}[alias or self.alias]

    def is_signed_in_at_account(self, alias: str = "") -> bool:
        """Whether the citizen ID (or another one) still knows the browser."""
        self.citizen.browser.opens(self.account_url(alias))
        return self.citizen.browser.shows("session")

    def is_signed_in_at_tool(self, tool: str) -> bool:
        """Whether the tool itself still knows the browser."""
        self.citizen.browser.opens(f"{self.town.tool_url(tool)}/received")
        return self.citizen.browser.shows("claims")

    def is_known_silently(self) -> bool:
        """Whether the broker lets the citizen into a tool without a page."""
        self.citizen.browser.opens(f"{self.town.tool_url('karte')}/login?silent=1")
        return self.citizen.browser.shows("claims")

    def hub_sessions(self) -> list[str]:
        """Ids of the broker's sessions at Keycloak since this citizen came."""
        admin = self.hub.admin
        client = admin.get_client_id("broker")
        assert client is not None
        return [session["id"] for session in admin.get_client_all_sessions(client) if session["id"] not in self.others]

    def ends_hub_session(self, session: str) -> None:
        """As Keycloak's console does it."""
        self.hub.admin.connection.raw_delete(f"/admin/realms/{self.ids.realm.name}/sessions/{session}")

    @property
    def hub(self) -> KeycloakConnection:
        return KeycloakConnection(self.ids.realm.access, self.ids.realm.name)

    def hub_token_is_over(self) -> bool:
        """Whether the ID token by which the broker will end Keycloak's session has expired."""
        with opened(self.town) as stores:
            row = stores.database.one(text("SELECT session_id FROM sessions WHERE ended_at IS NULL"))
            session = stores.sessions.find(row.session_id) if row else None
        assert session is not None
        claims = jwt.decode(session.upstream_id_token or "", options={"verify_signature": False})
        return utc_now().timestamp() > float(claims["exp"])

    def runs_out_of_time(self) -> None:
        """As if the session had begun half a day ago."""
        with opened(self.town) as stores:
            stores.database.run(text("UPDATE sessions SET expires_at = created_at WHERE ended_at IS NULL"))
        self.town.worker_runs()

    def has_ended_everywhere(self) -> None:
        """At the broker, at Keycloak, at whatever citizen ID there is, for every token, and at both tools once the worker has told them."""
        self.citizen.browser.opens(f"{self.ids.place.callback.broker_url}/signed-out")
        self.town.worker_runs()
        assert not any(self.is_signed_in_at_tool(tool) for tool in self.town.tools)
        until(self._worker_finds_nothing_open, 30, "Keycloak to end its session")
        for alias in WITH_LOGOUT:
            until(lambda alias=alias: not self.is_signed_in_at_account(alias), 30, f"{alias} to hear of the sign-out")
        self.citizen.browser.opens(f"{self.town.tool_url('karte')}/login?silent=1")
        self.citizen.is_told("login_required")
        assert self.grants_left() == 0
        with opened(self.town) as stores:
            assert stores.outbox.pending()[0] == 0

    def _worker_finds_nothing_open(self) -> bool:
        """Where nobody waited for Keycloak the worker tells it, a few seconds after the end."""
        self.town.worker_runs()
        return not self.hub_sessions()

    def sub(self) -> str:
        """What the first tool calls the citizen."""
        self.citizen.browser.opens(f"{self.town.tool_url('karte')}/received")
        return str(self.citizen.received()["sub"])

    def grants_left(self) -> int:
        """Grants that still stand."""
        with opened(self.town) as stores:
            row = stores.database.one(text("SELECT count(*) AS standing FROM grants WHERE revoked_at IS NULL"))
            return int(row.standing) if row else 0


@contextmanager
def opened(town: Town) -> Iterator[Stores]:
    """The broker's stores, as another process of its opens them."""
    stores = open_stores(town.settings)
    try:
        yield stores
    finally:
        stores.close()
