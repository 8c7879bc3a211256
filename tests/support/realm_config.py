"""A copy of `realm-config/` that a test may bend, and the values its environment `local` needs."""

from __future__ import annotations

import base64
import shutil
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

REALM_CONFIG = Path(__file__).parents[2] / "realm-config"
ENVIRON = {
    "BROKER_HUB_CLIENT_SECRET": "a-client-secret-of-the-tests",
    "OIDC_CLIENT_SECRET": "another-secret-of-the-tests",
    "RESIDENTS_CLIENT_SECRET": "a-third-secret-of-the-tests",
    "SMTP_PASSWORD": "a-fourth-secret-of-the-tests",
}
ENTITY_ID = "http://localhost:8082/idp"
SH_METADATA, SH_ENTITY_ID = "http://localhost:8084/webidp/metadata/metadata", "urn:dataport:osi:servicekonto:idp:demo:sh"


class BentConfig:
    """The folder's copy; `replace` bends one place of one file and says in which line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(REALM_CONFIG, folder)

    def replace(self, file: str, old: str, new: str) -> int:
        """Puts `new` in place of the first `old` (which must be there); returns the line where it stands."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def offers(self, *aliases: str, environment: str = "local") -> None:
        """The environment offers these citizen IDs and no other."""
        file = f"environments/{environment}.yaml"
        lines = (self.folder / file).read_text(encoding="utf-8").splitlines()
        self.replace(
            file, next(line for line in lines if line.startswith("identity_providers:")), f"identity_providers: [{', '.join(aliases)}]"
        )

    def append(self, file: str, text: str) -> None:
        """Adds text at the end of a file."""
        with (self.folder / file).open("a", encoding="utf-8") as target:
            target.write(text)


@cache
def certificate() -> x509.Certificate:
    """A self-signed certificate, made once per process."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "citizen ID of the tests")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=2))
    return builder.sign(key, SHA256())


def certificate_base64() -> str:
    """The certificate as Keycloak and SAML metadata write it."""
    return base64.b64encode(certificate().public_bytes(Encoding.DER)).decode()


def metadata(entity_id: str = ENTITY_ID, use: str = ' use="signing"') -> bytes:
    """SAML metadata of an identity provider with that one key."""
    return f"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}">
      <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor{use}>
        <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{certificate_base64()}</X509Certificate></X509Data></KeyInfo>
      </KeyDescriptor></IDPSSODescriptor></EntityDescriptor>""".encode()


def fetch(url: str) -> bytes:
    """In place of a request to a simulated citizen ID: its metadata stands at its entityID, but for SH."""
    assert url.startswith("http://localhost:808")
    return metadata({SH_METADATA: SH_ENTITY_ID}.get(url, url))
