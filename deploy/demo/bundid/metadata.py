"""The simulator's own SAML metadata."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from deploy.demo.bundid.keys import KeyPair
from deploy.demo.bundid.vocabulary import BINDING_POST, DSIG, METADATA, NAMEID_TRANSIENT, SAMLP


def build_metadata(entity_id: str, sso_url: str, signing: Iterable[KeyPair]) -> bytes:
    """An EntityDescriptor like BundID's: no validUntil, no logout; more than one signing key during a rollover."""
    root = etree.Element(f"{{{METADATA}}}EntityDescriptor", nsmap={"md": METADATA, "ds": DSIG}, entityID=entity_id)
    descriptor = etree.SubElement(root, f"{{{METADATA}}}IDPSSODescriptor", protocolSupportEnumeration=SAMLP, WantAuthnRequestsSigned="true")
    for pair in signing:
        _key_descriptor(descriptor, pair.certificate_base64)
    etree.SubElement(descriptor, f"{{{METADATA}}}NameIDFormat").text = NAMEID_TRANSIENT
    etree.SubElement(descriptor, f"{{{METADATA}}}SingleSignOnService", Binding=BINDING_POST, Location=sso_url)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _key_descriptor(descriptor: etree._Element, certificate: str) -> None:
    key = etree.SubElement(descriptor, f"{{{METADATA}}}KeyDescriptor", use="signing")
    data = etree.SubElement(etree.SubElement(key, f"{{{DSIG}}}KeyInfo"), f"{{{DSIG}}}X509Data")
    etree.SubElement(data, f"{{{DSIG}}}X509Certificate").text = certificate
