"""The described realm at work: a sign-in at the simulated BundID arrives at the broker with all it needs, and a "no" arrives as a "no"."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import jwt
import pytest
import requests

from broker.claim_table import load_claim_table, requested_attributes
from deploy.demo.bundid.app import create_app
from deploy.demo.bundid.simulator import Settings, Simulator
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.persons import load_persons
from deploy.demo.saml.keys import Keys
from tests.live.described_realm import Described, describe
from tests.live.scratch_realm import ScratchRealm
from tests.live.sign_in import SignIn
from tests.support.bundid_citizen import BundidCitizen
from tests.support.realm_config import ENTITY_ID, ENVIRON, REALM_CONFIG
from tests.support.saml_sp import rsa_pair

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

CLAIM_TABLE = REALM_CONFIG / "claim-table.yaml"
BUNDID = "http://localhost:8082"
REDIRECT_URI = "http://localhost:8000/callback"


@dataclass
class Place:
    """The described realm with the simulated BundID behind it."""

    described: Described
    bundid: Simulator

    @property
    def url(self) -> str:
        return f"{self.described.access.url}/realms/{self.described.name}"

    def sign_in(self) -> SignIn:
        return SignIn(cast(ScratchRealm, self))  # of a realm it needs the address alone

    def arrives(self, sign_in: SignIn) -> BundidCitizen:
        request = sign_in.asks("bundid")
        citizen = BundidCitizen(create_app(self.bundid).test_client())
        citizen.arrives(urlsplit(request.action).path, request.saml_request, request.relay_state)
        return citizen

    def redeems(self, code: str, verifier: str) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": verifier}
        secret = ("broker", ENVIRON["BROKER_HUB_CLIENT_SECRET"])
        answer = requests.post(f"{self.url}/protocol/openid-connect/token", data=form, auth=secret, timeout=60)
        answer.raise_for_status()
        return dict(answer.json())


@pytest.fixture(scope="module")
def place(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Place:
    keys = Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests")
    described = describe(keycloak, tmp_path_factory.mktemp("signing-in"))
    descriptor = f"{keycloak.base_url}/realms/{described.name}/broker/bundid/endpoint/descriptor"
    simulator = Simulator(Settings(ENTITY_ID, BUNDID, (descriptor,)), keys, load_persons(), lambda: dt.datetime.now(dt.UTC))
    described.fetch = lambda url: simulator.metadata()
    described.reconciler().apply()
    return Place(described, simulator)


def test_the_id_token_names_the_citizen_id_its_key_and_every_attribute_with_its_trust(place: Place) -> None:
    sign_in = place.sign_in()
    citizen = place.arrives(sign_in)
    citizen.chooses("eid", "erika")
    posted = citizen.confirms()
    answer = sign_in.answers(posted.action, posted.response, posted.relay_state)
    tokens = place.redeems(answer["code"], sign_in.verifier)
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert jwt.get_unverified_header(tokens["id_token"])["alg"] == "ES256"
    assert (claims["up_idp"], claims["upstream"]["authn_context"]) == ("bundid", "STORK-QAA-Level-4")
    key = load_claim_table(CLAIM_TABLE)["upstream_key"].mappings["bundid"].sources[0]
    attributes = claims["upstream"]["attributes"]
    assert attributes[key] == {"t": "NORMAL", "v": [claims["up_principal"]]}
    assert attributes["urn:oid:2.5.4.42"] == {"t": "HOCH", "v": ["ERIKA"]}
    assert not {"up_idp", "up_principal", "upstream"} & jwt.decode(tokens["access_token"], options={"verify_signature": False}).keys()


def test_bundid_is_asked_for_what_the_claim_table_uses(place: Place) -> None:
    asked = place.sign_in().asks("bundid").attributes()
    assert [f"{name.removeprefix('urn:oid:')}{'!' if required else ''}" for name, required in asked.items()] == list(
        requested_attributes(CLAIM_TABLE, "bundid")
    )


def test_a_citizen_who_cancels_comes_back_to_the_broker(place: Place) -> None:
    sign_in = place.sign_in()
    posted = place.arrives(sign_in).cancels()
    answer = sign_in.answers(posted.action, posted.response, posted.relay_state)
    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", sign_in.state, place.url)
