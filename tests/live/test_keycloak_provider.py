"""Our Keycloak provider and theme at work: what BundID is asked, what comes back, and how errors find the way home."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import SignatureConfiguration, SignatureMethod, XMLVerifier

from deploy.demo.bundid.app import create_app
from deploy.demo.bundid.simulator import SSO_PATH, Settings, Simulator
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.persons import load_persons
from deploy.demo.saml.keys import Keys
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.live.scratch_realm import AKDB, BASE_URL, BPK2, SP_ENTITY_ID, ScratchRealm
from tests.live.sign_in import SentRequest, SignIn
from tests.support.bundid_citizen import BundidCitizen, Posted
from tests.support.real_keycloak import BROKER_RETURN
from tests.support.saml_sp import COMMUNITY_ID, GIVEN_NAME, MAIL, QAA, rsa_pair

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

BUNDID = "http://localhost:8082"
SURNAME = "urn:oid:2.5.4.4"


@dataclass
class Place:
    """A realm with two citizen IDs: `bundid` with the extension, `plain` without; and the simulated BundID behind them."""

    realm: ScratchRealm
    bundid: Simulator

    def citizen(self, request: SentRequest) -> BundidCitizen:
        """The citizen, arrived at BundID with what Keycloak sent."""
        citizen = BundidCitizen(create_app(self.bundid).test_client())
        citizen.arrives(urlsplit(request.action).path, request.saml_request, request.relay_state)
        return citizen


@pytest.fixture(scope="module")
def place(keycloak: KeycloakServer) -> Place:
    realm = ScratchRealm(keycloak)
    keys = Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests")
    certificate = base64.b64encode(keys.signing.certificate.public_bytes(Encoding.DER)).decode()
    realm.add_saml_provider("bundid", f"{BUNDID}/idp", BUNDID + SSO_PATH, certificate, **AKDB)
    realm.add_saml_provider("plain", f"{BUNDID}/idp", BUNDID + SSO_PATH, certificate)
    settings = Settings(f"{BUNDID}/idp", BUNDID, (realm.descriptor_url("bundid"),), show_faults=True, any_level=True)
    return Place(realm, Simulator(settings, keys, load_persons(), lambda: dt.datetime.now(dt.UTC)))


@pytest.fixture
def sign_in(place: Place) -> SignIn:
    return SignIn(place.realm)


def _signing_certificate(place: Place) -> x509.Certificate:
    metadata = etree.fromstring(requests.get(place.realm.descriptor_url("bundid"), timeout=30).content)
    found = metadata.findtext(".//md:KeyDescriptor[@use='signing']//ds:X509Certificate", namespaces=NAMESPACES)
    return x509.load_der_x509_certificate(base64.b64decode(found or ""))


def _answered(sign_in: SignIn, posted: Posted) -> dict[str, str]:
    return sign_in.answers(posted.action, posted.response, posted.relay_state)


def test_request_is_signed_with_the_key_of_the_metadata(place: Place, sign_in: SignIn) -> None:
    request = sign_in.asks("bundid")
    config = SignatureConfiguration(signature_methods=frozenset({SignatureMethod.SHA256_RSA_MGF1}))
    verified = XMLVerifier().verify(request.root, x509_cert=_signing_certificate(place), expect_config=config)
    assert not isinstance(verified, list)
    assert verified.signed_xml.get("ID") == request.root.get("ID")
    assert request.root.findtext("saml2:Issuer", namespaces=NAMESPACES) == SP_ENTITY_ID
    assert request.root.get("ForceAuthn") == "true"


def test_request_says_all_that_the_citizen_id_is_configured_for(sign_in: SignIn) -> None:
    request = sign_in.asks("bundid")
    extension = request.root.find("saml2p:Extensions/akdb:AuthenticationRequest", NAMESPACES)
    assert extension is not None
    assert dict(extension.attrib) == {"Version": "2", "EnableStatusDetail": "true"}
    means = {etree.QName(one).localname: "".join(one.itertext()) for one in extension.find("akdb:AuthnMethods", NAMESPACES)}
    assert means == {"eID": "true", "Elster": "true", "Benutzername": "true", "FINK": "false"}
    assert request.attributes() == {BPK2: True, QAA: False, COMMUNITY_ID: False, GIVEN_NAME: False, MAIL: False}
    assert request.text(".//classic-ui:OrganizationDisplayName") == "Beteiligung Köln & Lübeck"
    assert request.text(".//classic-ui:OnlineServiceId") == "BMI-A0001"
    assert request.text(".//classic-ui:Lang") == "de"
    assert request.text("saml2p:RequestedAuthnContext/saml2:AuthnContextClassRef") == "STORK-QAA-Level-1"


def test_login_asks_for_its_own_attributes_level_and_language(sign_in: SignIn) -> None:
    request = sign_in.asks("bundid", bp_attrs=f"{COMMUNITY_ID}! 1.2.40.0.10.2.1.1.261.94", bp_level="4", ui_locales="en-GB de")
    assert request.attributes() == {BPK2: True, QAA: False, COMMUNITY_ID: True}
    assert request.text("saml2p:RequestedAuthnContext/saml2:AuthnContextClassRef") == "STORK-QAA-Level-4"
    context = request.root.find("saml2p:RequestedAuthnContext", NAMESPACES)
    assert context is not None
    assert context.get("Comparison") == "minimum"
    assert request.text(".//classic-ui:Lang") == "en"


def test_browser_cannot_ask_for_attributes_outside_the_configuration(sign_in: SignIn) -> None:
    request = sign_in.asks("bundid", bp_attrs=f'{SURNAME}! {MAIL} "/><x', bp_level="9", ui_locales="<x>")
    assert request.attributes() == {BPK2: True, MAIL: False}
    assert request.text("saml2p:RequestedAuthnContext/saml2:AuthnContextClassRef") == "STORK-QAA-Level-1"
    assert request.text(".//classic-ui:Lang") == "de"


def test_provider_without_the_switch_is_left_alone(sign_in: SignIn) -> None:
    request = sign_in.asks("plain", bp_attrs=MAIL, bp_level="4")
    assert request.root.find("saml2p:Extensions", NAMESPACES) is None
    assert request.root.find("saml2p:RequestedAuthnContext", NAMESPACES) is None


def test_a29_id_token_carries_level_and_every_attribute_with_its_trust(place: Place, sign_in: SignIn) -> None:
    citizen = place.citizen(sign_in.asks("bundid", bp_level="4"))
    citizen.chooses("eid", "erika")
    answer = _answered(sign_in, citizen.confirms())
    assert answer["state"] == sign_in.state
    assert answer["iss"] == place.realm.url
    claims = place.realm.id_token(answer["code"], sign_in.verifier)
    upstream = claims["upstream"]
    assert claims["up_idp"] == "bundid"
    assert upstream["issuer"] == f"{BUNDID}/idp"
    assert upstream["authn_context"] == "STORK-QAA-Level-4"
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(upstream["authn_instant"])
    assert abs(age) < dt.timedelta(minutes=5)
    attributes = upstream["attributes"]
    assert attributes[GIVEN_NAME] == {"t": "HOCH", "v": ["ERIKA"]}
    assert attributes[BPK2] == {"t": "NORMAL", "v": [claims["up_principal"]]}
    assert attributes[COMMUNITY_ID]["v"] == ["02760503150000"]
    assert attributes[QAA]["v"] == ["STORK-QAA-Level-4"]
    assert SURNAME not in attributes


def test_a29_lower_level_than_asked_is_reported_as_reached(place: Place, sign_in: SignIn) -> None:
    citizen = place.citizen(sign_in.asks("bundid", bp_level="4"))
    citizen.chooses("elster", "elke")
    claims = place.realm.id_token(_answered(sign_in, citizen.confirms())["code"], sign_in.verifier)
    assert claims["upstream"]["authn_context"] == "STORK-QAA-Level-3"


@pytest.mark.parametrize("button", ["cancel-authn-failed", "cancel-request-denied"])
def test_cancel_returns_to_the_broker_as_access_denied(place: Place, sign_in: SignIn, button: str) -> None:
    citizen = place.citizen(sign_in.asks("bundid"))
    answer = _answered(sign_in, citizen.cancels(button))
    assert answer == {
        "error": "access_denied",
        "error_description": "Authentication was canceled by the user.",
        "state": sign_in.state,
        "iss": place.realm.url,
    }


def test_missing_required_attribute_returns_to_the_broker_by_name(place: Place, sign_in: SignIn) -> None:
    citizen = place.citizen(sign_in.asks("bundid", bp_attrs=f"{COMMUNITY_ID}!"))
    citizen.chooses("elster", "elke")
    answer = _answered(sign_in, citizen.confirms())
    assert (answer["error"], answer["state"]) == ("access_denied", sign_in.state)
    assert answer["error_description"] == f"IDP_REQUIRED_ATTRIBUTES_MISSING {COMMUNITY_ID}"


def test_a47_unknown_provider_is_no_denial(place: Place, sign_in: SignIn) -> None:
    answer = sign_in.is_refused("no-such-provider")
    assert (answer["error"], answer["state"], answer["iss"]) == ("temporarily_unavailable", sign_in.state, place.realm.url)


@pytest.mark.parametrize(("language", "words"), [("de", "nicht geklappt"), ("en", "did not work")])
def test_a28_refused_answer_ends_on_a_page_with_the_way_home(place: Place, sign_in: SignIn, language: str, words: str) -> None:
    citizen = place.citizen(sign_in.asks("bundid", ui_locales=language))
    citizen.chooses("eid", "erika")
    posted = citizen.confirms("wrong-audience")
    page = sign_in.fails(posted.action, posted.response, posted.relay_state)
    assert page.status == 400
    assert words in page.text()
    assert page.html.get("lang") == language
    assert page.refresh().startswith(f"{BASE_URL}?kc_error=")
    assert page.link("back-to-broker") == BASE_URL
    assert not page.html.xpath("//script")


def test_a28_answer_sent_twice_signs_nobody_in_and_leads_home(place: Place, sign_in: SignIn) -> None:
    citizen = place.citizen(sign_in.asks("bundid"))
    citizen.chooses("eid", "erika")
    posted = citizen.confirms()
    assert "code" in _answered(sign_in, posted)
    page = sign_in.fails(posted.action, posted.response, posted.relay_state)
    assert page.status == 400
    assert page.refresh() == page.link("back-to-broker") == BASE_URL


def test_page_without_any_login_leads_to_the_broker_of_this_server(place: Place, sign_in: SignIn) -> None:
    page = sign_in.fails(f"{place.realm.url}/broker/bundid/endpoint", b"no answer at all", "")
    assert page.status == 400
    assert page.refresh().startswith(f"{BROKER_RETURN}?kc_error=")
    assert page.link("back-to-broker") == BROKER_RETURN


def test_a44_log_names_no_citizen_after_success_and_failure(place: Place, keycloak: KeycloakServer) -> None:
    principal = ""
    for spoilt in (b"", b" "):
        sign_in = SignIn(place.realm)
        citizen = place.citizen(sign_in.asks("bundid", bp_level="4"))
        citizen.chooses("eid", "erika")
        posted = citizen.confirms()
        if spoilt:
            sign_in.posts(posted.action, posted.response.replace(b"CipherValue>", b"CipherValue>AAAA", 1), posted.relay_state)
        else:
            code = _answered(sign_in, posted)["code"]
            principal = place.realm.id_token(code, sign_in.verifier)["up_principal"]
    log = keycloak.log_file.read_text()
    assert "Keycloak 2" in log
    assert len(principal) == 43
    for secret in (principal, "ERIKA", "MUSTERMANN", "02760503150000"):
        assert secret not in log


def test_log_is_readable_by_its_owner_only(keycloak: KeycloakServer) -> None:
    assert Path(keycloak.log_file).stat().st_mode & 0o077 == 0
