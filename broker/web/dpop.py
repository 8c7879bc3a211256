"""The nonce that callers with DPoP proofs are told, and how resources ask for a proof (RFC 9449 7.1, 8, 9)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request

from broker.oidc.dpop import ALGORITHMS

CHALLENGE = f'algs="{" ".join(ALGORITHMS)}"'
"""What a `WWW-Authenticate: DPoP` says of the proofs that are taken."""


def install(app: Flask, fresh_nonce: Callable[[], str]) -> None:
    """Answer every call that carries a proof, errors included, with the nonce for its next one (RFC 9449 8.2)."""

    def tell(response: Response) -> Response:
        if "HTTP_DPOP" in request.environ:
            response.headers["DPoP-Nonce"] = fresh_nonce()
        return response

    app.after_request(tell)


def presented() -> bool:
    """Whether the request at hand presents its access token with scheme DPoP."""
    return request.headers.get("Authorization", "")[:5].lower() == "dpop "
