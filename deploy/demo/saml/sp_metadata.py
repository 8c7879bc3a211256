"""The service providers this simulator knows, from their SAML metadata.

BundID deploys metadata on Tuesdays; here it is read from files or addresses when the first request needs it, and once more when
a request comes from somebody unknown or is signed with an unknown key. So the simulator may start before Keycloak does.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import requests
from cryptography import x509
from lxml import etree

from deploy.demo.saml.refusal import MetadataUnavailable
from deploy.demo.saml.vocabulary import BINDING_POST
from deploy.demo.saml.xml_reading import find, find_all, parse, text_of

FETCH_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """One registered service provider."""

    entity_id: str
    acs_urls: tuple[str, ...]
    logout_urls: tuple[str, ...]
    signing_certificates: tuple[x509.Certificate, ...]
    encryption_certificate: x509.Certificate | None


def read_service_provider(text: bytes) -> ServiceProvider:
    """The service provider described by an EntityDescriptor; ValueError says what is wrong with it."""
    root = parse(text)
    descriptor = find(root, "md:SPSSODescriptor")
    entity_id = root.get("entityID", "")
    if descriptor is None or not entity_id:
        raise ValueError("no EntityDescriptor with an entityID and an SPSSODescriptor")
    encryption = _certificates(descriptor, "encryption")
    return ServiceProvider(
        entity_id=entity_id,
        acs_urls=_posted_to(descriptor, "AssertionConsumerService"),
        logout_urls=_posted_to(descriptor, "SingleLogoutService"),
        signing_certificates=_certificates(descriptor, "signing"),
        encryption_certificate=encryption[0] if encryption else None,
    )


def _posted_to(descriptor: etree._Element, kind: str) -> tuple[str, ...]:
    services = find_all(descriptor, f"md:{kind}")
    return tuple(service.get("Location", "") for service in services if service.get("Binding") == BINDING_POST)


def _certificates(descriptor: etree._Element, use: str) -> tuple[x509.Certificate, ...]:
    """A KeyDescriptor without ``use`` serves both purposes (SAML metadata 2.4.1.1)."""
    found = []
    for key in find_all(descriptor, "md:KeyDescriptor"):
        if key.get("use", use) == use:
            for element in find_all(key, "ds:KeyInfo/ds:X509Data/ds:X509Certificate"):
                found.append(x509.load_der_x509_certificate(base64.b64decode(text_of(element))))
    return tuple(found)


def fetch(source: str) -> bytes:
    """The metadata document at ``source``, an http(s) address or a file; MetadataUnavailable when it cannot be had."""
    try:
        if not source.startswith(("http://", "https://")):
            return Path(source).read_bytes()
        response = requests.get(source, timeout=FETCH_TIMEOUT)
        response.raise_for_status()
        return response.content
    except (OSError, requests.RequestException) as error:
        raise MetadataUnavailable(f"no metadata from {source}: {type(error).__name__}") from None


@dataclass
class ServiceProviders:
    """All registered service providers, by entityID; ``sources`` are addresses or file names."""

    sources: tuple[str, ...]
    read: Callable[[str], bytes] = fetch
    _known: dict[str, ServiceProvider] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, entity_id: str) -> ServiceProvider | None:
        """The provider, reading all sources again when it is not known yet; MetadataUnavailable if it might be in one
        that cannot be read now."""
        known = self._known.get(entity_id)
        return known if known else self.refreshed(entity_id)

    def refreshed(self, entity_id: str) -> ServiceProvider | None:
        """The provider as its metadata says right now."""
        with self._lock:
            outage = self._read_all()
        found = self._known.get(entity_id)
        if found is None and outage is not None:
            raise outage
        return found

    def _read_all(self) -> MetadataUnavailable | None:
        outage = None
        for source in self.sources:
            try:
                provider = read_service_provider(self.read(source))
                self._known[provider.entity_id] = provider
            except MetadataUnavailable as error:
                outage = error
            except ValueError as error:
                outage = MetadataUnavailable(f"metadata from {source} is unusable: {error}")
        return outage
