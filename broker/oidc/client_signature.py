"""What a client signed: opened without belief, then verified with the client's own keys (RFC 7515, RFC 8725; A-21 to A-25).

For client assertions and request objects. Nothing in a header names a key, an address or an algorithm that the client's record does not.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import CompactSignature, JWSRegistry

from broker.core.client import Client
from broker.flows.reading_keys import PublicKey
from broker.oidc.client_keys import ClientKeyring

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519")
_LONGEST = 24_576  # looked at before any base64 is undone
_REFUSED = frozenset({"crit", "b64", "jwk", "jku", "x5u", "x5c"})  # we know no extension, and believe no key that a token brings along


class ForeignSignatures(JWSRegistry):
    """How to read what others signed. Unknown header members do not matter (RFC 7515 4). `EdDSA` is another name of `Ed25519`: we take no
    other such key (RFC 9864)."""

    max_header_length = 4096
    max_payload_length = _LONGEST
    max_signature_length = 1400

    def get_alg(self, name: str) -> Any:
        """The algorithm under its newer name."""
        return super().get_alg(_usual(name))


@dataclass(frozen=True, slots=True)
class SignedByClient:
    """A compact JWS as it was sent. Its claims are believed only once `ClientSignatures.verifies` said so."""

    header: Mapping[str, object]
    claims: Mapping[str, object]
    sealed: CompactSignature

    @property
    def algorithm(self) -> str:
        """The algorithm its header names, `EdDSA` as `Ed25519`."""
        return _usual(str(self.header.get("alg")))

    @classmethod
    def read(cls, token: str, kinds: Collection[str]) -> SignedByClient | None:
        """Open a token of one of these kinds (`typ` without `application/`, lower case; "" stands for no typ); None for anything else."""
        if len(token) > _LONGEST or token.count(".") != 2 or not token.isascii():
            return None
        try:
            sealed = jws.extract_compact(token.encode(), registry=ForeignSignatures())
            header: object = sealed.protected
            claims: object = claims_in(sealed.payload)
        except (JoseError, ValueError, TypeError, RecursionError):
            return None
        if not isinstance(header, dict) or not isinstance(claims, dict) or header.keys() & _REFUSED:
            return None
        return cls(header, claims, sealed) if _kind(header) in kinds else None


@dataclass(frozen=True, slots=True)
class ClientSignatures:
    """Verifies with a client's keys."""

    keyring: ClientKeyring

    def verifies(self, signed: SignedByClient, client: Client, algorithms: Collection[str]) -> bool:
        """Whether one of the client's keys made this with one of these algorithms. Raises TemporarilyUnavailable, as the keyring does."""
        kid = signed.header.get("kid")
        if signed.algorithm not in algorithms or not (kid is None or isinstance(kid, str)):
            return False
        known = self.keyring.keys(client, kid)
        if any(made_with(signed, key) for key in known):
            return True
        return any(made_with(signed, key) for key in self.keyring.newer(client, kid, known))


def allowed_algorithms(client: Client, pinned: str) -> tuple[str, ...]:
    """What a client may sign with: the one its record names, else any of ours; never RS256 for a client held to FAPI (FAPI 2.0 5.4.1)."""
    return tuple(name for name in ((pinned,) if pinned else ALGORITHMS) if not (client.fapi and name == "RS256"))


def claims_in(payload: bytes) -> object:
    """The JSON that was signed. Raises ValueError or RecursionError; also for doubled members, and for numbers that are none."""
    return json.loads(payload, parse_constant=_refuse, object_pairs_hook=_once)


def made_with(signed: SignedByClient, key: PublicKey) -> bool:
    """Whether this key made the signature, with the algorithm that the header names and the key allows."""
    if key.alg not in (None, signed.algorithm):
        return False
    try:
        registry = ForeignSignatures(algorithms=[signed.algorithm], strict_check_header=False)
        return jws.validate_compact(signed.sealed, key, registry=registry)
    except (JoseError, ValueError, TypeError):
        return False


def _kind(header: Mapping[str, object]) -> str | None:
    """The `typ` in lower case without `application/`, "" if there is none (RFC 7515 4.1.9); None if it is no text."""
    typ = header.get("typ", "")
    return typ.lower().removeprefix("application/") if isinstance(typ, str) else None


def _usual(name: str) -> str:
    return "Ed25519" if name == "EdDSA" else name


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Of a member that stands there twice, two readers would see two different ones."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a doubled member")
    return found
