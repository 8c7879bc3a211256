"""Sign-out from everywhere, at every kind of citizen ID, with a real Keycloak: whoever begins it, everything has ended (LO-03, A-34).

Six places where it begins, four kinds of citizen IDs. After each the broker and Keycloak know nobody in this browser, the citizen ID has
ended its session where it has a logout, no grant is left, and both tools have signed the citizen out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import jwt
import pytest
from sqlalchemy import text

from broker.duties import build_administering
from broker.opened_stores import Stores, open_stores, utc_now
from broker.upstream.keycloak_connection import KeycloakConnection
from broker.upstream.realm_files import load_identity_providers
from deploy.demo.citizen import Citizen
from tests.journeys.town import Town, town_behind
from tests.live.all_ids import AllIds
from tests.support.app import settings
from tests.support.realm_config import ENVIRON
from tests.support.servers import until
from tests.support.services import RedisServer, migrate_at

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

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

    @property
    def account_url(self) -> str:
        """Where the citizen ID shows whether somebody is signed in there."""
        ids = self.ids
        return {"sh": ids.sh.settings.base_url, "muk": ids.muk.settings.base_url, "oidc": ids.oidc.settings.issuer}[self.alias]

    def is_signed_in_at_account(self) -> bool:
        """Whether the citizen ID still knows the browser."""
        self.citizen.browser.opens(self.account_url)
        return self.citizen.browser.shows("session")

    def is_signed_in_at_tool(self, tool: str) -> bool:
        """Whether the tool itself still knows the browser."""
        self.citizen.browser.opens(f"{self.town.tool_url(tool)}/received")
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
        """At the broker, at Keycloak, at the citizen ID, for every token, and at both tools once the worker has told them."""
        self.citizen.browser.opens(f"{self.ids.place.callback.broker_url}/signed-out")
        self.town.worker_runs()
        assert not any(self.is_signed_in_at_tool(tool) for tool in self.town.tools)
        until(lambda: not self.hub_sessions(), 30, "Keycloak to end its session")
        if self.alias in WITH_LOGOUT:
            until(lambda: not self.is_signed_in_at_account(), 30, "the citizen ID to hear of the sign-out")
        self.citizen.browser.opens(f"{self.town.tool_url('karte')}/login?silent=1")
        self.citizen.is_told("login_required")
        assert self.grants_left() == 0
        with opened(self.town) as stores:
            assert stores.outbox.pending()[0] == 0

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


@pytest.fixture(scope="module")
def town(ids: AllIds, tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Town]:
    """A broker and two tools in front of the real Keycloak. The tools ask for nothing that a citizen ID might lack."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "clients").mkdir()
    url = f"sqlite:///{folder / 'broker.sqlite'}"
    migrate_at(url)
    providers = load_identity_providers(ids.realm.config.folder, "local", ids.environ, ids.metadata)
    chosen = settings(
        url,
        redis_server.url,
        issuer=ids.place.callback.broker_url,
        hub_issuer=ids.place.issuer,
        hub_client_secret=ENVIRON["BROKER_HUB_CLIENT_SECRET"],
    )
    with town_behind(ids.place.callback, chosen, providers, folder / "clients", demanding=False) as built:
        yield built


@pytest.fixture(params=PEOPLE)
def signed_in(request: pytest.FixtureRequest, town: Town, ids: AllIds) -> SignedIn:
    """Of each kind of citizen ID, somebody who is in both tools."""
    (person, means), citizen = PEOPLE[request.param], Citizen()
    others = frozenset(SignedIn(town, ids, request.param, citizen).hub_sessions())
    citizen.wants_to_sign_in(town.tool_url("karte"), provider=request.param)
    citizen.identifies(means, person)
    citizen.agrees_if_asked()
    citizen.wants_to_sign_in(town.tool_url("haushalt"), provider=request.param)
    citizen.agrees_if_asked()
    found = SignedIn(town, ids, request.param, citizen, others)
    assert all(found.is_signed_in_at_tool(tool) for tool in town.tools)
    assert request.param not in WITH_LOGOUT or found.is_signed_in_at_account()
    return found


def by_a_tool(signed_in: SignedIn) -> None:
    """RP-initiated, with the tool's ID token."""
    signed_in.citizen.browser.opens(f"{signed_in.town.tool_url('karte')}/received")
    signed_in.citizen.signs_out()


def on_the_brokers_page(signed_in: SignedIn) -> None:
    """The citizen asks the broker itself."""
    signed_in.citizen.browser.opens(f"{signed_in.town.broker_url}/logout")
    signed_in.citizen.browser.submits("logout-confirm")


def on_the_account_page(signed_in: SignedIn) -> None:
    """All sessions of the account, from the page that lists them."""
    signed_in.citizen.browser.opens(f"{signed_in.town.broker_url}/account/sessions")
    signed_in.citizen.browser.submits("sessions-end-all")


def by_an_administrator(signed_in: SignedIn) -> None:
    """`broker accounts sign-out`, by what a tool calls the citizen."""
    assert build_administering(signed_in.town.settings).sign_out(signed_in.sub()) == 1


def by_erasure(signed_in: SignedIn) -> None:
    """`broker accounts erase`."""
    assert build_administering(signed_in.town.settings).erase(signed_in.sub()) == 1


def by_keycloak(signed_in: SignedIn) -> None:
    """Keycloak's administrator ends the session there. Where the citizen ID has no logout, Keycloak keeps none."""
    sessions = signed_in.hub_sessions()
    assert bool(sessions) is (signed_in.alias in WITH_LOGOUT), "nothing is kept there without need"
    for session in sessions:
        signed_in.ends_hub_session(session)
    if not sessions:
        by_an_administrator(signed_in)


def by_the_citizen_id(signed_in: SignedIn) -> None:
    """The citizen signs out there; where that is told to nobody, the citizen is still signed in here and signs out here."""
    if signed_in.alias not in WITH_LOGOUT:
        return on_the_brokers_page(signed_in)
    signed_in.citizen.browser.opens(signed_in.account_url)
    signed_in.citizen.browser.submits("end-session")
    return None


STARTS: tuple[Callable[[SignedIn], None], ...] = (
    by_a_tool, on_the_brokers_page, on_the_account_page, by_an_administrator, by_keycloak, by_the_citizen_id,
)  # fmt: skip


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.__name__)
def test_lo_03_wherever_it_begins_everything_has_ended(signed_in: SignedIn, start: Callable[[SignedIn], None]) -> None:
    start(signed_in)

    signed_in.has_ended_everywhere()


@pytest.mark.parametrize("signed_in", ["sh"], indirect=True)
def test_lo_03_an_erased_account_is_signed_out_everywhere_too(signed_in: SignedIn) -> None:
    by_erasure(signed_in)

    signed_in.has_ended_everywhere()


@pytest.mark.parametrize("signed_in", ["oidc"], indirect=True)
def test_lo_03_what_is_over_by_time_is_ended_by_the_worker_and_told_to_everybody(signed_in: SignedIn) -> None:
    signed_in.runs_out_of_time()

    signed_in.has_ended_everywhere()


@pytest.fixture
def short_lived_tokens(ids: AllIds) -> Iterator[None]:
    """Keycloak's ID tokens are over after a second, as they are an hour after a sign-in."""
    hub = KeycloakConnection(ids.realm.access, ids.realm.name).admin
    client = hub.get_client(str(hub.get_client_id("broker")))
    usual = client["attributes"]
    hub.update_client(client["id"], {**client, "attributes": {**usual, "access.token.lifespan": "1"}})
    yield
    hub.update_client(client["id"], {**client, "attributes": usual})


@pytest.mark.parametrize("signed_in", ["oidc"], indirect=True)
def test_lo_03_a_sign_out_long_after_the_sign_in_reaches_the_citizen_id_as_well(short_lived_tokens: None, signed_in: SignedIn) -> None:
    until(lambda: signed_in.hub_token_is_over(), 30, "Keycloak's ID token to be over")

    by_a_tool(signed_in)

    signed_in.has_ended_everywhere()
