"""BayernID at a real Keycloak: the same dialect as BundID's, and what only Bavaria has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from broker.core.errors import UpstreamCancelled
from broker.core.trust import TrustLevel
from deploy.demo.citizen import Citizen
from tests.live.all_ids import AllIds
from tests.live.hub_visit import Hub

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]


@pytest.fixture
def hub(ids: AllIds) -> Iterator[Hub]:
    made = Hub(ids.place, Citizen(), "bayernid")
    yield made
    made.close()


def test_a_card_is_high_and_proves_the_municipality(hub: Hub) -> None:
    identity = hub.signs_in("babette", "eid")
    assert (identity.provider_alias, identity.trust, identity.subject_type) == ("bayernid", TrustLevel.HIGH, "person")
    assert identity.claims["bp_resident_of"].value == ["09461000"]
    assert identity.claims["bp_residence_evidence"].value == "eid_ags"


def test_authega_is_offered_and_reaches_substantial(hub: Hub) -> None:
    identity = hub.signs_in("alois", "authega", trust=TrustLevel.SUBSTANTIAL)
    assert identity.trust is TrustLevel.SUBSTANTIAL
    assert identity.claims["family_name"].value == "Amtmann"


def test_a29_a_password_is_basic(hub: Hub) -> None:
    assert hub.signs_in("babette", "password").trust is TrustLevel.BASIC


def test_the_asked_level_hides_what_does_not_reach_it(hub: Hub) -> None:
    hub.sends(TrustLevel.HIGH)
    shown = [means for means in ("eid", "elster", "authega", "password") if hub.citizen.browser.shows(f"means-{means}")]
    assert shown == ["eid"]


def test_one_account_has_one_key_and_it_is_bayernids_own(hub: Hub) -> None:
    card, password, other = hub.signs_in("babette", "eid"), hub.signs_in("babette", "password"), hub.signs_in("ayse", "eid")
    assert card.upstream_sub == password.upstream_sub != other.upstream_sub


def test_only_what_was_approved_is_asked_for(hub: Hub) -> None:
    assert set(hub.signs_in("babette", "eid", claims=("email",)).claims) == {"email"}


@pytest.mark.parametrize("spelling", ["cancel-authn-failed", "cancel-request-denied"])
def test_cancelling_is_told_in_both_spellings(hub: Hub, spelling: str) -> None:
    _, proof = hub.sends()
    hub.citizen.browser.submits(spelling)
    with pytest.raises(UpstreamCancelled):
        hub.login.complete(hub.answer, proof)


@pytest.mark.parametrize("fault", ["unsigned-assertion", "plain-assertion", "signature-wrapping", "wrong-audience", "without-bpk2"])
def test_a28_keycloak_refuses_a_wrong_answer_as_it_does_of_bundid(hub: Hub, fault: str) -> None:
    hub.is_refused("babette", "eid", fault)
