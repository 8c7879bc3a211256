"""Wrong answers of BundID at a real Keycloak: what it refuses, and what it lets through for the broker to judge."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from deploy.demo.bundid import simulator as simulator_module
from deploy.demo.bundid.app import create_app
from deploy.demo.bundid.faults import FAULTS
from deploy.demo.bundid.simulator import SSO_PATH, Settings, Simulator
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.persons import load_persons
from deploy.demo.saml.answer import ErrorPlan
from deploy.demo.saml.keys import Keys
from tests.live.scratch_realm import AKDB, ScratchRealm
from tests.live.sign_in import SignIn
from tests.support.bundid_citizen import BundidCitizen, Posted
from tests.support.saml_sp import rsa_pair

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

BUNDID = "http://localhost:8082"
LET_THROUGH = {
    # correct, in another form
    "rsa-sha256-signature",
    "oaep-sha256",
    "response-signed-too",
    # Keycloak knows nothing of levels, trust and the meaning of attributes: the broker's own rules must hold here
    "level-basic",
    "level-unknown",
    "qaa-above-context",
    "without-qaa",
    "without-trust",
    "unknown-trust-word",
    "low-trust",
    "malformed-community-id",
    "foreign-community-id",
    "partial-birthdate",
}


@dataclass
class Place:
    """A realm with one citizen ID, and the simulated BundID behind it."""

    realm: ScratchRealm
    bundid: Simulator

    def arrives(self, sign_in: SignIn) -> BundidCitizen:
        """A citizen whom Keycloak has sent to BundID."""
        request = sign_in.asks("bundid")
        citizen = BundidCitizen(create_app(self.bundid).test_client())
        citizen.arrives(urlsplit(request.action).path, request.saml_request, request.relay_state)
        return citizen

    def answers(self, sign_in: SignIn, *faults: str) -> Posted:
        citizen = self.arrives(sign_in)
        citizen.chooses("eid", "erika")
        return citizen.confirms(*faults)


def _place(keycloak: KeycloakServer, *published: str) -> Place:
    keys = Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests")
    realm = ScratchRealm(keycloak)
    certificates = ",".join(getattr(keys, name).certificate_base64 for name in published)
    realm.add_saml_provider("bundid", f"{BUNDID}/idp", BUNDID + SSO_PATH, certificates, **AKDB)
    settings = Settings(f"{BUNDID}/idp", BUNDID, (realm.descriptor_url("bundid"),), show_faults=True)
    return Place(realm, Simulator(settings, keys, load_persons(), lambda: dt.datetime.now(dt.UTC)))


@pytest.fixture(scope="module")
def place(keycloak: KeycloakServer) -> Place:
    return _place(keycloak, "signing")


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - LET_THROUGH))
def test_a28_keycloak_refuses_a_wrong_answer(place: Place, fault: str) -> None:
    sign_in = SignIn(place.realm)
    posted = place.answers(sign_in, fault)
    page = sign_in.fails(posted.action, posted.response, posted.relay_state)
    assert page.status == 400
    assert page.refresh(), "no way home"


@pytest.mark.parametrize("fault", sorted(LET_THROUGH))
def test_what_keycloak_lets_through_reaches_the_broker_unchanged(place: Place, fault: str) -> None:
    sign_in = SignIn(place.realm)
    posted = place.answers(sign_in, fault)
    answer = sign_in.answers(posted.action, posted.response, posted.relay_state)
    assert set(answer) >= {"code", "state", "iss"}


def test_a28_an_unsigned_error_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody could post it: it must not end a citizen's login with a text of their choice."""
    monkeypatch.setattr(simulator_module, "ErrorPlan", lambda **plan: ErrorPlan(**plan, sign_response=False))
    sign_in = SignIn(place.realm)
    posted = place.arrives(sign_in).cancels()
    assert b"Signature" not in posted.response
    assert sign_in.fails(posted.action, posted.response, posted.relay_state).status == 400


def test_during_a_key_rollover_both_keys_are_accepted(keycloak: KeycloakServer) -> None:
    place = _place(keycloak, "signing", "next_signing")
    for faults in ((), ("signed-by-next-key",)):
        sign_in = SignIn(place.realm)
        posted = place.answers(sign_in, *faults)
        assert "code" in sign_in.answers(posted.action, posted.response, posted.relay_state)
