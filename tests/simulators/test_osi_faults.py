"""Each fault of Servicekonto SH bends exactly what its name says."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from deploy.demo.osi.faults import FAULTS
from deploy.demo.saml.faults import ASSERTION_SIGNATURE, ENVELOPE
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.simulators.conftest import PLAIN, Osi
from tests.support.saml_sp import xmlsec1_verifies

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"
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
    "unsigned-assertion": {"signatures", "method"},
    "signature-outside-only": set(),
    "signed-by-stranger": set(),
    "signed-by-next-key": set(),
    "tampered": {"name_id"},
    "signature-wrapping": {"signatures", "attributes"},
    "response-signed-too": {"signatures"},
    "pss-signature": {"method"},
    "level-low": {"context", "attributes"},
    "level-unknown": {"context"},
    "assurance-above-context": {"context"},
    "two-assurance-levels": {"attributes"},
    "without-assurance-level": {"attributes"},
    "empty-name-id": {"name_id"},
    "transient-name-id": {"name_id_format"},
    "two-residences": {"attributes"},
    "residence-as-text": {"attributes"},
    "huge-residence": {"attributes"},
    "german-birthdate": {"attributes"},
    "unknown-principal-type": {"attributes"},
}


def _facts(root: etree._Element) -> dict[str, Any]:
    """What a relying party looks at, without what is new in every response."""

    def get(path: str, name: str) -> str | None:
        element = root.find(path, NAMESPACES)
        return None if element is None else element.get(name)

    return {
        "audience": root.findtext(".//saml2:Audience", namespaces=NAMESPACES),
        "issuer": root.findtext(".//saml2:Assertion/saml2:Issuer", namespaces=NAMESPACES),
        "recipient": get(".//saml2:SubjectConfirmationData", "Recipient"),
        "destination": root.get("Destination"),
        "in_response_to": get(".//saml2:SubjectConfirmationData", "InResponseTo"),
        "until": get(".//saml2:Conditions", "NotOnOrAfter"),
        "context": root.findtext(".//saml2:AuthnContextClassRef", namespaces=NAMESPACES),
        "signatures": len(root.findall(".//ds:Signature", NAMESPACES)),
        "method": get(".//ds:SignatureMethod", "Algorithm"),
        "name_id": root.findtext(".//saml2:NameID", namespaces=NAMESPACES),
        "name_id_format": get(".//saml2:NameID", "Format"),
        "attributes": [
            (one.get("Name"), "".join(one.itertext()), [etree.QName(inner).localname for inner in one.iter()])
            for one in root.iterfind(".//saml2:Attribute", NAMESPACES)
        ],
    }


def test_every_fault_is_described() -> None:
    assert CHANGES.keys() == FAULTS.keys()


@pytest.mark.parametrize("fault", CHANGES)
def test_a_fault_changes_what_it_names_and_nothing_else(servicekonto: Osi, fault: str) -> None:
    faithful = _facts(servicekonto.answer("plus", "hanne", **PLAIN).root)
    bent = _facts(servicekonto.answer("plus", "hanne", fault, **PLAIN).root)
    changed = {name for name in faithful if faithful[name] != bent[name]}
    assert changed == CHANGES[fault]


@pytest.mark.parametrize("fault", sorted((ENVELOPE.keys() | FAULTS.keys()) - ASSERTION_SIGNATURE.keys() - {"pss-signature"}))
def test_apart_from_signature_faults_the_assertion_is_signed_well(servicekonto: Osi, fault: str) -> None:
    posted = servicekonto.answer("plus", "hanne", fault, **PLAIN)
    assert xmlsec1_verifies(posted.response, servicekonto.keys.signing, ASSERTION, servicekonto.folder)


@pytest.mark.parametrize("fault", ["unsigned-assertion", "signature-outside-only", "signed-by-stranger", "signed-by-next-key", "tampered"])
def test_a_signature_fault_is_one(servicekonto: Osi, fault: str) -> None:
    posted = servicekonto.answer("plus", "hanne", fault, **PLAIN)
    assert not xmlsec1_verifies(posted.response, servicekonto.keys.signing, ASSERTION, servicekonto.folder)
