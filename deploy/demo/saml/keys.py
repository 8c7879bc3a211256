"""A simulator's keys: made at the first start, kept in its state folder, never anywhere else."""

from __future__ import annotations

import base64
import datetime as dt
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

# Certificates in SAML metadata are mere containers of a key; ten years spare the demo a failure on some future morning.
CERTIFICATE_LIFETIME = dt.timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private RSA key and its self-signed certificate."""

    private_key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def certificate_base64(self) -> str:
        """The certificate as metadata and Keycloak's ``signingCertificate`` want it: base64 DER, one line."""
        return base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()

    @property
    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def private_pem(self) -> bytes:
        return self.private_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@dataclass(frozen=True, slots=True)
class Keys:
    """All secrets of one simulator: the signing key in use, the one to follow it, the salt of the pseudonyms."""

    signing: KeyPair
    next_signing: KeyPair
    salt: bytes


def make_key_pair(common_name: str, now: dt.datetime) -> KeyPair:
    """A fresh RSA-3072 key (what BSI TR-03116-4 asks of SAML signatures) with a self-signed certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + CERTIFICATE_LIFETIME)
        .sign(key, hashes.SHA256())
    )
    return KeyPair(key, certificate)


def load_or_make(folder: Path, owner: str, now: dt.datetime) -> Keys:
    """The keys kept in ``folder``; what is missing is made and written, readable by its owner only. ``owner`` names certificates."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Keys(
        signing=_key_pair(folder, "signing", owner, now),
        next_signing=_key_pair(folder, "next-signing", owner, now),
        salt=_salt(folder / "salt"),
    )


def _key_pair(folder: Path, name: str, owner: str, now: dt.datetime) -> KeyPair:
    key_file, certificate_file = folder / f"{name}.key", folder / f"{name}.crt"
    if not (key_file.exists() and certificate_file.exists()):
        pair = make_key_pair(owner, now)
        _write_private(key_file, pair.private_pem)
        certificate_file.write_text(pair.certificate_pem)
        return pair
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{key_file.name} in the state folder does not hold an RSA key; delete it to have a new one made")
    return KeyPair(key, x509.load_pem_x509_certificate(certificate_file.read_bytes()))


def _salt(file: Path) -> bytes:
    if not file.exists():
        _write_private(file, secrets.token_hex(32).encode())
    return file.read_bytes().strip()


def _write_private(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
