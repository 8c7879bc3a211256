"""Sign-out from everywhere, at every kind of citizen ID, with a real Keycloak: whoever begins it, everything has ended (LO-03, A-34).

Six places where it begins, four kinds of citizen IDs. After each the broker and Keycloak know nobody in this browser, the citizen ID has
ended its session where it has a logout, no grant is left, and both tools have signed the citizen out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from broker.duties import build_administering
from broker.upstream.keycloak_connection import KeycloakConnection
from deploy.demo.citizen import Citizen
from tests.journeys.town import Town
from tests.live.all_ids import AllIds
from tests.live.signed_in import PEOPLE, WITH_LOGOUT, SignedIn
from tests.support.servers import until

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


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
    signed_in.citizen.browser.opens(signed_in.account_url())
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
