"""Each fault bends exactly what its name says, so that a test of a relying party knows what it has met."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from deploy.demo.bundid.faults import FAULTS
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.simulators.conftest import Bundid
from tests.support.saml_assertion import opened
from tests.support.saml_sp import BIRTHDATE, BPK2, COMMUNITY_ID, QAA, xmlsec1_verifies

ASKED = (BPK2, QAA, COMMUNITY_ID, BIRTHDATE)
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"


def _bent(bundid: Bundid, *faults: str) -> etree._Element:
    posted = bundid.answer("eid", "erika", *faults, attributes=ASKED)
    if b"EncryptedAssertion" in posted.response:
        return etree.fromstring(bundid.sp.decrypted(posted.response, bundid.folder))
    return posted.root


def _facts(root: etree._Element) -> dict[str, object]:
    """What a relying party looks at, without what is new in every response."""

    def get(path: str, name: str) -> str | None:
        element = root.find(path, NAMESPACES)
        return None if element is None else element.get(name)

    names = [attribute.get("Name") for attribute in root.iterfind(".//saml2:Attribute", NAMESPACES)]
    values = [value.text for value in root.iterfind(".//saml2:AttributeValue", NAMESPACES)]
    trusts = [a.get(f"{{{NAMESPACES['akdb']}}}TrustLevel") for a in root.iterfind(".//saml2:Attribute", NAMESPACES)]
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
        "encrypted": root.find("saml2:EncryptedAssertion", NAMESPACES) is not None,
        "names": names,
        "values": values,
        "trusts": trusts,
    }


CHANGES = {
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
    "signature-outside-only": set(),  # one signature either way; where it is, the next test says
    "signed-by-stranger": set(),
    "signed-by-next-key": set(),
    "tampered": set(),
    "signature-wrapping": {"signatures", "names", "values", "trusts"},
    "plain-assertion": {"encrypted"},
    "rsa-sha256-signature": {"method"},
    "oaep-sha256": None,  # xmlsec1 cannot open it; see test_bundid_response
    "response-signed-too": {"signatures"},
    "level-basic": {"context", "values"},
    "level-unknown": {"context"},
    "qaa-above-context": {"context"},
    "without-qaa": {"names", "values", "trusts"},
    "without-bpk2": {"names", "values", "trusts"},
    "without-trust": {"trusts"},
    "unknown-trust-word": {"trusts"},
    "low-trust": {"trusts"},
    "malformed-community-id": {"values"},
    "foreign-community-id": {"values"},
    "partial-birthdate": {"values"},
    "oid-with-space": {"names"},
}


def test_every_fault_has_its_expectation() -> None:
    assert set(CHANGES) == set(FAULTS)


@pytest.mark.parametrize("fault", [name for name, change in CHANGES.items() if change is not None])
def test_a_fault_changes_what_it_names_and_nothing_else(bundid: Bundid, fault: str) -> None:
    faithful, bent = _facts(_bent(bundid)), _facts(_bent(bundid, fault))
    assert {name for name in faithful if _as_set(faithful[name]) != _as_set(bent[name])} == CHANGES[fault]


def _as_set(value: object) -> object:
    """Order of attributes does not matter."""
    return sorted(map(str, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("fault", ["tampered", "signed-by-stranger", "signed-by-next-key", "signature-outside-only"])
def test_these_signatures_do_not_fit_the_published_key(bundid: Bundid, tmp_path: Path, fault: str) -> None:
    root = _bent(bundid, "rsa-sha256-signature", fault)
    inner = root.find(".//saml2:Assertion", NAMESPACES)
    assert inner is not None
    assert not xmlsec1_verifies(etree.tostring(inner), bundid.keys.signing, ASSERTION, tmp_path)


def test_a_rollover_publishes_both_keys_and_the_next_one_fits(make_bundid: Callable[..., Bundid], tmp_path: Path) -> None:
    bundid = make_bundid(publish_next_key=True)
    published = bundid.app.test_client().get("/idp").get_data(as_text=True)
    assert bundid.keys.signing.certificate_base64 in published
    assert bundid.keys.next_signing.certificate_base64 in published
    root = _bent(bundid, "rsa-sha256-signature", "signed-by-next-key")
    assert xmlsec1_verifies(etree.tostring(root), bundid.keys.next_signing, ASSERTION, tmp_path)


def test_wrapping_keeps_a_truly_signed_assertion_inside_the_forged_one(bundid: Bundid, tmp_path: Path) -> None:
    root = _bent(bundid, "rsa-sha256-signature", "signature-wrapping")
    forged, genuine = root.findall(".//saml2:Assertion", NAMESPACES)
    assert {value.text for value in forged.iterfind("saml2:AttributeStatement//saml2:AttributeValue", NAMESPACES)} == {"FORGED"}
    assert xmlsec1_verifies(etree.tostring(genuine), bundid.keys.signing, ASSERTION, tmp_path)


def test_faults_add_up(bundid: Bundid) -> None:
    posted = bundid.answer("eid", "erika", "without-bpk2", "low-trust", attributes=ASKED)
    assertion = opened(posted, bundid.sp, bundid.folder)
    assert BPK2 not in assertion.values
    assert set(assertion.trust.values()) == {"UNTERGEORDNET"}


def test_a_fault_of_the_settings_bends_every_answer(bundid: Bundid) -> None:
    bundid.simulator.always_faults.append("without-qaa")
    assertion = opened(bundid.answer("eid", "erika", attributes=ASKED), bundid.sp, bundid.folder)
    assert QAA not in assertion.values
