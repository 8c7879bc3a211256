"""Enveloped XML signatures: checking those of service providers against their metadata, making the simulator's own."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import InvalidSignature as InvalidRawSignature
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from deploy.demo.saml.keys import KeyPair
from deploy.demo.saml.refusal import RequestRefused
from deploy.demo.saml.vocabulary import DSIG
from deploy.demo.saml.xml_reading import find

ACCEPTED = SignatureConfiguration(
    location="./",  # the signature of the message itself, not one buried in an extension
    signature_methods=frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.SHA256_RSA_MGF1}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
)


def signed_part(message: etree._Element, certificates: Iterable[x509.Certificate]) -> etree._Element | None:
    """What one of ``certificates`` has really signed, which must be the whole message; None if none of them fits."""
    if find(message, "ds:Signature") is None:
        raise RequestRefused("saml-request-not-signed", "The message carries no enveloped signature.")
    for certificate in certificates:
        signed = _signed_by(message, certificate)
        # A genuine message carried inside a forged one would be signed as well, but it is not this message.
        if signed is not None and (signed.tag, signed.get("ID")) == (message.tag, message.get("ID")):
            return signed
    return None


def _signed_by(message: etree._Element, certificate: x509.Certificate) -> etree._Element | None:
    try:
        result = XMLVerifier().verify(message, x509_cert=certificate, expect_config=ACCEPTED)
    except (SignXMLException, InvalidRawSignature, etree.DocumentInvalid, ValueError):
        return None
    return None if isinstance(result, list) else result.signed_xml


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
