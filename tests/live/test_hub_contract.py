"""The hub contract holds at a real Keycloak and at the simulated hub (UP-02, UP-03, UP-12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from broker.core.errors import UpstreamCancelled, UpstreamRefused
from broker.core.ports import UpstreamProof
from broker.core.trust import TrustLevel
from deploy.demo.citizen import Citizen
from tests.live.hub_places import HubPlace, keycloak_hub, simulated_hub
from tests.live.hub_visit import Hub, now

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]


@pytest.fixture(scope="module", params=["simulated", "keycloak"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubPlace]:
    if request.param == "simulated":
        with simulated_hub() as found:
            yield found
        return
    folder: Path = tmp_path_factory.mktemp("hub-contract")
    with keycloak_hub(request.getfixturevalue("keycloak"), folder) as found:
        yield found


@pytest.fixture
def hub(place: HubPlace) -> Iterator[Hub]:
    made = Hub(place, Citizen())
    yield made
    made.close()


def test_a_sign_in_by_eid_brings_all_the_broker_needs(hub: Hub) -> None:
    identity = hub.signs_in("erika", "eid")
    assert identity.provider_alias == "bundid"
    assert identity.trust is TrustLevel.HIGH
    assert identity.amr == ("sc", "pin", "mfa")
    assert identity.upstream_sid
    assert identity.id_token
    assert abs((now() - identity.authenticated_at).total_seconds()) < 120
    held = {name: claim.value for name, claim in identity.claims.items()}
    assert held["name"] == "ERIKA MUSTERMANN"
    assert held["bp_resident_of"] == ["05315000"]
    assert held["bp_residence_evidence"] == "eid_ags"
    assert held["email"] == "erika.mustermann@post.example"
    assert identity.claims["name"].trust is TrustLevel.HIGH
    assert identity.claims["email"].trust is TrustLevel.LOW
    assert "birthdate" not in held


def test_the_browser_carries_a_reference_only(hub: Hub) -> None:
    redirect, _ = hub.sends()
    assert set(parse_qs(urlsplit(redirect.url).query)) == {"client_id", "request_uri"}


def test_only_what_the_claims_need_is_asked_for(hub: Hub) -> None:
    identity = hub.signs_in("erika", "eid", claims=("bp_age_over",))
    assert set(identity.claims) == {"bp_age_over", "bp_age_band"}, "both are made of the birth date, and of nothing else"
    assert identity.trust is TrustLevel.HIGH


def test_a_password_is_basic_never_more(hub: Hub) -> None:
    identity = hub.signs_in("erika", "password")
    assert identity.trust is TrustLevel.BASIC
    assert all(claim.trust <= TrustLevel.BASIC for claim in identity.claims.values())


def test_the_asked_level_is_what_the_citizen_id_offers(hub: Hub) -> None:
    hub.sends(TrustLevel.HIGH)
    assert hub.citizen.browser.shows("means-eid")
    assert not hub.citizen.browser.shows("means-password")


def test_one_person_has_one_key_whatever_the_means(hub: Hub) -> None:
    assert hub.signs_in("erika", "eid").upstream_sub == hub.signs_in("erika", "password").upstream_sub


def test_a_sign_in_always_asks_again(hub: Hub) -> None:
    hub.signs_in("erika", "eid")
    hub.sends()
    assert hub.citizen.browser.shows("means-eid")


def test_another_person_in_the_same_browser_is_another_person(hub: Hub) -> None:
    assert hub.signs_in("erika", "eid").upstream_sub != hub.signs_in("hanne", "eid").upstream_sub


def test_cancelling_is_told(hub: Hub) -> None:
    redirect, proof = hub.sends()
    hub.citizen.cancels_at_bundid()
    assert hub.answer["state"] == redirect.state
    with pytest.raises(UpstreamCancelled):
        hub.login.complete(hub.answer, proof)


def test_an_answer_counts_once_up_03(hub: Hub) -> None:
    _, proof = hub.sends()
    hub.citizen.identifies("eid", "erika")
    assert hub.login.complete(hub.answer, proof)
    with pytest.raises(UpstreamRefused):
        hub.login.complete(hub.answer, proof)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda proof: replace(proof, code_verifier="w" * 43),
        lambda proof: replace(proof, nonce="another"),
        lambda proof: replace(proof, provider_alias="evil"),
        lambda proof: replace(proof, started_at=datetime(2100, 1, 1, tzinfo=UTC)),
    ],
    ids=["verifier", "nonce", "citizen ID", "time"],
)
def test_an_answer_to_another_sign_in_is_refused_up_02(hub: Hub, spoil: Callable[[UpstreamProof], UpstreamProof]) -> None:
    _, proof = hub.sends()
    hub.citizen.identifies("eid", "erika")
    with pytest.raises(UpstreamRefused):
        hub.login.complete(hub.answer, spoil(proof))


def test_sign_out_from_server_to_server_ends_the_session_for_the_browser_too(hub: Hub) -> None:
    identity = hub.signs_in("erika", "eid")
    assert identity.id_token
    assert "code" in hub.place.asks_silently(hub.citizen.browser)
    assert hub.login.end_session(identity.id_token)
    assert hub.place.asks_silently(hub.citizen.browser)["error"] == "login_required"


def test_a_session_that_is_over_already_counts_as_ended(hub: Hub) -> None:
    """Else a sign-out of which the hub's answer was lost would be repeated for half a day."""
    identity = hub.signs_in("erika", "eid")
    assert identity.id_token
    assert hub.login.end_session(identity.id_token)
    assert hub.login.end_session(identity.id_token)


def test_a_made_up_token_ends_nothing(hub: Hub) -> None:
    hub.signs_in("erika", "eid")
    hub.login.end_session("made.up.token")
    assert "code" in hub.place.asks_silently(hub.citizen.browser)


def test_the_hub_is_reachable(hub: Hub) -> None:
    assert hub.login.reachable()
