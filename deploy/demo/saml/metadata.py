"""A simulator's own SAML metadata."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from deploy.demo.saml.keys import KeyPair
from deploy.demo.saml.vocabulary import BINDING_POST, DSIG, METADATA, NAMEID_TRANSIENT, SAMLP


def build_metadata(
    entity_id: str, sso_url: str, signing: Iterable[KeyPair], name_id_format: str = NAMEID_TRANSIENT, slo_url: str = ""
) -> bytes:
    """An EntityDescriptor without validUntil, as German citizen IDs publish it; more than one signing key during a rollover."""
    root = etree.Element(f"{{{METADATA}}}EntityDescriptor", nsmap={"md": METADATA, "ds": DSIG}, entityID=entity_id)
    descriptor = etree.SubElement(root, f"{{{METADATA}}}IDPSSODescriptor", protocolSupportEnumeration=SAMLP, WantAuthnRequestsSigned="true")
    for pair in signing:
        _key_descriptor(descriptor, pair.certificate_base64)
    if slo_url:
        etree.SubElement(descriptor, f"{{{METADATA}}}SingleLogoutService", Binding=BINDING_POST, Location=slo_url)
    etree.SubElement(descriptor, f"{{{METADATA}}}NameIDFormat").text = name_id_format
    etree.SubElement(descriptor, f"{{{METADATA}}}SingleSignOnService", Binding=BINDING_POST, Location=sso_url)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _key_descriptor(descriptor: etree._Element, certificate: str) -> None:
    key = etree.SubElement(descriptor, f"{{{METADATA}}}KeyDescriptor", use="signing")
    data = etree.SubElement(etree.SubElement(key, f"{{{DSIG}}}KeyInfo"), f"{{{DSIG}}}X509Data")
    etree.SubElement(data, f"{{{DSIG}}}X509Certificate").text = certificate
