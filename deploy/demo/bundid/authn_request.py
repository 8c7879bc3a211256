"""Accepts an AuthnRequest only as BundID would: with its extension, and a key to encrypt the answer for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from deploy.demo.bundid.extension import Extension, read_extension
from deploy.demo.bundid.product import Variant
from deploy.demo.bundid.vocabulary import Level, Means
from deploy.demo.saml.receiving import Asked, Receiver, acs_url, minimum_level
from deploy.demo.saml.refusal import RequestRefused

LEVELS = {level.wire: level for level in Level}


@dataclass(frozen=True, slots=True)
class AuthnRequest(Asked):
    """An accepted request."""

    minimum_level: Level
    extension: Extension


@dataclass(frozen=True, slots=True)
class Door:
    """Takes requests; ``has_berca``: whether this connection has a certificate for the eID."""

    receiver: Receiver
    variant: Variant
    has_berca: bool = True

    def accept(self, encoded: str, relay_state: str, now: dt.datetime) -> AuthnRequest:
        """The request in the form field SAMLRequest; RequestRefused or MetadataUnavailable if it cannot be used."""
        received = self.receiver.accept(encoded, now)
        extension = read_extension(received.signed, self.variant)
        if not self.has_berca and Means.EID in extension.means:
            raise RequestRefused("missing-berca", "This connection has no certificate (BerCA) for the eID.")
        if received.provider.encryption_certificate is None:
            raise RequestRefused("encryption-certificate-missing", "The metadata has no key to encrypt the assertion for.")
        return AuthnRequest(
            request_id=received.signed.get("ID", ""),
            provider=received.provider,
            acs_url=acs_url(received),
            relay_state=relay_state,
            minimum_level=minimum_level(received.signed, LEVELS, Level.BASIC),
            extension=extension,
        )
