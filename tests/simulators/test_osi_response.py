"""Servicekonto SH answers in OSI's dialect: plain names, values made of elements, eIDAS levels, signed and readable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from deploy.demo.osi.simulator import METADATA_PATH
from deploy.demo.saml.vocabulary import NAMEFORMAT_BASIC, NAMEID_PERSISTENT, NAMEID_TRANSIENT, NAMESPACES
from tests.simulators.conftest import PLAIN, Osi
from tests.support.bundid_citizen import Posted
from tests.support.saml_sp import SamlSp, xmlsec1_verifies

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"
HIGH, LOW = "http://eidas.europa.eu/LoA/high", "http://eidas.europa.eu/LoA/low"


def _attributes(posted: Posted) -> dict[str, etree._Element]:
    found = posted.root.iterfind(".//saml2:Attribute", NAMESPACES)
    return {one.get("Name", ""): one for one in found}


def _text(attribute: etree._Element) -> str | None:
    return attribute.findtext("saml2:AttributeValue", namespaces=NAMESPACES)


def _inside(attribute: etree._Element) -> dict[str, str]:
    """The elements of a structured value, by local name."""
    value = attribute.find("saml2:AttributeValue", NAMESPACES)
    assert value is not None
    return {etree.QName(element).localname: element.text or "" for element in value.iter() if element is not value}


def _name_id(posted: Posted) -> tuple[str | None, str | None]:
    name_id = posted.root.find(".//saml2:NameID", NAMESPACES)
    assert name_id is not None
    return name_id.get("Format"), name_id.text


def test_the_assertion_is_signed_by_rsa_sha256_and_not_encrypted(servicekonto: Osi, tmp_path: Path) -> None:
    posted = servicekonto.answer("plus", "hanne", **PLAIN)
    assert posted.root.find("saml2:Assertion", NAMESPACES) is not None
    assert posted.root.find("saml2:EncryptedAssertion", NAMESPACES) is None
    assert xmlsec1_verifies(posted.response, servicekonto.keys.signing, ASSERTION, tmp_path)
    assert not xmlsec1_verifies(posted.response.replace(b"Brodersen", b"Brodersem"), servicekonto.keys.signing, ASSERTION, tmp_path)


def test_a_servicekonto_plus_is_high_in_the_context_and_in_the_attribute(servicekonto: Osi) -> None:
    posted = servicekonto.answer("plus", "hanne", **PLAIN)
    assert posted.text(".//saml2:AuthnContextClassRef") == HIGH
    attributes = _attributes(posted)
    assert _text(attributes["AssuranceLevel"]) == HIGH
    assert {attribute.get("NameFormat") for attribute in attributes.values()} == {NAMEFORMAT_BASIC}
    texts = {name: _text(attributes[name]) for name in ("FamilyNames", "GivenNames", "DateOfBirth", "EmailAddress", "PrincipalType")}
    assert texts == {
        "FamilyNames": "Brodersen",
        "GivenNames": "Hanne",
        "DateOfBirth": "1987-03-04",
        "EmailAddress": "hanne@post.example",
        "PrincipalType": "NaturalPerson",
    }


def test_residence_and_place_of_birth_are_made_of_elements(servicekonto: Osi) -> None:
    attributes = _attributes(servicekonto.answer("plus", "nele", **PLAIN))
    assert _inside(attributes["PlaceOfResidence"]) == {
        "StreetAddress": "Dorfstraße 3",
        "ZipCode": "23628",
        "City": "Krummesse",
        "Country": "DE",
    }
    assert _inside(attributes["PlaceOfBirth"]) == {"Freetext": "Ratzeburg"}


def test_an_organisation_is_a_legal_entity_without_residence(servicekonto: Osi) -> None:
    attributes = _attributes(servicekonto.answer("plus", "kulturhof", **PLAIN))
    assert _text(attributes["PrincipalType"]) == "LegalEntity"
    entity = _inside(attributes["LegalEntity"])
    assert (entity["OrganizationName"], entity["City"]) == ("Kulturhof Laboe gGmbH", "Laboe")
    assert "PlaceOfResidence" not in attributes


def test_by_password_the_same_account_is_low(servicekonto: Osi) -> None:
    by_password, by_card = (servicekonto.answer(means, "hanne", **PLAIN) for means in ("password", "plus"))
    assert by_password.text(".//saml2:AuthnContextClassRef") == LOW
    assert _text(_attributes(by_password)["AssuranceLevel"]) == LOW
    assert _name_id(by_password) == _name_id(by_card)


def test_the_name_identifier_is_persistent_and_belongs_to_one_service_provider(servicekonto: Osi, make_osi: Callable[..., Osi]) -> None:
    kind, first = _name_id(servicekonto.answer("plus", "hanne", **PLAIN))
    assert kind == NAMEID_PERSISTENT
    assert _name_id(servicekonto.answer("plus", "jasper", **PLAIN))[1] != first
    assert _name_id(servicekonto.answer("plus", "hanne", **PLAIN))[1] == first
    elsewhere = make_osi(SamlSp(servicekonto.sp.sso_url, entity_id="https://sso.kiel.example", acs_url=servicekonto.sp.acs_url))
    assert _name_id(elsewhere.answer("plus", "hanne", **PLAIN))[1] != first


def test_without_an_account_the_identifier_is_new_each_time(servicekonto: Osi) -> None:
    first, second = (_name_id(servicekonto.answer("temporary", "tilda", **PLAIN)) for _ in range(2))
    assert first[0] == second[0] == NAMEID_TRANSIENT
    assert first[1] != second[1]


def test_the_metadata_name_key_identifier_format_and_both_services(servicekonto: Osi) -> None:
    page = servicekonto.app.test_client().get(METADATA_PATH)
    root = etree.fromstring(page.get_data())
    assert root.get("entityID") == servicekonto.settings.entity_id
    assert root.get("validUntil") is None
    assert root.findtext(".//md:NameIDFormat", namespaces=NAMESPACES) == NAMEID_PERSISTENT
    services = {etree.QName(one).localname: one.get("Location") for one in root.iterfind(".//*[@Location]", NAMESPACES)}
    assert services == {"SingleSignOnService": servicekonto.settings.sso_url, "SingleLogoutService": servicekonto.settings.slo_url}


def test_two_certificates_are_published_during_a_rollover(make_osi: Callable[..., Osi]) -> None:
    root = etree.fromstring(make_osi(publish_next_key=True).simulator.metadata())
    assert len(root.findall(".//ds:X509Certificate", NAMESPACES)) == 2


@pytest.mark.parametrize("status", ["authn-failed", "request-denied", "no-authn-context"])
def test_a_cancelled_login_is_answered_with_a_signed_status(servicekonto: Osi, status: str, tmp_path: Path) -> None:
    posted = servicekonto.citizen(**PLAIN).cancels(f"cancel-{status}")
    assert posted.status == ("Requester", {"authn-failed": "AuthnFailed", "request-denied": "RequestDenied"}.get(status, "NoAuthnContext"))
    assert posted.root.find(".//saml2:Assertion", NAMESPACES) is None
    response = "urn:oasis:names:tc:SAML:2.0:protocol:Response"
    assert xmlsec1_verifies(posted.response, servicekonto.keys.signing, response, tmp_path)
