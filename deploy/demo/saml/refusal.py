"""Why a simulator refuses to go on: shown on its own page, never sent to the service provider."""

from __future__ import annotations


class RequestRefused(Exception):
    """The message is unusable; ``code`` is what BundID shows as ``idp.code``, ``detail`` one English sentence for its sender.

    Only BundID's codes are published (2.4 of the notes): akdb-extension-missing, akdb-extension-v1-deprecated,
    saml-request-not-signed, requested-attributes-empty, requested-attributes-missing-name, empty-authentication-methods,
    organization-display-name-missing, missing-berca, purpose-does-not-support-restricted-html. All others are the simulators'
    own, for faults of which it is not known how the citizen ID words them.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class LoginExpired(Exception):
    """The login this page belongs to is finished, too old or was never begun."""


class MetadataUnavailable(Exception):
    """The service provider's metadata cannot be had at the moment: an outage, not a fault of the request."""
