"""Each fault bends exactly what its name says, so that a test of a relying party knows what it has met."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from deploy.demo.muk.faults import FAULTS
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.support.muk_place import MukPlace, values_of
from tests.support.saml_sp import xmlsec1_verifies

RESPONSE = "urn:oasis:names:tc:SAML:2.0:protocol:Response"
LEVELS = {"ElsterVertrauensniveauIdentifizierung", "ElsterVertrauensniveauAuthentifizierung"}


@pytest.fixture
def muk(tmp_path: Path) -> MukPlace:
    return MukPlace(tmp_path)


def _facts(root: etree._Element) -> dict[str, Any]:
    """What a relying party looks at, without what is new in every response."""

    def get(path: str, name: str) -> str | None:
        element = root.find(path, NAMESPACES)
        return None if element is None else element.get(name)

    names = [attribute.get("Name") for attribute in root.iterfind(".//saml2:Attribute", NAMESPACES)]
    return {
        "audience": root.findtext(".//saml2:Audience", namespaces=NAMESPACES),
        "issuer": root.findtext(".//saml2:Assertion/saml2:Issuer", namespaces=NAMESPACES),
        "recipient": get(".//saml2:SubjectConfirmationData", "Recipient"),
        "destination": root.get("Destination"),
        "in_response_to": get(".//saml2:SubjectConfirmationData", "InResponseTo"),
        "until": get(".//saml2:Conditions", "NotOnOrAfter"),
        "name_id": root.findtext(".//saml2:NameID", namespaces=NAMESPACES),
        "name_format": get(".//saml2:NameID", "Format"),
        "response_signatures": len(root.findall("ds:Signature", NAMESPACES)),
        "assertion_signatures": len(root.findall(".//saml2:Assertion/ds:Signature", NAMESPACES)),
        "method": get("ds:Signature//ds:SignatureMethod", "Algorithm"),
        "language": get("saml2p:Status", "{http://www.w3.org/XML/1998/namespace}lang"),
        "doubled": {name for name in names if names.count(name) > 1},
        **{f"attribute {name}": value for name, value in values_of(root).items()},
    }


CHANGES: dict[str, set[str]] = {
    "wrong-audience": {"audience"},
    "wrong-issuer": {"issuer"},
    "wrong-recipient": {"recipient"},
    "wrong-destination": {"destination"},
    "wrong-in-response-to": {"in_response_to"},
    "unsolicited": {"in_response_to"},
    "expired": {"until"},
    "not-yet-valid": {"until"},
    "clock-ahead-30s": {"until"},
    "plain-assertion": set(),
    "rsa-sha256-signature": {"method"},
    "unsigned-response": {"response_signatures", "method"},
    "response-signed-by-stranger": set(),
    "response-signed-by-next-key": set(),
    "response-tampered": {"language"},
    "assertion-signed-instead": {"response_signatures", "assertion_signatures", "method"},
    "assertion-signed-too": {"assertion_signatures"},
    "without-name-id": {"name_id"},
    "transient-name-id": {"name_format"},
    "without-organisation-key": {"attribute DatenuebermittlerPseudonymId"},
    "two-organisation-keys": {"doubled", "attribute DatenuebermittlerPseudonymId"},
    "test-account": {"attribute IstTestkonto"},
    "without-test-word": {"attribute IstTestkonto"},
    "without-levels": {f"attribute {name}" for name in LEVELS},
    "authentication-unknown": {"attribute ElsterVertrauensniveauAuthentifizierung"},
    "identification-low": {"attribute ElsterVertrauensniveauIdentifizierung"},
    "two-levels": {"doubled", "attribute ElsterVertrauensniveauAuthentifizierung"},
    "two-acting-persons": {"doubled", "attribute HandelndePerson"},
    "without-acting-person": {"attribute HandelndePerson"},
    "malformed-birthdate": {"attribute HandelndePerson"},
    "acting-person-as-text": {"attribute HandelndePerson"},
    "huge-address": {"attribute Unternehmensanschrift"},
}
CANNOT_BE_OPENED_HERE = {"oaep-sha256"}  # xmlsec1 does not know it


def test_every_fault_has_its_expectation() -> None:
    assert set(CHANGES) | CANNOT_BE_OPENED_HERE == set(FAULTS)


@pytest.mark.parametrize("fault", sorted(CHANGES))
def test_a_fault_changes_what_it_names_and_nothing_else(muk: MukPlace, fault: str) -> None:
    faithful, bent = _facts(muk.opened(muk.answer("verein"))), _facts(muk.opened(muk.answer("verein", fault)))
    assert {name for name in faithful | bent if (faithful.get(name) or None) != (bent.get(name) or None)} == CHANGES[fault]


@pytest.mark.parametrize("fault", ["response-tampered", "response-signed-by-stranger", "response-signed-by-next-key"])
def test_these_signatures_do_not_fit_the_published_key(muk: MukPlace, tmp_path: Path, fault: str) -> None:
    posted = muk.answer("verein", "rsa-sha256-signature", fault)
    assert not xmlsec1_verifies(posted.response, muk.keys.signing, RESPONSE, tmp_path)


def test_the_next_key_signs_what_the_next_key_signs(muk: MukPlace, tmp_path: Path) -> None:
    posted = muk.answer("verein", "rsa-sha256-signature", "response-signed-by-next-key")
    assert xmlsec1_verifies(posted.response, muk.keys.next_signing, RESPONSE, tmp_path)


def test_plain_means_not_encrypted(muk: MukPlace) -> None:
    assert b"Vorstand" in muk.answer("verein", "plain-assertion").response
    assert b"Vorstand" not in muk.answer("verein").response


def test_every_fault_has_a_name_on_the_page(muk: MukPlace) -> None:
    visitor = muk.visitor()
    visitor.chooses("elster", "verein")
    labels = {fault: visitor.sees(f"fault-{fault}") for fault in FAULTS}
    assert None not in labels.values()
    page = visitor.at().get_data(as_text=True)
    assert all(f'for="fault-{fault}"></label>' not in page for fault in FAULTS)


def test_a_fault_of_the_tests_bends_every_answer(muk: MukPlace) -> None:
    muk.simulator.always_faults.append("without-levels")
    assert not LEVELS & values_of(muk.opened(muk.answer("verein"))).keys()
