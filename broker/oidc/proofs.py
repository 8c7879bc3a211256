"""Proofs that a caller holds the key its tokens are bound to: DPoP (RFC 9449) or its TLS certificate (RFC 8705 3).

For everybody who issues tokens: once the client is authenticated and before anything is used up, `confirmation(call, client)` says what
the new token is bound to. It is kept as it is, in `Grant.confirmation` or `AccessToken.confirmation`; `token_type` tells the client how
to present it, and `oidc/access_token.py` makes it the `cnf` of tokens. Whoever takes a code or a refresh token that is bound already
compares the two strings: any other is an invalid grant. For resources there is `check`, for announcing a key ahead of the code (`/par`,
`dpop_jkt`) `announced`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from broker.core.client import Client
from broker.core.errors import BadRequest, InvalidRequest, InvalidToken
from broker.core.ids import same
from broker.core.oauth_errors import InvalidDpopProof, InvalidProofForToken, UnprovenToken, UseDpopNonce, UseDpopNonceForToken
from broker.core.ports import Clock
from broker.oidc.client_call import ClientCall
from broker.oidc.dpop import DpopProof, read_proof
from broker.oidc.dpop_nonce import DpopNonces

LONGEST_AGE = timedelta(seconds=60)
SKEW = timedelta(seconds=10)

Spend = Callable[[str, str, datetime], bool]
"""True for exactly one caller per (thumbprint, jti), at least until the moment given; see `store/one_time_ids.py`."""

Thumbprint = Callable[[str], str | None]
"""SHA-256 of the certificate that a proxy's header value holds, base64url (`x5t#S256`); None when it holds none."""

_KEY, _CERTIFICATE = "jkt:", "x5t#S256:"
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_PORTS = {"https": 443, "http": 80}
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


@dataclass(frozen=True, slots=True)
class Proofs:
    """Says what tokens are bound to, and holds later calls against it. The address is always ours by setting, never the Host header's."""

    issuer: str
    nonces: DpopNonces
    spend: Spend
    thumbprint: Thumbprint
    clock: Clock

    def confirmation(self, call: ClientCall, client: Client) -> str:
        """What this call's tokens are bound to: `jkt:...`, `x5t#S256:...`, or nothing.

        Raises InvalidDpopProof, UseDpopNonce, and BadRequest when there is no certificate where only that would do.
        """
        if client.tokens.certificate_bound:
            return self._by_certificate(call)
        if call.dpop:
            return _KEY + self._proven(call, client.tokens.dpop_nonce).thumbprint
        if client.tokens.dpop_bound:
            raise InvalidDpopProof("this client gets no token without a DPoP proof")
        return self._by_certificate(call) if client.fapi else ""

    def announced(self, call: ClientCall, client: Client, dpop_jkt: str | None) -> str:
        """The key that a pushed request or an authorization request binds its code to (RFC 9449 10), or nothing.

        Raises InvalidRequest for a malformed `dpop_jkt`, InvalidDpopProof also when proof and `dpop_jkt` disagree, and UseDpopNonce.
        """
        if dpop_jkt is not None and not _THUMBPRINT.fullmatch(dpop_jkt):
            raise InvalidRequest("dpop_jkt is not the thumbprint of a key")
        if not call.dpop:
            return "" if dpop_jkt is None else _KEY + dpop_jkt
        proven = self._proven(call, client.tokens.dpop_nonce).thumbprint
        if dpop_jkt is not None and not same(proven, dpop_jkt):
            raise InvalidDpopProof("dpop_jkt and the DPoP proof name different keys")
        return _KEY + proven

    def check(self, call: ClientCall, access_token: str, confirmation: str, client: Client) -> None:
        """Let a call with an access token pass if it proves what the token is bound to.

        Raises InvalidToken, UnprovenToken, InvalidProofForToken, UseDpopNonceForToken: all of them 401.
        """
        by_dpop = _scheme(call) == "dpop"
        if confirmation.startswith(_KEY):
            if not by_dpop:
                raise UnprovenToken("the access token is bound to a DPoP key; send it with scheme DPoP and a proof")
            self._check_key(call, access_token, confirmation, client)
            return
        if by_dpop:
            raise UnprovenToken("the access token is not bound to a DPoP key")
        if confirmation and not same(confirmation, self._certificate(call)):
            raise InvalidToken("the access token is bound to another certificate")

    def _check_key(self, call: ClientCall, access_token: str, confirmation: str, client: Client) -> None:
        try:
            proof = self._proven(call, client.tokens.dpop_nonce, access_token)
        except UseDpopNonce as error:
            raise UseDpopNonceForToken(error.detail) from None
        except InvalidDpopProof as error:
            raise InvalidProofForToken(error.detail) from None
        if not same(_KEY + proof.thumbprint, confirmation):
            raise UnprovenToken("the DPoP proof is by another key than the access token is bound to")

    def _proven(self, call: ClientCall, nonce_wanted: bool, access_token: str | None = None) -> DpopProof:
        """The call's one proof, if it fits and was never shown before (RFC 9449 4.3)."""
        if len(call.dpop) != 1:
            raise InvalidDpopProof("a request carries exactly one DPoP header")
        proof = read_proof(call.dpop[0])
        if proof.method != call.method or _normal(proof.uri) != _normal(self.issuer + call.path):
            raise InvalidDpopProof("the DPoP proof is for another method or address (htm, htu)")
        self._check_time(proof)
        if access_token is not None and not same(proof.access_hash or "", _hash(access_token)):
            raise InvalidDpopProof("the DPoP proof is for another access token (ath)")
        self._check_nonce(proof, nonce_wanted)
        if not self.spend(proof.thumbprint, proof.jti, datetime.fromtimestamp(proof.issued_at, UTC) + LONGEST_AGE + SKEW):
            raise InvalidDpopProof("the DPoP proof was used before")
        return proof

    def _check_time(self, proof: DpopProof) -> None:
        now, skew = self.clock().timestamp(), SKEW.total_seconds()
        if not now - LONGEST_AGE.total_seconds() <= proof.issued_at <= now + skew:
            raise InvalidDpopProof("the DPoP proof is too old or from the future (iat)")
        if proof.not_before is not None and proof.not_before > now + skew:
            raise InvalidDpopProof("the DPoP proof is not valid yet (nbf)")
        if proof.expires_at is not None and proof.expires_at <= now - skew:
            raise InvalidDpopProof("the DPoP proof has expired (exp)")

    def _check_nonce(self, proof: DpopProof, wanted: bool) -> None:
        if proof.nonce is None and wanted:
            raise UseDpopNonce("the DPoP proof has to carry the nonce in DPoP-Nonce")
        if proof.nonce is not None and not self.nonces.knows(proof.nonce):
            raise UseDpopNonce("the DPoP proof's nonce is too old or not ours; use the one in DPoP-Nonce")

    def _by_certificate(self, call: ClientCall) -> str:
        if call.dpop:
            raise InvalidDpopProof("this client's tokens are bound to its certificate, not to a DPoP key")
        certificate = self._certificate(call)
        if not certificate:
            raise BadRequest("this client gets no token without a key it proves to hold: by DPoP or by its TLS certificate")
        return certificate

    def _certificate(self, call: ClientCall) -> str:
        found = self.thumbprint(call.certificate) if call.certificate else None
        return _CERTIFICATE + found if found else ""


def token_type(confirmation: str) -> str:
    """How a token bound like this is presented: `DPoP` or `Bearer` (RFC 9449 5, RFC 8705 3)."""
    return "DPoP" if confirmation.startswith(_KEY) else "Bearer"


def _scheme(call: ClientCall) -> str:
    return (call.authorization or "").partition(" ")[0].lower()


def _hash(access_token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()).rstrip(b"=").decode()


def _normal(uri: str) -> tuple[str, str, int, str] | None:
    """Scheme, host, port and path as RFC 3986 6.2.2 and 6.2.3 compare them, without query and fragment; None for what is no address."""
    try:
        parts = urlsplit(uri)
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
    except (ValueError, KeyError):
        return None
    if not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port, _ESCAPED.sub(_unescaped, parts.path) or "/"


def _unescaped(found: re.Match[str]) -> str:
    mark = chr(int(found[1], 16))
    return mark if _UNRESERVED.fullmatch(mark) else found[0].upper()
