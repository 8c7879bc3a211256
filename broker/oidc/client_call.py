"""A call from a tool's server, as far as it shows who calls: the form, and what came in headers beside it."""

from __future__ import annotations

from dataclasses import dataclass

from broker.oidc.parameters import Parameters


@dataclass(frozen=True, slots=True)
class ClientCall:
    """One request to an endpoint for machines.

    `dpop` are all DPoP headers (RFC 9449 allows one), `certificate` is what the proxy says about the TLS client certificate, as it came
    (RFC 8705); `path` is below the issuer, e.g. `/token`.
    """

    parameters: Parameters
    authorization: str | None = None
    dpop: tuple[str, ...] = ()
    certificate: str | None = None
    method: str = "POST"
    path: str = "/token"
