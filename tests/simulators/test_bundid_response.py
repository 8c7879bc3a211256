"""The response is BundID's: signed by RSASSA-PSS, then encrypted with AES-GCM; other programs can open and verify it."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from deploy.demo.saml.vocabulary import NAMESPACES
from tests.simulators.conftest import Bundid
from tests.support.saml_sp import openssl_verifies_pss, xmlsec1_verifies

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"
RESPONSE = "urn:oasis:names:tc:SAML:2.0:protocol:Response"


def _opened(bundid: Bundid, *faults: str, folder: Path) -> bytes:
    return bundid.sp.decrypted(bundid.answer("eid", "erika", *faults).response, folder)


def _find(document: bytes, path: str) -> etree._Element:
    found = etree.fromstring(document).find(f".//{path}", NAMESPACES)
    assert found is not None, path
    return found


def test_the_answer_goes_to_the_registered_address_with_relay_state_and_reference(bundid: Bundid) -> None:
    posted = bundid.answer("eid", "erika")
    assert posted.action == bundid.sp.acs_url
    assert posted.relay_state == "state-1"
    assert posted.status == ("Success",)
    assert posted.root.get("InResponseTo") == "_request-1"
    assert posted.root.get("Destination") == bundid.sp.acs_url
    assert posted.text("saml2:Issuer") == bundid.settings.entity_id


def test_nothing_about_the_citizen_is_readable_without_the_service_providers_key(bundid: Bundid) -> None:
    response = bundid.answer("eid", "erika", attributes=("urn:oid:2.5.4.4", "urn:oid:2.5.4.42")).response
    assert b"EncryptedAssertion" in response
    for secret in (b"MUSTERMANN", b"ERIKA", b"STORK-QAA"):
        assert secret not in response


def test_algorithms_are_aes_256_gcm_rsa_oaep_and_rsassa_pss_over_exclusive_c14n(bundid: Bundid, tmp_path: Path) -> None:
    root = bundid.answer("eid", "erika").root
    methods = [method.get("Algorithm") for method in root.iterfind(".//xenc:EncryptionMethod", NAMESPACES)]
    assert methods == ["http://www.w3.org/2009/xmlenc11#aes256-gcm", "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"]
    opened = _opened(bundid, folder=tmp_path)
    assert _find(opened, "ds:SignatureMethod").get("Algorithm") == "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
    assert _find(opened, "ds:CanonicalizationMethod").get("Algorithm") == "http://www.w3.org/2001/10/xml-exc-c14n#"


def test_xmlsec1_decrypts_and_verifies_the_assertion(bundid: Bundid, tmp_path: Path) -> None:
    opened = _opened(bundid, "rsa-sha256-signature", folder=tmp_path)
    assert xmlsec1_verifies(opened, bundid.keys.signing, ASSERTION, tmp_path)
    assert not xmlsec1_verifies(opened.replace(b"STORK-QAA-Level-4", b"STORK-QAA-Level-3"), bundid.keys.signing, ASSERTION, tmp_path)


def test_openssl_verifies_the_pss_signature_and_the_digest_covers_the_assertion(bundid: Bundid, tmp_path: Path) -> None:
    root = etree.fromstring(_opened(bundid, folder=tmp_path))
    signed_info = root.find(".//ds:SignedInfo", NAMESPACES)
    value = root.findtext(".//ds:SignatureValue", namespaces=NAMESPACES)
    canonical = etree.tostring(signed_info, method="c14n", exclusive=True)
    signature = base64.b64decode(value or "")
    assert openssl_verifies_pss(canonical, signature, bundid.keys.signing, tmp_path)
    assert not openssl_verifies_pss(canonical + b" ", signature, bundid.keys.signing, tmp_path)
    assertion = root.find(".//saml2:Assertion", NAMESPACES)
    assert assertion is not None
    digest = root.findtext(".//ds:DigestValue", namespaces=NAMESPACES)
    assertion.remove(assertion.find("ds:Signature", NAMESPACES))
    canonical = etree.tostring(assertion, method="c14n", exclusive=True, with_tail=False)
    assert base64.b64encode(hashlib.sha256(canonical).digest()).decode() == digest


def test_the_assertion_says_who_for_whom_and_until_when(bundid: Bundid, tmp_path: Path) -> None:
    opened = _opened(bundid, folder=tmp_path)
    name_id = _find(opened, "saml2:NameID")
    assert name_id.get("Format", "").endswith("nameid-format:transient")
    assert (name_id.get("NameQualifier"), name_id.get("SPNameQualifier")) == (bundid.settings.entity_id, bundid.sp.entity_id)
    confirmation = _find(opened, "saml2:SubjectConfirmationData")
    assert confirmation.get("Recipient") == bundid.sp.acs_url
    assert confirmation.get("InResponseTo") == "_request-1"
    assert confirmation.get("NotOnOrAfter") == "2026-11-26T10:05:00.000Z"
    assert confirmation.get("Address") == "127.0.0.1"
    conditions = _find(opened, "saml2:Conditions")
    assert (conditions.get("NotBefore"), conditions.get("NotOnOrAfter")) == ("2026-11-26T10:00:00.000Z", "2026-11-26T10:05:00.000Z")
    assert _find(opened, "saml2:Audience").text == bundid.sp.entity_id
    assert _find(opened, "saml2:AuthnStatement").get("AuthnInstant") == "2026-11-26T10:00:00.000Z"
    assert _find(opened, "saml2:AuthnStatement").get("SessionIndex")
    assert _find(opened, "saml2:SubjectLocality").get("Address") == "127.0.0.1"
    assert _find(opened, "saml2:AuthnContextClassRef").text == "STORK-QAA-Level-4"


def test_the_name_identifier_is_new_at_every_login(bundid: Bundid, tmp_path: Path) -> None:
    first, second = (_find(_opened(bundid, folder=tmp_path), "saml2:NameID").text for _ in range(2))
    assert first != second


def test_an_attribute_looks_like_bundids(bundid: Bundid, tmp_path: Path) -> None:
    opened = bundid.sp.decrypted(bundid.answer("eid", "erika", attributes=("urn:oid:2.5.4.16",)).response, tmp_path)
    attribute = _find(opened, "saml2:Attribute")
    assert attribute.get("FriendlyName") == "postalAddress"
    assert attribute.get("NameFormat") == "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
    assert attribute.get(f"{{{NAMESPACES['akdb']}}}TrustLevel") == "HOCH"
    assert attribute[0].get("{http://www.w3.org/2001/XMLSchema-instance}type") == "xsd:string"
    assert attribute[0].text == "HEIDESTRAẞE 17"


def test_key_transport_with_sha256_can_be_opened_too(bundid: Bundid) -> None:
    root = bundid.answer("eid", "erika", "oaep-sha256").root
    wrapped, content = (base64.b64decode(value.text or "") for value in root.iterfind(".//xenc:CipherValue", NAMESPACES))
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label=None)
    key = bundid.sp.encryption.private_key.decrypt(wrapped, oaep)
    assert AESGCM(key).decrypt(content[:12], content[12:], None).startswith(b"<saml2:Assertion ")


def test_only_the_holder_of_the_encryption_key_can_open_it(bundid: Bundid) -> None:
    root = bundid.answer("eid", "erika").root
    wrapped = base64.b64decode(root.findtext(".//xenc:CipherValue", namespaces=NAMESPACES) or "")
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), label=None)
    assert len(bundid.sp.encryption.private_key.decrypt(wrapped, oaep)) == 32
    with pytest.raises(ValueError, match="failed"):
        bundid.sp.signing.private_key.decrypt(wrapped, oaep)
