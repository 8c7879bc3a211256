"""Mein Unternehmenskonto answers in ELSTER's dialect: a signed response around an encrypted assertion, structured values, German dates."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from deploy.demo.muk.vocabulary import EKONA
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.support.muk_place import ACS, BASE_URL, MukPlace, values_of
from tests.support.saml_sp import xmlsec1_verifies

RESPONSE = "urn:oasis:names:tc:SAML:2.0:protocol:Response"


@pytest.fixture
def muk(tmp_path: Path) -> MukPlace:
    return MukPlace(tmp_path)


def test_an_association_and_the_person_who_acts_for_it(muk: MukPlace) -> None:
    assert values_of(muk.opened(muk.answer("verein"))) == {
        "DatenkranzTyp": "StNr",
        "PersTyp": "NNatPers",
        "DatenuebermittlerPseudonymId": "du-1c5b0d2e7f3a4b69880e1d2c3b4a59687f6e5d4c",
        "Firmenname": "Nordlichter e. V.",
        "Rechtsform": "270",
        "RechtsformText": "eingetragener Verein",
        "Registerart": "VR",
        "Registergericht": "Kiel",
        "Registernummer": "4711",
        "Taetigkeit": "9499",
        "TaetigkeitText": "Förderung der Beteiligung",
        "IstTestkonto": "false",
        "ElsterVertrauensniveauIdentifizierung": "substanziell",
        "ElsterVertrauensniveauAuthentifizierung": "substanziell",
        "Unternehmensanschrift": {
            "Typ": "Inland",
            "Strasse": "Hafenstraße",
            "Hausnummer": "1",
            "PLZ": "24103",
            "Ort": "Kiel",
            "Land": "DE",
        },
        "HandelndePerson": {"Vorname": "Vera", "Nachname": "Vorstand", "AkademischerGrad": "Dr.", "Geburtsdatum": "20.01.1977"},
    }


def test_a_sole_trader_is_a_person_by_law(muk: MukPlace) -> None:
    values = values_of(muk.opened(muk.answer("laden")))
    assert (values["PersTyp"], values["RechtsformText"]) == ("NatPers", "Einzelunternehmen")
    assert values["HandelndePerson"]["Geburtsdatum"] == "29.02.1980"


def test_a_test_account_says_so(muk: MukPlace) -> None:
    assert values_of(muk.opened(muk.answer("testfirma")))["IstTestkonto"] == "true"


def test_structured_values_are_elements_of_elsters_namespace(muk: MukPlace) -> None:
    root = muk.opened(muk.answer("verein"))
    (place,) = root.findall(f".//{{{EKONA}}}Ort")
    value = place.getparent()
    assert value is not None
    assert value.tag == f"{{{NAMESPACES['saml2']}}}AttributeValue"
    formats = {attribute.get("NameFormat") for attribute in root.iterfind(".//saml2:Attribute", NAMESPACES)}
    assert formats == {"urn:oasis:names:tc:SAML:2.0:attrname-format:basic"}


def test_the_response_is_signed_and_the_assertion_inside_is_not(muk: MukPlace, tmp_path: Path) -> None:
    posted = muk.answer("verein", "rsa-sha256-signature")  # xmlsec1 here does not know PSS
    assert b"EncryptedAssertion" in posted.response
    assert xmlsec1_verifies(posted.response, muk.keys.signing, RESPONSE, tmp_path)
    assertion = muk.opened(posted).find(".//saml2:Assertion", NAMESPACES)
    assert assertion is not None
    assert assertion.find("ds:Signature", NAMESPACES) is None


def test_elsters_signature_is_pss(muk: MukPlace) -> None:
    method = muk.answer("verein").root.find(".//ds:SignatureMethod", NAMESPACES)
    assert method is not None
    assert method.get("Algorithm", "").endswith("sha256-rsa-MGF1")


def _name_id(muk: MukPlace, certificate: str) -> str:
    name_id = muk.opened(muk.answer(certificate)).find(".//saml2:NameID", NAMESPACES)
    assert name_id is not None
    assert name_id.get("Format", "").endswith(":persistent")
    return name_id.text or ""


def test_the_name_is_the_same_at_each_sign_in_and_of_each_certificate_another(muk: MukPlace) -> None:
    vera, again, karl = _name_id(muk, "verein"), _name_id(muk, "verein"), _name_id(muk, "kassenwart")
    assert vera == again != karl
    keys = {values_of(muk.opened(muk.answer(one)))["DatenuebermittlerPseudonymId"] for one in ("verein", "kassenwart")}
    assert len(keys) == 1, "both act for the same organisation"


def test_another_service_provider_knows_the_person_by_another_name(muk: MukPlace, tmp_path: Path) -> None:
    here = _name_id(muk, "verein")
    muk.sp = type(muk.sp)(muk.sp.sso_url, entity_id="https://sso.kiel.example", acs_url=ACS)
    (tmp_path / "sp.xml").write_text(muk.sp.metadata())
    assert _name_id(muk, "verein") != here


def test_the_envelope_is_for_this_request_alone(muk: MukPlace) -> None:
    root = muk.opened(muk.answer("verein"))
    confirmation = root.find(".//saml2:SubjectConfirmationData", NAMESPACES)
    assert confirmation is not None
    assert (confirmation.get("Recipient"), confirmation.get("InResponseTo")) == (ACS, "_request-1")
    assert confirmation.get("NotOnOrAfter") == (muk.now + dt.timedelta(minutes=5)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert root.findtext("saml2:Issuer", namespaces=NAMESPACES) == f"{BASE_URL}/ekona"


def test_cancelling_is_a_signed_error(muk: MukPlace) -> None:
    posted = muk.visitor().cancels()
    assert posted.status == ("Requester", "AuthnFailed")
    assert posted.root.find("ds:Signature", NAMESPACES) is not None


def test_metadata_names_both_doors_and_its_key(muk: MukPlace) -> None:
    published = muk.app.test_client().get("/ekona").get_data(as_text=True)
    assert f'Location="{BASE_URL}/ekona/sso"' in published
    assert f'Location="{BASE_URL}/ekona/slo"' in published
    assert muk.keys.signing.certificate_base64 in published
    assert muk.keys.next_signing.certificate_base64 not in published


def test_during_a_rollover_both_keys_are_published(tmp_path: Path) -> None:
    muk = MukPlace(tmp_path, {"publish_next_key": True})
    assert muk.keys.next_signing.certificate_base64 in muk.app.test_client().get("/ekona").get_data(as_text=True)


def test_an_unknown_certificate_and_a_finished_login_lead_nowhere(muk: MukPlace) -> None:
    visitor = muk.visitor()
    page = visitor.at().request.path
    assert visitor.client.post(f"{page}/elster", data={"account": "erika"}).status_code == 404
    assert visitor.client.get(f"{page}/review").status_code == 410
    visitor.cancels()
    assert visitor.client.get(page).status_code == 410


@pytest.mark.parametrize("form", [{}, {"SAMLRequest": "not base64"}, {"SAMLRequest": "PGE+"}])
def test_what_is_no_request_is_refused_on_the_page(muk: MukPlace, form: dict[str, str]) -> None:
    page = muk.app.test_client().post("/ekona/sso", data=form)
    assert (page.status_code, "saml-request-invalid" in page.get_data(as_text=True)) == (400, True)
