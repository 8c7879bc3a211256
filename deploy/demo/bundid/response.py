"""Turns a plan into the Response that is posted: build, sign, encrypt, wrap, in this order.

A signed assertion is handled as text from the moment it is signed; parsing and writing it again could break its signature.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from deploy.demo.bundid.answer import AnswerPlan, ErrorPlan, SignedBy, new_id
from deploy.demo.bundid.assertion import build_assertion, instant
from deploy.demo.bundid.encryption import encrypt_assertion
from deploy.demo.bundid.keys import KeyPair, Keys, make_key_pair
from deploy.demo.bundid.vocabulary import AKDB, DSIG, SAML, SAMLP, STATUS

ASSERTION_HERE = "ASSERTION-HERE"


@dataclass(frozen=True, slots=True)
class ResponseWriter:
    """Writes responses with the simulator's keys."""

    keys: Keys

    def success(self, plan: AnswerPlan, certificate: x509.Certificate) -> bytes:
        """The response with one assertion, encrypted for ``certificate`` unless the plan says otherwise."""
        assertion = self._signed_assertion(plan)
        if plan.sealing.tamper:
            assertion = assertion.replace(*plan.sealing.tamper)
        if plan.sealing.wrap:
            assertion = _wrapped(assertion)
        if plan.sealing.encrypt:
            assertion = encrypt_assertion(assertion, certificate, plan.sealing.key_transport)
        response = _response(plan, "Success")
        response.append(etree.Comment(ASSERTION_HERE))
        text = etree.tostring(response, encoding="unicode").replace(f"<!--{ASSERTION_HERE}-->", assertion)
        return self._signed_response(text).encode() if plan.sealing.sign_response else text.encode()

    def error(self, plan: ErrorPlan) -> bytes:
        """The response without assertion: Requester and a second status code, a message and perhaps a detail."""
        response = _response(plan, "Requester")
        status = response[-1]
        etree.SubElement(status[0], f"{{{SAMLP}}}StatusCode", Value=STATUS + plan.sub_status)
        etree.SubElement(status, f"{{{SAMLP}}}StatusMessage").text = plan.message
        if plan.detail is not None:
            detail = etree.SubElement(status, f"{{{SAMLP}}}StatusDetail")
            etree.SubElement(detail, f"{{{AKDB}}}StatusDetail", nsmap={"akdb": AKDB}).text = plan.detail
        text = etree.tostring(response, encoding="unicode")
        return (self._signed_response(text) if plan.sign_response else text).encode()

    def _signed_assertion(self, plan: AnswerPlan) -> str:
        assertion = build_assertion(plan)
        pair = self._signing_pair(plan.sealing.signed_by)
        if pair is None:
            return etree.tostring(assertion, encoding="unicode")
        return sign(assertion, pair, plan.sealing.signature_method)

    def _signing_pair(self, who: SignedBy) -> KeyPair | None:
        if who is SignedBy.STRANGER:
            return make_key_pair("Somebody else", dt.datetime.now(dt.UTC))
        return {SignedBy.CURRENT: self.keys.signing, SignedBy.NEXT: self.keys.next_signing}.get(who)

    def _signed_response(self, text: str) -> str:
        return sign(etree.fromstring(text), self.keys.signing, SignatureMethod.SHA256_RSA_MGF1)


def sign(element: etree._Element, pair: KeyPair, method: SignatureMethod) -> str:
    """``element`` as text with an enveloped signature right after its Issuer, as the schema of SAML demands."""
    placeholder = etree.Element(f"{{{DSIG}}}Signature", nsmap={"ds": DSIG}, Id="placeholder")
    element.insert(1, placeholder)
    signer = XMLSigner(
        signature_algorithm=method,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signed = signer.sign(element, key=pair.private_key, cert=[pair.certificate], reference_uri=f"#{element.get('ID')}")
    return etree.tostring(signed, encoding="unicode")


def to_form_field(response: bytes) -> str:
    """The value of SAMLResponse in the HTTP-POST binding."""
    return base64.b64encode(response).decode()


def _response(plan: AnswerPlan | ErrorPlan, code: str) -> etree._Element:
    response = etree.Element(f"{{{SAMLP}}}Response", nsmap={"saml2p": SAMLP})
    response.set("ID", new_id())
    response.set("Version", "2.0")
    response.set("IssueInstant", instant(plan.issued_at))
    response.set("Destination", plan.destination)
    if plan.in_response_to is not None:
        response.set("InResponseTo", plan.in_response_to)
    etree.SubElement(response, f"{{{SAML}}}Issuer", nsmap={"saml2": SAML}).text = plan.issuer
    status = etree.SubElement(response, f"{{{SAMLP}}}Status")
    etree.SubElement(status, f"{{{SAMLP}}}StatusCode", Value=STATUS + code)
    return response


def _wrapped(assertion: str) -> str:
    """Signature wrapping: a forged assertion in front that carries the truly signed one inside its signature's Object."""
    forged = etree.fromstring(assertion)
    original = etree.fromstring(assertion)
    signature = forged.find(f"{{{DSIG}}}Signature")
    if signature is None:
        return assertion
    forged.set("ID", new_id())
    for value in forged.iter(f"{{{SAML}}}AttributeValue"):
        value.text = "FORGED"
    etree.SubElement(signature, f"{{{DSIG}}}Object").append(original)
    return etree.tostring(forged, encoding="unicode")
