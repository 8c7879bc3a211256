"""An OpenID Connect account at a real Keycloak: levels in both vocabularies, nothing smuggled in, no false token (UP-12, AL-02)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from broker.core.errors import UpstreamCancelled
from broker.core.trust import TrustLevel
from deploy.demo.citizen import Citizen
from deploy.demo.oidc.faults import FAULTS
from deploy.demo.oidc.vocabulary import SHAPES, Shape
from tests.live.all_ids import AllIds
from tests.live.hub_visit import Hub

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

# What Keycloak lets through for the broker to judge; all else it refuses itself.
LET_THROUGH = {
    "issued-in-the-future",  # it has not expired; the broker goes by the hub's own time of the sign-in
    "userinfo-of-another",
    "smuggled-claims",
    "smuggled-in-address",
    "without-level",
    "unknown-level",
    "two-levels",
    "level-as-number",
    "malformed-email",
    "partial-birthdate",
    "huge-claim",
}


@pytest.fixture
def hub(ids: AllIds) -> Iterator[Hub]:
    made = Hub(ids.place, Citizen(), "oidc")
    yield made
    made.close()


@pytest.fixture(params=["keycloak", "deutschlandid"])
def shape(request: pytest.FixtureRequest, ids: AllIds) -> Iterator[Shape]:
    """The account says levels in STORK's words, then in those of eIDAS."""
    usual = ids.oidc.settings
    ids.oidc.settings = replace(usual, shape=SHAPES[request.param])
    yield SHAPES[request.param]
    ids.oidc.settings = usual


@pytest.mark.parametrize(
    ("means", "person", "trust", "amr"),
    [
        ("eid", "jasper", TrustLevel.HIGH, ("sc", "pin", "mfa")),
        ("elster", "nele", TrustLevel.SUBSTANTIAL, ("swk", "pin", "mfa")),
        ("password", "jasper", TrustLevel.BASIC, ("pwd",)),
    ],
)
def test_up12_levels_in_both_vocabularies(hub: Hub, shape: Shape, means: str, person: str, trust: TrustLevel, amr: tuple[str, ...]) -> None:
    identity = hub.signs_in(person, means)
    assert (identity.trust, set(identity.amr), identity.subject_type) == (trust, set(amr), "person")


def test_nobody_vouches_for_its_attributes(hub: Hub) -> None:
    identity = hub.signs_in("jasper", "eid")
    assert {name: claim.value for name, claim in identity.claims.items()}.items() >= {
        "given_name": "JASPER",
        "family_name": "THOMSEN",
        "email": "jasper.thomsen@post.example",
    }.items()
    assert {claim.trust for claim in identity.claims.values()} == {TrustLevel.BASIC}
    assert identity.person is None
    assert identity.claims["bp_residence_evidence"].value == "self"


def test_one_account_has_one_key_whatever_the_means(hub: Hub) -> None:
    card, password, other = hub.signs_in("jasper", "eid"), hub.signs_in("jasper", "password"), hub.signs_in("doris", "eid")
    assert card.upstream_sub == password.upstream_sub != other.upstream_sub


def test_the_asked_level_travels_as_acr_values(hub: Hub, shape: Shape) -> None:
    hub.sends(TrustLevel.HIGH)
    assert hub.citizen.browser.shows("means-eid")
    assert not hub.citizen.browser.shows("means-password")


def test_every_sign_in_asks_again_and_in_the_citizens_language(hub: Hub) -> None:
    hub.signs_in("jasper", "eid")
    hub.sends()
    assert "Wie möchten Sie sich anmelden?" in hub.citizen.browser.reads()


def test_cancelling_is_told(hub: Hub) -> None:
    _, proof = hub.sends()
    hub.citizen.browser.submits("cancel")
    with pytest.raises(UpstreamCancelled):
        hub.login.complete(hub.answer, proof)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - LET_THROUGH))
def test_keycloak_refuses_a_token_that_does_not_hold(hub: Hub, fault: str) -> None:
    hub.is_refused("jasper", "eid", fault)


@pytest.mark.parametrize("fault", ["without-level", "unknown-level", "level-as-number"])
def test_up12_a_level_that_is_not_known_is_basic(hub: Hub, fault: str) -> None:
    assert hub.signs_in("jasper", "eid", fault).trust is TrustLevel.BASIC


def test_up12_two_levels_are_never_the_higher(hub: Hub) -> None:
    assert hub.signs_in("jasper", "password", "two-levels").trust is TrustLevel.BASIC


@pytest.mark.parametrize("fault", ["smuggled-claims", "smuggled-in-address", "userinfo-of-another"])
def test_al02_what_an_account_chooses_to_send_means_nothing(hub: Hub, fault: str) -> None:
    faithful, bent = hub.signs_in("paul", "password"), hub.signs_in("paul", "password", fault)
    assert bent.claims == faithful.claims
    assert (bent.upstream_sub, bent.trust, bent.subject_type) == (faithful.upstream_sub, TrustLevel.BASIC, "person")
    assert bent.provider_alias == "oidc"


@pytest.mark.parametrize(("fault", "lost"), [("malformed-email", {"email"}), ("partial-birthdate", {"bp_age_over", "bp_age_band"})])
def test_a_value_that_cannot_be_read_makes_no_claim(hub: Hub, fault: str, lost: set[str]) -> None:
    faithful, bent = hub.signs_in("jasper", "eid"), hub.signs_in("jasper", "eid", fault)
    assert faithful.claims.keys() - bent.claims.keys() == lost


def test_a_huge_claim_is_dropped_and_the_rest_stands(hub: Hub) -> None:
    identity = hub.signs_in("jasper", "eid", "huge-claim")
    assert identity.trust is TrustLevel.HIGH
    assert identity.claims["family_name"].value == "THOMSEN"
    assert len(str(identity.claims.get("given_name"))) < 10_000


def test_a_sign_out_here_ends_the_session_there(hub: Hub, ids: AllIds) -> None:
    identity = hub.signs_in("jasper", "eid")
    hub.citizen.browser.opens(ids.oidc.settings.issuer)
    assert hub.citizen.browser.shows("session")
    assert identity.id_token
    assert hub.login.end_session(identity.id_token)
    hub.citizen.browser.opens(ids.oidc.settings.issuer)
    assert not hub.citizen.browser.shows("session")


def test_a_sign_out_there_ends_the_session_here(hub: Hub, ids: AllIds) -> None:
    hub.signs_in("jasper", "eid")
    assert "code" in hub.place.asks_silently(hub.citizen.browser)
    hub.citizen.browser.opens(ids.oidc.settings.issuer)
    hub.citizen.browser.submits("end-session")
    assert hub.citizen.browser.shows("told")
    assert hub.place.asks_silently(hub.citizen.browser)["error"] == "login_required"
