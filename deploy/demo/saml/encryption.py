"""XML Encryption 1.1 of an assertion: AES-256-GCM for the content, RSA-OAEP for its key."""

from __future__ import annotations

import base64
import secrets

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from deploy.demo.saml.answer import KeyTransport
from deploy.demo.saml.vocabulary import DSIG, SAML, XENC, XENC11

AES256_GCM = XENC11 + "aes256-gcm"
ELEMENT = XENC + "Element"
SHA1 = DSIG + "sha1"
SHA256 = XENC + "sha256"
MGF1_SHA256 = XENC11 + "mgf1sha256"
IV_BYTES = 12  # XMLEnc 1.1 5.2.4: 96 bit, written in front of ciphertext and tag


def encrypt_assertion(assertion: str, certificate: x509.Certificate, transport: KeyTransport) -> str:
    """An EncryptedAssertion, as text, that only the owner of ``certificate`` can open."""
    content_key, iv = AESGCM.generate_key(bit_length=256), secrets.token_bytes(IV_BYTES)
    ciphertext = iv + AESGCM(content_key).encrypt(iv, assertion.encode(), None)
    encrypted = etree.Element(f"{{{SAML}}}EncryptedAssertion", nsmap={"saml2": SAML})
    data = etree.SubElement(encrypted, f"{{{XENC}}}EncryptedData", nsmap={"xenc": XENC}, Type=ELEMENT)
    _method(data, AES256_GCM)
    key_info = etree.SubElement(data, f"{{{DSIG}}}KeyInfo", nsmap={"ds": DSIG})
    _encrypted_key(key_info, _wrap_key(content_key, certificate, transport), transport)
    _cipher(data, ciphertext)
    return etree.tostring(encrypted, encoding="unicode")


def _encrypted_key(key_info: etree._Element, wrapped: bytes, transport: KeyTransport) -> None:
    key = etree.SubElement(key_info, f"{{{XENC}}}EncryptedKey")
    method = _method(key, transport)
    is_1_1 = transport is KeyTransport.OAEP_SHA256
    etree.SubElement(method, f"{{{DSIG}}}DigestMethod", Algorithm=SHA256 if is_1_1 else SHA1)
    if is_1_1:
        etree.SubElement(method, f"{{{XENC11}}}MGF", nsmap={"xenc11": XENC11}, Algorithm=MGF1_SHA256)
    _cipher(key, wrapped)


def _method(parent: etree._Element, algorithm: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{XENC}}}EncryptionMethod", Algorithm=algorithm)


def _cipher(parent: etree._Element, value: bytes) -> None:
    data = etree.SubElement(parent, f"{{{XENC}}}CipherData")
    etree.SubElement(data, f"{{{XENC}}}CipherValue").text = base64.b64encode(value).decode()


def _wrap_key(content_key: bytes, certificate: x509.Certificate, transport: KeyTransport) -> bytes:
    public_key = certificate.public_key()
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise ValueError("the service provider's encryption certificate does not hold an RSA key")
    # SHA-1 is safe inside OAEP, and the older identifier fixes it (XMLEnc 1.1 5.5.2).
    digest = hashes.SHA256() if transport is KeyTransport.OAEP_SHA256 else hashes.SHA1()  # noqa: S303
    return public_key.encrypt(content_key, padding.OAEP(padding.MGF1(digest), digest, label=None))
