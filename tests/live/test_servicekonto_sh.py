"""Servicekonto SH at a real Keycloak: OSI's dialect, its levels, and a sign-out that reaches both sides (UP-06, UP-07, UP-12)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from broker.core.errors import UpstreamCancelled, UpstreamRefused
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from deploy.demo.citizen import Citizen
from deploy.demo.osi.faults import FAULTS
from tests.live.all_ids import AllIds
from tests.live.hub_visit import Hub
from tests.support.servers import until

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

# What Keycloak lets through for the broker to judge; all else it refuses itself.
LET_THROUGH = {
    "response-signed-too",
    "pss-signature",
    "level-low",
    "level-unknown",
    "assurance-above-context",
    "two-assurance-levels",
    "without-assurance-level",
    "transient-name-id",
    "two-residences",
    "residence-as-text",
    "huge-residence",
    "german-birthdate",
    "unknown-principal-type",
}


@pytest.fixture
def hub(ids: AllIds) -> Iterator[Hub]:
    made = Hub(ids.place, Citizen(), "sh")
    yield made
    made.close()


def _values(identity: UpstreamIdentity) -> dict[str, object]:
    return {name: claim.value for name, claim in identity.claims.items()}


def _is_signed_in_at(hub: Hub, ids: AllIds) -> bool:
    """Whether the account's own page knows this browser."""
    hub.citizen.browser.opens(ids.sh.settings.base_url)
    return hub.citizen.browser.shows("session")


def test_a_servicekonto_plus_is_high_and_its_address_proves_the_municipality(hub: Hub) -> None:
    identity = hub.signs_in("hanne", "plus")
    assert (identity.provider_alias, identity.trust, identity.subject_type, identity.amr) == ("sh", TrustLevel.HIGH, "person", ())
    values = _values(identity)
    assert (values["name"], values["email"]) == ("Hanne Brodersen", "hanne@post.example")
    assert (values["bp_resident_of"], values["bp_residence_evidence"]) == (["01003000"], "address_match")
    assert identity.person is not None


def test_a_neighbour_with_the_same_postal_code_lives_elsewhere(hub: Hub) -> None:
    assert "bp_resident_of" not in hub.signs_in("nele", "plus").claims


@pytest.mark.parametrize("person", ["hanne", "paul"])
def test_by_password_the_account_is_low_and_proves_nothing(hub: Hub, person: str) -> None:
    identity = hub.signs_in(person, "password")
    assert (identity.trust, identity.person) == (TrustLevel.LOW, None)
    assert identity.claims["bp_residence_evidence"].value == "self"
    assert {claim.trust for claim in identity.claims.values()} <= {TrustLevel.BASIC, TrustLevel.LOW}


def test_an_organisation_is_one_and_nobodys_voice(hub: Hub) -> None:
    identity = hub.signs_in("kulturhof", "plus")
    assert (identity.subject_type, identity.person) == ("organisation", None)
    assert identity.claims["bp_org_name"].value == "Kulturhof Laboe gGmbH"
    assert "bp_resident_of" not in identity.claims


def test_one_account_has_one_key_whatever_the_means(hub: Hub) -> None:
    plus, password, other = hub.signs_in("hanne", "plus"), hub.signs_in("hanne", "password"), hub.signs_in("jasper", "plus")
    assert plus.upstream_sub == password.upstream_sub != other.upstream_sub


def test_the_asked_level_travels_as_an_eidas_minimum(hub: Hub) -> None:
    hub.sends(TrustLevel.HIGH)
    assert hub.citizen.browser.reads("minimum-level") == "hoch"
    assert hub.citizen.browser.shows("means-plus")
    assert not hub.citizen.browser.shows("means-password")


def test_who_asks_for_nothing_special_asks_for_low_at_least(hub: Hub) -> None:
    hub.sends()
    assert hub.citizen.browser.reads("minimum-level") == "niedrig"


def test_of_the_fixed_set_only_what_was_approved_gets_through(hub: Hub) -> None:
    assert set(hub.signs_in("hanne", "plus", claims=("email",)).claims) == {"email"}


@pytest.mark.parametrize("spelling", ["cancel", "cancel-request-denied", "cancel-no-authn-context"])
def test_cancelling_is_told(hub: Hub, spelling: str) -> None:
    _, proof = hub.sends()
    hub.citizen.browser.submits(spelling)
    with pytest.raises(UpstreamCancelled):
        hub.login.complete(hub.answer, proof)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - LET_THROUGH))
def test_up06_up07_keycloak_refuses_a_wrong_answer(hub: Hub, fault: str) -> None:
    """Not signed, signed outside only or by somebody else, wrapped, another audience, recipient or request, another time, no name."""
    hub.is_refused("hanne", "plus", fault)


def test_up12_an_unknown_level_is_no_sign_in(hub: Hub) -> None:
    with pytest.raises(UpstreamRefused):
        hub.signs_in("hanne", "plus", "level-unknown")


@pytest.mark.parametrize("fault", ["level-low", "assurance-above-context", "two-assurance-levels"])
def test_up12_the_lowest_level_counts(hub: Hub, fault: str) -> None:
    identity = hub.signs_in("hanne", "plus", fault)
    assert identity.trust is TrustLevel.LOW
    assert {claim.trust for claim in identity.claims.values()} <= {TrustLevel.BASIC, TrustLevel.LOW}
    assert identity.claims["bp_residence_evidence"].value == "self"


@pytest.mark.parametrize("fault", ["two-residences", "residence-as-text", "huge-residence"])
def test_a_residence_that_is_not_said_once_and_clearly_proves_nothing(hub: Hub, fault: str) -> None:
    identity = hub.signs_in("hanne", "plus", fault)
    assert identity.trust is TrustLevel.HIGH
    assert "bp_resident_of" not in identity.claims
    assert identity.claims["family_name"].value == "Brodersen"


def test_an_unknown_kind_of_principal_is_no_person(hub: Hub) -> None:
    identity = hub.signs_in("hanne", "plus", "unknown-principal-type")
    assert (identity.subject_type, identity.person) == ("organisation", None)


@pytest.mark.parametrize("fault", ["without-assurance-level", "pss-signature", "response-signed-too"])
def test_what_does_not_matter_changes_nothing(hub: Hub, fault: str) -> None:
    assert _values(hub.signs_in("hanne", "plus", fault))["name"] == "Hanne Brodersen"


def test_without_an_account_somebody_is_a_stranger_each_time(hub: Hub) -> None:
    first, second = hub.signs_in("tilda", "temporary"), hub.signs_in("tilda", "temporary")
    assert first.trust is second.trust is TrustLevel.LOW
    assert first.upstream_sub != second.upstream_sub


def test_a_sign_out_here_ends_the_session_there(hub: Hub, ids: AllIds) -> None:
    identity = hub.signs_in("hanne", "plus")
    assert _is_signed_in_at(hub, ids)
    assert identity.id_token
    hub.login.end_session(identity.id_token)  # its patience may end before the account's answer; what counts is what becomes of it
    until(lambda: not _is_signed_in_at(hub, ids), 30, "the account to hear of the sign-out")
    assert hub.place.asks_silently(hub.citizen.browser)["error"] == "login_required"


def test_a_sign_out_there_ends_the_session_here(hub: Hub, ids: AllIds) -> None:
    hub.signs_in("hanne", "plus")
    assert "code" in hub.place.asks_silently(hub.citizen.browser)
    hub.citizen.browser.opens(ids.sh.settings.base_url)
    hub.citizen.browser.submits("end-session")
    assert hub.citizen.browser.shows("told"), hub.citizen.browser.where()
    assert hub.place.asks_silently(hub.citizen.browser)["error"] == "login_required"
