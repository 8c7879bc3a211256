"""A call from a tool's server, as far as it shows who calls: the form, and what came in headers beside it."""

from __future__ import annotations

from dataclasses import dataclass

from broker.oidc.parameters import Parameters

CLIENT_PARAMETERS = frozenset({"client_id", "client_secret", "client_assertion", "client_assertion_type"})
"""What a form may say about who calls; for every endpoint that `TokenServer.client_of` guards."""


@dataclass(frozen=True, slots=True)
class ClientCall:
    """One request to an endpoint for machines.

    `dpop` are all DPoP headers (RFC 9449 allows one), `certificate` is what the proxy says about the TLS client certificate, as it came
    (RFC 8705); `path` is below the issuer, e.g. `/token`. `address` is where the call came from, as far as we believe it (IN-02).
    """

    parameters: Parameters
    authorization: str | None = None
    dpop: tuple[str, ...] = ()
    certificate: str | None = None
    method: str = "POST"
    path: str = "/token"
    address: str = ""
