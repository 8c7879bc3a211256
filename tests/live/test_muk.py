"""Mein Unternehmenskonto at a real Keycloak: an organisation signs in, as sure as ELSTER says and no more (UP-06, UP-07, UP-12)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from broker.core.errors import UpstreamCancelled, UpstreamRefused
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from deploy.demo.citizen import Citizen
from deploy.demo.muk.faults import FAULTS
from tests.live.all_ids import AllIds
from tests.live.hub_visit import Hub

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

# What Keycloak lets through for the broker to judge; all else it refuses itself.
LET_THROUGH = {
    "rsa-sha256-signature",
    "oaep-sha256",
    "assertion-signed-too",
    "assertion-signed-instead",  # ELSTER's key stands for it either way
    "transient-name-id",  # a word about the name; what counts is the name
    "without-organisation-key",
    "two-organisation-keys",
    "test-account",
    "without-test-word",
    "without-levels",
    "authentication-unknown",
    "identification-low",
    "two-levels",
    "two-acting-persons",
    "without-acting-person",
    "malformed-birthdate",
    "acting-person-as-text",
    "huge-address",
}


@pytest.fixture
def hub(ids: AllIds) -> Iterator[Hub]:
    made = Hub(ids.place, Citizen(), "muk")
    yield made
    made.close()


def _values(identity: UpstreamIdentity) -> dict[str, object]:
    return {name: claim.value for name, claim in identity.claims.items()}


def test_an_association_signs_in_with_the_person_who_acts_for_it(hub: Hub) -> None:
    identity = hub.signs_in("verein", "elster")
    assert (identity.subject_type, identity.trust, identity.amr) == ("organisation", TrustLevel.SUBSTANTIAL, ("swk", "pin", "mfa"))
    assert _values(identity) == {
        "bp_org_name": "Nordlichter e. V.",
        "given_name": "Vera",
        "family_name": "Vorstand",
        "name": "Vera Vorstand",
    }


def test_a_sole_trader_is_no_citizen_either(hub: Hub) -> None:
    """The business is in Lübeck and its owner was born in 1980: neither a residence nor an age comes of it, nor one voice of a person."""
    identity = hub.signs_in("laden", "elster")
    assert identity.subject_type == "organisation"
    assert identity.person is None
    assert not {"bp_resident_of", "bp_residence_evidence", "bp_age_over", "bp_age_band"} & identity.claims.keys()


def test_the_account_is_person_and_organisation_together(hub: Hub) -> None:
    vera, again, karl = (hub.signs_in(one, "elster").upstream_sub for one in ("verein", "verein", "kassenwart"))
    assert vera == again != karl


def test_only_what_was_approved_gets_into_the_note(hub: Hub) -> None:
    assert set(hub.signs_in("verein", "elster", claims=("bp_org_name",)).claims) == {"bp_org_name"}


def test_an_account_for_trying_out_says_so(hub: Hub) -> None:
    assert hub.signs_in("testfirma", "elster").is_test_account
    assert hub.signs_in("verein", "elster", "test-account").is_test_account
    assert not hub.signs_in("verein", "elster", "without-test-word").is_test_account


def test_cancelling_is_told(hub: Hub) -> None:
    _, proof = hub.sends()
    hub.citizen.browser.submits("cancel")
    with pytest.raises(UpstreamCancelled):
        hub.login.complete(hub.answer, proof)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - LET_THROUGH))
def test_up06_up07_keycloak_refuses_a_wrong_answer(hub: Hub, fault: str) -> None:
    """Signature only inside or by somebody else, no encryption, another audience, recipient or request, another time, no name."""
    hub.is_refused("verein", "elster", fault)


@pytest.mark.parametrize("fault", ["without-levels", "authentication-unknown", "without-organisation-key", "two-organisation-keys"])
def test_up12_without_a_level_or_a_key_there_is_no_sign_in(hub: Hub, fault: str) -> None:
    with pytest.raises(UpstreamRefused):
        hub.signs_in("verein", "elster", fault)


@pytest.mark.parametrize(("fault", "trust"), [("identification-low", TrustLevel.LOW), ("two-levels", TrustLevel.SUBSTANTIAL)])
def test_up12_the_lowest_level_counts(hub: Hub, fault: str, trust: TrustLevel) -> None:
    identity = hub.signs_in("verein", "elster", fault)
    assert identity.trust is trust
    assert {claim.trust for claim in identity.claims.values()} == {trust}


@pytest.mark.parametrize("fault", ["two-acting-persons", "without-acting-person", "acting-person-as-text"])
def test_who_is_not_named_once_has_no_name(hub: Hub, fault: str) -> None:
    identity = hub.signs_in("verein", "elster", fault)
    assert _values(identity) == {"bp_org_name": "Nordlichter e. V."}


@pytest.mark.parametrize(
    "fault",
    ["huge-address", "malformed-birthdate", "rsa-sha256-signature", "oaep-sha256", "assertion-signed-too", "assertion-signed-instead"],
)
def test_what_does_not_matter_changes_nothing(hub: Hub, fault: str) -> None:
    assert _values(hub.signs_in("verein", "elster", fault))["name"] == "Vera Vorstand"


def test_a_sign_out_here_ends_the_session_there(hub: Hub, ids: AllIds) -> None:
    identity = hub.signs_in("verein", "elster")
    hub.citizen.browser.opens(ids.muk.settings.base_url)
    assert hub.citizen.browser.reads("session").startswith("Vera Vorstand")
    assert identity.id_token
    assert hub.login.end_session(identity.id_token)
    assert hub.place.asks_silently(hub.citizen.browser)["error"] == "login_required"
    hub.citizen.browser.opens(ids.muk.settings.base_url)
    assert not hub.citizen.browser.shows("session")


def test_a_sign_out_there_ends_the_session_here(hub: Hub, ids: AllIds) -> None:
    hub.signs_in("verein", "elster")
    assert "code" in hub.place.asks_silently(hub.citizen.browser)
    hub.citizen.browser.opens(ids.muk.settings.base_url)
    hub.citizen.browser.submits("end-session")
    assert hub.citizen.browser.shows("told"), hub.citizen.browser.where()
    assert hub.place.asks_silently(hub.citizen.browser)["error"] == "login_required"
