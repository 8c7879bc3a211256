"""Receives an AuthnRequest by HTTP-POST and accepts it only as BundID would."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass

from lxml import etree

from deploy.demo.bundid.extension import Extension, read_extension
from deploy.demo.bundid.refusal import RequestRefused
from deploy.demo.bundid.request_signature import signed_part
from deploy.demo.bundid.sp_metadata import ServiceProvider, ServiceProviders
from deploy.demo.bundid.vocabulary import SAMLP, Level, Means
from deploy.demo.bundid.xml_reading import find, parse, text_of

FRESH_FOR = dt.timedelta(minutes=5)
CLOCK_SKEW = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class AuthnRequest:
    """An accepted request."""

    request_id: str
    provider: ServiceProvider
    acs_url: str
    relay_state: str
    minimum_level: Level
    extension: Extension


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where requests must be addressed to, from whom, and whether this BundID connection has a certificate for the eID."""

    sso_url: str
    providers: ServiceProviders
    has_berca: bool = True

    def accept(self, encoded: str, relay_state: str, now: dt.datetime) -> AuthnRequest:
        """The request in the form field SAMLRequest; RequestRefused or MetadataUnavailable if it cannot be used."""
        root = _decode(encoded)
        signed, provider = self._authenticate(root)
        self._check_envelope(signed, now)
        extension = read_extension(signed)
        if not self.has_berca and Means.EID in extension.means:
            raise RequestRefused("missing-berca", "This connection has no certificate (BerCA) for the eID.")
        if provider.encryption_certificate is None:
            raise RequestRefused("encryption-certificate-missing", "The metadata has no key to encrypt the assertion for.")
        return AuthnRequest(
            request_id=signed.get("ID", ""),
            provider=provider,
            acs_url=_acs_url(signed, provider),
            relay_state=relay_state,
            minimum_level=_minimum_level(signed),
            extension=extension,
        )

    def _authenticate(self, root: etree._Element) -> tuple[etree._Element, ServiceProvider]:
        """What the registered provider has signed; an unknown key makes the metadata be read again."""
        issuer = text_of(find(root, "saml2:Issuer"))
        provider = self.providers.find(issuer)
        if provider is None:
            raise RequestRefused("unknown-service-provider", "No metadata is registered for this Issuer.")
        signed = signed_part(root, provider.signing_certificates)
        if signed is None:
            provider = self.providers.refreshed(issuer) or provider
            signed = signed_part(root, provider.signing_certificates)
        if signed is None:
            raise RequestRefused("signature-invalid", "No key of the registered metadata fits the signature.")
        if text_of(find(signed, "saml2:Issuer")) != provider.entity_id:
            raise RequestRefused("signature-invalid", "The Issuer is not part of what was signed.")
        return signed, provider

    def _check_envelope(self, signed: etree._Element, now: dt.datetime) -> None:
        if signed.get("Version") != "2.0" or not signed.get("ID"):
            raise RequestRefused("saml-request-invalid", "ID or Version 2.0 is missing.")
        if signed.get("Destination") != self.sso_url:
            raise RequestRefused("destination-mismatch", f"The request is not addressed to {self.sso_url}.")
        issued = _instant(signed.get("IssueInstant", ""))
        if not now - FRESH_FOR <= issued <= now + CLOCK_SKEW:
            raise RequestRefused("message-expired", "IssueInstant is too old or lies in the future; compare the clocks.")


def _decode(encoded: str) -> etree._Element:
    try:
        root = parse(base64.b64decode("".join(encoded.split()), validate=True))
    except ValueError:
        raise RequestRefused("saml-request-invalid", "SAMLRequest is not base64 of an XML document.") from None
    if root.tag != f"{{{SAMLP}}}AuthnRequest":
        raise RequestRefused("saml-request-invalid", "The message is not an AuthnRequest.")
    return root


def _instant(text: str) -> dt.datetime:
    """An xs:dateTime in UTC (SAML core 1.3.3)."""
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise RequestRefused("saml-request-invalid", "IssueInstant is not a date and time.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)


def _acs_url(signed: etree._Element, provider: ServiceProvider) -> str:
    """The asked address of the answer if it is a registered one, the first registered one if none is asked for."""
    asked = signed.get("AssertionConsumerServiceURL") or (provider.acs_urls[0] if provider.acs_urls else "")
    if asked not in provider.acs_urls:
        raise RequestRefused("acs-url-not-registered", "AssertionConsumerServiceURL is not in the registered metadata.")
    return asked


def _minimum_level(signed: etree._Element) -> Level:
    """The lowest level the service accepts; BundID knows Comparison="minimum" only."""
    context = find(signed, "saml2p:RequestedAuthnContext")
    if context is None:
        return Level.BASIC
    wanted = text_of(find(context, "saml2:AuthnContextClassRef"))
    levels = {level.wire: level for level in Level}
    if context.get("Comparison") != "minimum" or wanted not in levels:
        raise RequestRefused("authn-context-not-supported", 'Only Comparison="minimum" with STORK-QAA-Level-1 to 4 is known.')
    return levels[wanted]
