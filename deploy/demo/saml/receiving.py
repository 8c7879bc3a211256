"""Receives SAML messages by HTTP-POST: who signed them, whether they are meant for us and fresh, and where the answer goes."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from lxml import etree

from deploy.demo.saml.refusal import RequestRefused
from deploy.demo.saml.signature import signed_part
from deploy.demo.saml.sp_metadata import ServiceProvider, ServiceProviders
from deploy.demo.saml.vocabulary import SAMLP
from deploy.demo.saml.xml_reading import find, parse, text_of

FRESH_FOR = dt.timedelta(minutes=5)
CLOCK_SKEW = dt.timedelta(seconds=60)
L = TypeVar("L")


@dataclass(frozen=True, slots=True)
class Received:
    """A message with what its sender has really signed of it: the whole."""

    signed: etree._Element
    provider: ServiceProvider


@dataclass(frozen=True, slots=True)
class Asked:
    """What every accepted AuthnRequest holds, whatever its dialect adds."""

    request_id: str
    provider: ServiceProvider
    acs_url: str
    relay_state: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """One address for messages; ``kind`` is the local name of the only message it takes."""

    kind: str
    destination: str
    providers: ServiceProviders

    def accept(self, encoded: str, now: dt.datetime) -> Received:
        """The message in a form field; RequestRefused or MetadataUnavailable if it cannot be used."""
        received = self._authenticated(self._decoded(encoded))
        self._check_envelope(received.signed, now)
        return received

    def _decoded(self, encoded: str) -> etree._Element:
        try:
            root = parse(base64.b64decode("".join(encoded.split()), validate=True))
        except ValueError:
            raise RequestRefused("saml-request-invalid", "The message is not base64 of an XML document.") from None
        if root.tag != f"{{{SAMLP}}}{self.kind}":
            raise RequestRefused("saml-request-invalid", f"The message is no {self.kind}.")
        return root

    def _authenticated(self, root: etree._Element) -> Received:
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
        return Received(signed, provider)

    def _check_envelope(self, signed: etree._Element, now: dt.datetime) -> None:
        if signed.get("Version") != "2.0" or not signed.get("ID"):
            raise RequestRefused("saml-request-invalid", "ID or Version 2.0 is missing.")
        if signed.get("Destination") != self.destination:
            raise RequestRefused("destination-mismatch", f"The message is not addressed to {self.destination}.")
        issued = _instant(signed.get("IssueInstant", ""))
        if not now - FRESH_FOR <= issued <= now + CLOCK_SKEW:
            raise RequestRefused("message-expired", "IssueInstant is too old or lies in the future; compare the clocks.")


def _instant(text: str) -> dt.datetime:
    """An xs:dateTime in UTC (SAML core 1.3.3)."""
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise RequestRefused("saml-request-invalid", "IssueInstant is not a date and time.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)


def acs_url(received: Received) -> str:
    """The asked address of the answer if it is a registered one, the first registered one if none is asked for."""
    registered = received.provider.acs_urls
    asked = received.signed.get("AssertionConsumerServiceURL") or (registered[0] if registered else "")
    if asked not in registered:
        raise RequestRefused("acs-url-not-registered", "AssertionConsumerServiceURL is not in the registered metadata.")
    return asked


def minimum_level(signed: etree._Element, levels: Mapping[str, L], lowest: L) -> L:
    """The lowest level the service accepts, of ``levels`` by their words; ``lowest`` where it asks for none."""
    context = find(signed, "saml2p:RequestedAuthnContext")
    if context is None:
        return lowest
    wanted = text_of(find(context, "saml2:AuthnContextClassRef"))
    if context.get("Comparison") != "minimum" or wanted not in levels:
        known = ", ".join(levels)
        raise RequestRefused("authn-context-not-supported", f'Only Comparison="minimum" with one of {known} is known.')
    return levels[wanted]
