"""TLS client certificates as a proxy passes them on: reading, naming, and two methods of client authentication (RFC 8705 2).

The proxy checks that the caller holds the key and, for `tls_client_auth`, that an authority it trusts signed the certificate; it lets
certificates through that are verified or sign themselves, no others (deploy/proxy.conf). Here a certificate that signs itself never
counts as one of an authority, whatever the proxy does.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from urllib.parse import unquote

from authlib.oauth2.rfc6749 import OAuth2Request
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from broker.core.client import Client
from broker.core.client_policy import AuthMethod
from broker.core.ids import same
from broker.core.ports import Clock
from broker.flows.checking_keys import DNS, EMAIL, IP, SUBJECT, URI, distinguished_name, ip_address
from broker.flows.reading_keys import PublicKey
from broker.oidc.client_auth import ClientMethod, QueryClient, live, refused
from broker.oidc.client_keys import ClientKeyring
from broker.oidc.faces import ClientFace, TokenRequest

SKEW = timedelta(seconds=10)
_LONGEST = 16_384  # a header is never longer (deploy/gunicorn.conf.py)
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, x509.UnsupportedGeneralNameType)
"""What cryptography says of a certificate that is odd somewhere; parts are read only when they are looked at."""

_ComparableName = tuple[frozenset[tuple[str, str | bytes]], ...]


def read_certificate(header: str) -> x509.Certificate | None:
    """The certificate in a proxy's header: URL-encoded PEM (nginx), base64 DER (Traefik, HAProxy) or `:base64:` (RFC 9440); else None."""
    if len(header) > _LONGEST:
        return None
    text = unquote(header).strip()
    if text.startswith(_BEGIN):
        text = text.removeprefix(_BEGIN).partition(_END)[0]
    elif text.startswith(":"):
        text = text[1:].removesuffix(":")
    first = "".join(text.partition(",")[0].split())  # Traefik lists the chain
    try:
        return x509.load_der_x509_certificate(base64.b64decode(first, validate=True))
    except _UNREADABLE:
        return None


def thumbprint(header: str) -> str | None:
    """`x5t#S256` of the certificate in a proxy's header (RFC 8705 3.1), base64url without padding; None when there is none."""
    certificate = read_certificate(header)
    if certificate is None:
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()).rstrip(b"=").decode()


class ClientCertificates:
    """The methods with certificates, as Authlib's registry calls them."""

    def __init__(self, keyring: ClientKeyring, clock: Clock) -> None:
        self._keyring, self._clock = keyring, clock

    @property
    def methods(self) -> Mapping[str, ClientMethod]:
        """By their names."""
        return {AuthMethod.TLS: self.by_authority, AuthMethod.SELF_SIGNED_TLS: self.by_registered_key}

    def by_authority(self, query_client: QueryClient, request: OAuth2Request) -> ClientFace | None:
        """`tls_client_auth`: a certificate that an authority signed, with the name that the client registered."""
        return self._proven(query_client, request, AuthMethod.TLS, carries_name)

    def by_registered_key(self, query_client: QueryClient, request: OAuth2Request) -> ClientFace | None:
        """`self_signed_tls_client_auth`: a certificate that the client registered. Raises TemporarilyUnavailable, as the keyring does."""
        return self._proven(query_client, request, AuthMethod.SELF_SIGNED_TLS, self._is_registered)

    def _proven(
        self,
        query_client: QueryClient,
        request: OAuth2Request,
        method: AuthMethod,
        fits: Callable[[x509.Certificate, Client], bool],
    ) -> ClientFace | None:
        """The client that the form names, if it uses this method and shows a certificate that fits. Raises InvalidClient if it does not."""
        assert isinstance(request, TokenRequest)  # the only kind our server hands out
        client_id = request.form.get("client_id")
        if not client_id or request.call.certificate is None:
            return None
        face = live(query_client(client_id))
        if face is None or face.client.auth_method is not method:
            return None
        certificate = read_certificate(request.call.certificate)
        try:
            good = certificate is not None and self._is_current(certificate) and fits(certificate, face.client)
        except _UNREADABLE:
            good = False
        if not good:
            raise refused()
        return face

    def _is_current(self, certificate: x509.Certificate) -> bool:
        now = self._clock()
        return certificate.not_valid_before_utc - SKEW <= now <= certificate.not_valid_after_utc

    def _is_registered(self, certificate: x509.Certificate, client: Client) -> bool:
        return any(_belongs(certificate, key) for key in self._keyring.all(client))


def carries_name(certificate: x509.Certificate, client: Client) -> bool:
    """Whether an authority vouches in this certificate for the one name that the client's record wants."""
    wanted = client.keys.tls_names
    if len(wanted) != 1 or _comparable(certificate.issuer) == _comparable(certificate.subject):
        return False
    [(kind, name)] = wanted.items()
    if kind == SUBJECT:
        expected = distinguished_name(name)
        return expected is not None and _comparable(expected) == _comparable(certificate.subject)
    return _same_name(kind, name, _alternative_names(certificate))


def _same_name(kind: str, name: str, names: x509.SubjectAlternativeName) -> bool:
    if kind == DNS:
        return name.lower() in (one.lower() for one in names.get_values_for_type(x509.DNSName))
    if kind == URI:
        return name in names.get_values_for_type(x509.UniformResourceIdentifier)
    if kind == IP:
        return ip_address(name) in names.get_values_for_type(x509.IPAddress)
    return kind == EMAIL and name in names.get_values_for_type(x509.RFC822Name)


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    with suppress(x509.ExtensionNotFound, x509.DuplicateExtension, *_UNREADABLE):
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return x509.SubjectAlternativeName([])


def _belongs(certificate: x509.Certificate, key: PublicKey) -> bool:
    """Whether the client registered this certificate (`x5c`), or, without certificates, its key (RFC 8705 2.2.2)."""
    registered = key.get("x5c")
    if isinstance(registered, list) and registered:
        return same(registered[0], base64.b64encode(certificate.public_bytes(Encoding.DER)).decode())
    return key.public_key.public_bytes(*_SPKI) == certificate.public_key().public_bytes(*_SPKI)


_SPKI = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _comparable(name: x509.Name) -> _ComparableName:
    """A name as X.520 compares it: letters' case and doubled spaces do not count, nor the order inside one RDN."""
    return tuple(frozenset((one.oid.dotted_string, _folded(one.value)) for one in rdn) for rdn in name.rdns)


def _folded(value: str | bytes) -> str | bytes:
    return " ".join(value.split()).casefold() if isinstance(value, str) else value
