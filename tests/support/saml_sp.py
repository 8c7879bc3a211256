"""A SAML service provider for tests: asks as Keycloak with the akdb extension would, and opens what comes back.

Decrypting and verifying is done by xmlsec1 and openssl, programs that share no code with the simulators.
"""

from __future__ import annotations

import base64
import datetime as dt
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import SignatureMethod

from deploy.demo.saml.keys import KeyPair
from deploy.demo.saml.signature import sign
from deploy.demo.saml.vocabulary import BINDING_POST, NAMESPACES

BPK2 = "urn:oid:1.3.6.1.4.1.25484.494450.3"
COMMUNITY_ID = "urn:oid:1.3.6.1.4.1.25484.494450.5"
BIRTHDATE = "urn:oid:1.2.40.0.10.2.1.1.55"
SURNAME = "urn:oid:2.5.4.4"
GIVEN_NAME = "urn:oid:2.5.4.42"
MAIL = "urn:oid:0.9.2342.19200300.100.1.3"
GENDER = "urn:oid:1.3.6.1.4.1.33592.1.3.5"
QAA = "urn:oid:1.2.40.0.10.2.1.1.261.94"
PROVED_BY = "urn:oid:1.3.6.1.4.1.25484.494450.2"
MFA = "urn:oid:1.3.6.1.4.1.25484.494450.7"
HANDLE = "urn:oid:2.5.4.18"
ADDRESS = "urn:oid:2.5.4.16"
ALL_MEANS = ("eID", "Elster", "Benutzername", "eIDAS")


@cache
def rsa_pair(name: str) -> KeyPair:
    """A key with certificate, the same for the same name in one process; 2048 bit, because tests wait for it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    dated = builder.not_valid_before(start).not_valid_after(start + dt.timedelta(days=36500))
    return KeyPair(key, dated.sign(key, hashes.SHA256()))


@dataclass(frozen=True)
class Asks:
    """The content of an AuthnRequest; defaults are a correct one. None leaves the part out."""

    attributes: tuple[str, ...] = (BPK2 + "!", QAA, PROVED_BY)  # "!" = RequiredAttribute
    means: tuple[str, ...] | None = ALL_MEANS
    disabled: tuple[str, ...] = ("FINK",)
    level: int | None = 1
    comparison: str = "minimum"
    version: str | None = "2"
    status_detail: bool = True
    display_name: str | None = "Beteiligung Lübeck"
    online_service_id: str | None = "BMI-A0001"
    purpose: str | None = None
    extension: bool = True
    nameless_attribute: bool = False
    acs_url: str | None = None
    destination: str | None = None
    issued_at: dt.datetime | None = None
    level_word: str | None = None  # in place of STORK's word for ``level``
    name_id_format: str | None = None


@dataclass(frozen=True)
class SamlSp:
    """One service provider towards the identity provider at ``sso_url``."""

    sso_url: str
    entity_id: str = "https://sso.luebeck.example"
    acs_url: str = "https://keycloak.luebeck.example/realms/citizens/broker/bundid/endpoint"
    signing: KeyPair = field(default_factory=lambda: rsa_pair("sp signing"))
    encryption: KeyPair = field(default_factory=lambda: rsa_pair("sp encryption"))

    def metadata(self) -> str:
        keys = "".join(
            f'<md:KeyDescriptor use="{use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{pair.certificate_base64}'
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for use, pair in (("signing", self.signing), ("encryption", self.encryption))
        )
        return (
            f'<md:EntityDescriptor xmlns:md="{NAMESPACES["md"]}" xmlns:ds="{NAMESPACES["ds"]}" entityID="{self.entity_id}">'
            f'<md:SPSSODescriptor protocolSupportEnumeration="{NAMESPACES["saml2p"]}">{keys}'
            f'<md:SingleLogoutService Binding="{BINDING_POST}" Location="{self.acs_url}"/>'
            f'<md:AssertionConsumerService Binding="{BINDING_POST}" Location="{self.acs_url}" index="1"/>'
            "</md:SPSSODescriptor></md:EntityDescriptor>"
        )

    def logout_request(self, now: dt.datetime, destination: str, name_id: str, *session_indexes: str) -> etree._Element:
        """The unsigned LogoutRequest for one person, of all their sessions or of some."""
        indexes = "".join(f"<saml2p:SessionIndex>{index}</saml2p:SessionIndex>" for index in session_indexes)
        return etree.fromstring(
            f'<saml2p:LogoutRequest xmlns:saml2p="{NAMESPACES["saml2p"]}" xmlns:saml2="{NAMESPACES["saml2"]}" ID="_logout-1" Version="2.0" '
            f'IssueInstant="{_instant(now)}" Destination="{destination}"><saml2:Issuer>{self.entity_id}</saml2:Issuer>'
            f"<saml2:NameID>{name_id}</saml2:NameID>{indexes}</saml2p:LogoutRequest>"
        )

    def request(self, now: dt.datetime, asks: Asks | None = None, request_id: str = "_request-1") -> etree._Element:
        """The unsigned AuthnRequest, in the shape of SB 10.1."""
        asks = asks or Asks()
        issued = _instant(asks.issued_at or now)
        return etree.fromstring(
            f'<saml2p:AuthnRequest xmlns:saml2p="{NAMESPACES["saml2p"]}" xmlns:saml2="{NAMESPACES["saml2"]}" '
            f'ID="{request_id}" Version="2.0" ForceAuthn="true" IsPassive="false" IssueInstant="{issued}" '
            f'ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Destination="{asks.destination or self.sso_url}" '
            f'AssertionConsumerServiceURL="{asks.acs_url or self.acs_url}"><saml2:Issuer>{self.entity_id}</saml2:Issuer>'
            f"{_extension(asks) if asks.extension else ''}{_policy(asks)}{_context(asks)}</saml2p:AuthnRequest>"
        )

    def signed(self, request: etree._Element, method: SignatureMethod = SignatureMethod.SHA256_RSA_MGF1) -> str:
        """The form field SAMLRequest of the signed request."""
        return base64.b64encode(sign(request, self.signing, method).encode()).decode()

    def decrypted(self, response: bytes, folder: Path) -> bytes:
        """The response with its assertion decrypted by xmlsec1."""
        (folder / "response.xml").write_bytes(response)
        (folder / "sp.key").write_bytes(self.encryption.private_pem)
        return _run("xmlsec1", "--decrypt", "--privkey-pem", folder / "sp.key", folder / "response.xml")


def _extension(asks: Asks) -> str:
    version = f'Version="{asks.version}"' if asks.version is not None else ""
    names = [(name.rstrip("!"), name.endswith("!")) for name in asks.attributes]
    requested = "".join(
        f'<akdb:RequestedAttribute Name="{name}"' + (' RequiredAttribute="true"/>' if required else "/>") for name, required in names
    )
    requested += "<akdb:RequestedAttribute/>" if asks.nameless_attribute else ""
    return (
        f'<saml2p:Extensions><akdb:AuthenticationRequest xmlns:akdb="{NAMESPACES["akdb"]}" {version} '
        f'EnableStatusDetail="{str(asks.status_detail).lower()}">{_methods(asks)}'
        f"<akdb:RequestedAttributes>{requested}</akdb:RequestedAttributes>{_display(asks)}"
        "</akdb:AuthenticationRequest></saml2p:Extensions>"
    )


def _methods(asks: Asks) -> str:
    if asks.means is None:
        return ""
    listed = [(name, "true") for name in asks.means] + [(name, "false") for name in asks.disabled]
    methods = "".join(f"<akdb:{name}><akdb:Enabled>{enabled}</akdb:Enabled></akdb:{name}>" for name, enabled in listed)
    return f"<akdb:AuthnMethods>{methods}</akdb:AuthnMethods>"


def _display(asks: Asks) -> str:
    parts = {
        "Purpose": asks.purpose,
        "OrganizationDisplayName": asks.display_name,
        "Lang": "de",
        "OnlineServiceId": asks.online_service_id,
    }
    texts = "".join(f"<c:{name}><![CDATA[{text}]]></c:{name}>" for name, text in parts.items() if text is not None)
    return f'<akdb:DisplayInformation><c:Version xmlns:c="{NAMESPACES["classic-ui"]}">{texts}</c:Version></akdb:DisplayInformation>'


def _instant(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _policy(asks: Asks) -> str:
    return f'<saml2p:NameIDPolicy Format="{asks.name_id_format}" AllowCreate="true"/>' if asks.name_id_format else ""


def _context(asks: Asks) -> str:
    if asks.level is None and asks.level_word is None:
        return ""
    return (
        f'<saml2p:RequestedAuthnContext Comparison="{asks.comparison}"><saml2:AuthnContextClassRef>'
        f"{asks.level_word or f'STORK-QAA-Level-{asks.level}'}</saml2:AuthnContextClassRef></saml2p:RequestedAuthnContext>"
    )


def xmlsec1_verifies(document: bytes, signer: KeyPair, element: str, folder: Path) -> bool:
    """Whether xmlsec1 accepts the enveloped RSA-SHA256 signature; ``element`` is namespace:name of what carries the ID.

    Debian's xmlsec1 does not know RSASSA-PSS: see ``openssl_verifies_pss``.
    """
    (folder / "signed.xml").write_bytes(document)
    (folder / "signer.crt").write_text(signer.certificate_pem)
    command = ["xmlsec1", "--verify", "--trusted-pem", folder / "signer.crt", "--id-attr:ID", element, folder / "signed.xml"]
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0


def openssl_verifies_pss(signed_info: bytes, signature: bytes, signer: KeyPair, folder: Path) -> bool:
    """Whether openssl accepts ``signature`` as RSASSA-PSS with SHA-256, MGF1-SHA-256 and a salt of 32 bytes."""
    (folder / "signed-info").write_bytes(signed_info)
    (folder / "signature").write_bytes(signature)
    (folder / "signer.crt").write_text(signer.certificate_pem)
    (folder / "signer.pub").write_bytes(_run("openssl", "x509", "-in", folder / "signer.crt", "-noout", "-pubkey"))
    options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sigopt", "rsa_mgf1_md:sha256"]
    files = ["-verify", folder / "signer.pub", "-signature", folder / "signature", folder / "signed-info"]
    command = ["openssl", "dgst", "-sha256", *options, *files]
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0


def _run(*command: str | Path) -> bytes:
    return subprocess.run(command, capture_output=True, timeout=30, check=True).stdout
