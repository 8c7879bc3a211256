"""Certificates made for tests: an authority of our own, servers on loopback, and clients with the names RFC 8705 knows."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Certified:
    """A key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def saved(self, folder: Path) -> Path:
        """Key and certificate in one PEM file, as `ssl` wants them."""
        file = folder / "certified.pem"
        private = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + self.pem.encode())
        return file


def named(**parts: str) -> x509.Name:
    """A distinguished name, e.g. `named(COMMON_NAME="tool", ORGANIZATION_NAME="Stadt")`, in this order."""
    return x509.Name([x509.NameAttribute(getattr(NameOID, name), value) for name, value in parts.items()])


def certified(
    subject: x509.Name,
    names: Sequence[x509.GeneralName] = (),
    by: Certified | None = None,
    begin: datetime = BEGIN,
    end: datetime = END,
) -> Certified:
    """A certificate of this subject and these alternative names, signed by an authority or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = by.certificate.subject if by else subject
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), begin, end)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Certified(key, builder.sign(by.key if by else key, hashes.SHA256()))


def authority() -> Certified:
    """An authority that may sign others."""
    key, name = ec.generate_private_key(ec.SECP256R1()), named(COMMON_NAME="authority of the tests")
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), BEGIN, END)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    return Certified(key, builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()))


def for_loopback(by: Certified) -> Certified:
    """What a server on this machine shows."""
    names = [x509.DNSName("localhost"), x509.DNSName("tool.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    today = datetime.now(UTC)
    return certified(named(COMMON_NAME="localhost"), names, by, today - timedelta(days=1), today + timedelta(days=1))


def trusted_tls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server on loopback needs whose authority this process trusts, as it would trust an operator's own."""
    ours = authority()
    (folder / "authority.pem").write_text(ours.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(for_loopback(ours).saved(folder))
    return context
