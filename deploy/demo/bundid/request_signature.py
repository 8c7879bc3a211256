"""Checks the enveloped signature of an AuthnRequest against the certificates in the service provider's metadata."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import InvalidSignature as InvalidRawSignature
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from deploy.demo.bundid.refusal import RequestRefused
from deploy.demo.bundid.vocabulary import SAMLP
from deploy.demo.bundid.xml_reading import find

ACCEPTED = SignatureConfiguration(
    location="./",  # the signature of the request itself, not one buried in an extension
    signature_methods=frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.SHA256_RSA_MGF1}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
)


def signed_part(request: etree._Element, certificates: Iterable[x509.Certificate]) -> etree._Element | None:
    """What one of ``certificates`` has really signed, which must be the whole request; None if none of them fits."""
    if find(request, "ds:Signature") is None:
        raise RequestRefused("saml-request-not-signed", "The AuthnRequest carries no enveloped signature.")
    for certificate in certificates:
        signed = _signed_by(request, certificate)
        # A genuine request carried inside a forged one would be signed as well, but it is not this request.
        if signed is not None and (signed.tag, signed.get("ID")) == (f"{{{SAMLP}}}AuthnRequest", request.get("ID")):
            return signed
    return None


def _signed_by(request: etree._Element, certificate: x509.Certificate) -> etree._Element | None:
    try:
        result = XMLVerifier().verify(request, x509_cert=certificate, expect_config=ACCEPTED)
    except (SignXMLException, InvalidRawSignature, ValueError):
        return None
    return None if isinstance(result, list) else result.signed_xml
