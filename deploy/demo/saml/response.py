"""Turns a plan into the Response that is posted: build, sign, encrypt, wrap, in this order.

A signed assertion is handled as text from the moment it is signed; parsing and writing it again could break its signature.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from lxml import etree

from deploy.demo.saml.answer import AnswerPlan, ErrorPlan, SignedBy, new_id
from deploy.demo.saml.assertion import build_assertion, instant
from deploy.demo.saml.encryption import encrypt_assertion
from deploy.demo.saml.keys import KeyPair, Keys, make_key_pair
from deploy.demo.saml.receiving import Asked
from deploy.demo.saml.signature import sign
from deploy.demo.saml.vocabulary import AKDB, DSIG, SAML, SAMLP, STATUS

ASSERTION_HERE = "ASSERTION-HERE"


@dataclass(frozen=True, slots=True)
class ResponseWriter:
    """Writes responses with the simulator's keys."""

    keys: Keys

    def success(self, plan: AnswerPlan, certificate: x509.Certificate | None = None) -> bytes:
        """The response with one assertion, encrypted for ``certificate`` if the plan says so."""
        assertion = self._signed_assertion(plan)
        if plan.sealing.tamper:
            assertion = assertion.replace(*plan.sealing.tamper)
        if plan.sealing.wrap:
            assertion = _wrapped(assertion)
        if plan.sealing.encrypt:
            if certificate is None:
                raise ValueError("a request without an encryption certificate was accepted")
            assertion = encrypt_assertion(assertion, certificate, plan.sealing.key_transport)
        response = _response(plan, "Success")
        response.append(etree.Comment(ASSERTION_HERE))
        text = etree.tostring(response, encoding="unicode").replace(f"<!--{ASSERTION_HERE}-->", assertion)
        pair = self._signing_pair(plan.sealing.response_signed_by)
        if pair is not None:
            text = sign(etree.fromstring(text), pair, plan.sealing.signature_method)
        return (text.replace(*plan.sealing.tamper_response) if plan.sealing.tamper_response else text).encode()

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
        return (sign(response, self.keys.signing, plan.signature_method) if plan.sign_response else text).encode()

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


@dataclass(frozen=True, slots=True)
class PostedForm:
    """What the browser posts to the service provider; ``field`` is SAMLResponse or SAMLRequest."""

    action: str
    message: str
    relay_state: str
    field: str = "SAMLResponse"


def to_form(asked: Asked, response: bytes) -> PostedForm:
    """The answer to a request, HTTP-POST binding."""
    return PostedForm(asked.acs_url, base64.b64encode(response).decode(), asked.relay_state)


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
