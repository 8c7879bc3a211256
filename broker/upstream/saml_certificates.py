"""Signing certificates of a SAML citizen ID, in the form Keycloak wants them: base64 of the DER, without PEM lines."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from urllib.parse import urlsplit
from xml.etree import ElementTree

import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_CERTIFICATE = "{http://www.w3.org/2000/09/xmldsig#}X509Certificate"
_TIMEOUT_SECONDS = 10
_LARGEST_METADATA_BYTES = 2 * 1024 * 1024


class CertificatesRefused(Exception):
    """The text is one sentence saying why no certificate can be taken from there."""


def certificates_of_pem(text: str) -> list[str]:
    """Every certificate of a PEM text, in its order. Raises CertificatesRefused."""
    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise CertificatesRefused("it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)") from None
    return [_base64(certificate) for certificate in found]


def certificates_of_metadata(metadata: bytes, url: str, entity_id: str) -> list[str]:
    """The certificates with which an identity provider signs, from its metadata. Raises CertificatesRefused.

    A key without a stated use serves for signing too (SAML metadata 2.4.1.1).
    """
    entity = _entity(metadata, url)
    if entity.get("entityID") != entity_id:
        raise CertificatesRefused(f"the metadata at {url} belongs to {entity.get('entityID')!r}, not to {entity_id!r}")
    keys = entity.findall(f"{_METADATA}IDPSSODescriptor/{_METADATA}KeyDescriptor")
    found = [node.text or "" for key in keys if key.get("use", "signing") == "signing" for node in key.iter(_CERTIFICATE)]
    if not found:
        raise CertificatesRefused(f"the metadata at {url} names no signing certificate")
    return [_checked(text, url) for text in dict.fromkeys(found)]


def _entity(metadata: bytes, url: str) -> ElementTree.Element:
    if b"<!DOCTYPE" in metadata:  # entity declarations could make a small file huge or read other files
        raise CertificatesRefused(f"the metadata at {url} holds a document type declaration")
    try:
        root = ElementTree.fromstring(metadata)  # noqa: S314  (no document type, so no entities; size is bounded by fetch_metadata)
    except ElementTree.ParseError:
        raise CertificatesRefused(f"what {url} serves is not XML") from None
    if root.tag != f"{_METADATA}EntityDescriptor":
        raise CertificatesRefused(f"what {url} serves is not the SAML metadata of one entity")
    return root


def _checked(text: str, url: str) -> str:
    try:
        return _base64(x509.load_der_x509_certificate(base64.b64decode("".join(text.split()), validate=True)))
    except (ValueError, binascii.Error):
        raise CertificatesRefused(f"the metadata at {url} holds a certificate that cannot be read") from None


def _base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")


def fetch_metadata(url: str) -> bytes:
    """What an address serves. Raises CertificatesRefused, also for http beyond this machine: anybody on the way could swap the keys."""
    if urlsplit(url).scheme != "https" and not _is_loopback(urlsplit(url).hostname or ""):
        raise CertificatesRefused(f"metadata is fetched by https only, not from {url}")
    try:
        with requests.get(url, timeout=_TIMEOUT_SECONDS, stream=True, allow_redirects=False) as answer:
            if answer.status_code != requests.codes.ok:
                raise CertificatesRefused(f"{url} answered with HTTP status {answer.status_code} instead of metadata")
            return _content(answer, url)
    except (requests.RequestException, OSError):
        raise CertificatesRefused(f"{url} does not answer: is that citizen ID running, and is the address right?") from None


def _content(answer: requests.Response, url: str) -> bytes:
    content = bytearray()
    for block in answer.iter_content(64 * 1024):
        content += block
        if len(content) > _LARGEST_METADATA_BYTES:
            raise CertificatesRefused(f"what {url} serves is too large for the metadata of one entity")
    return bytes(content)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
