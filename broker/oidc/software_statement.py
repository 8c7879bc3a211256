"""Software statements: what somebody we trust says about a client, signed (RFC 7591 2.3). Its values win over the client's own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from broker.core.errors import ConfigurationError
from broker.core.oauth_errors import InvalidSoftwareStatement, UnapprovedSoftwareStatement
from broker.core.ports import Clock
from broker.flows.reading_keys import PublicKey, public_key
from broker.oidc.client_signature import ALGORITHMS, SignedByClient, made_with

_KINDS = ("", "jwt")
_ABOUT_ITSELF = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "software_statement"})
_SKEW_SECONDS = 10


@dataclass(frozen=True, slots=True)
class SoftwareStatements:
    """Reads statements of the issuers that the administrator named."""

    issuers: Mapping[str, tuple[PublicKey, ...]]
    clock: Clock

    def over(self, members: Mapping[str, object]) -> Mapping[str, object]:
        """The members of a registration with those of its software statement over them.

        Raises InvalidSoftwareStatement, or UnapprovedSoftwareStatement for a statement of somebody else.
        """
        statement = members.get("software_statement")
        if statement is None:
            return members
        claims = self._claims(statement)
        return {**members, **{name: value for name, value in claims.items() if name not in _ABOUT_ITSELF}}

    def _claims(self, statement: object) -> Mapping[str, object]:
        signed = SignedByClient.read(statement, _KINDS) if isinstance(statement, str) else None
        if signed is None:
            raise InvalidSoftwareStatement("the software statement is not a signed JWT")
        issuer = signed.claims.get("iss")
        keys = self.issuers.get(issuer) if isinstance(issuer, str) else None
        if keys is None:
            raise UnapprovedSoftwareStatement
        kid = signed.header.get("kid")
        fitting = (key for key in keys if kid is None or key.kid in (None, kid))
        if signed.algorithm not in ALGORITHMS or not any(made_with(signed, key) for key in fitting):
            raise InvalidSoftwareStatement("the software statement is not signed by its issuer")
        self._check_times(signed.claims)
        return signed.claims

    def _check_times(self, claims: Mapping[str, object]) -> None:
        now = self.clock().timestamp()
        for name, early in (("exp", False), ("nbf", True), ("iat", True)):
            moment = claims.get(name)
            if moment is None:
                continue
            if isinstance(moment, bool) or not isinstance(moment, int | float):
                raise InvalidSoftwareStatement(f"{name} is not a number")
            if (moment > now + _SKEW_SECONDS) if early else (moment <= now - _SKEW_SECONDS):
                raise InvalidSoftwareStatement(f"{name}: the software statement is not valid now")


def read_issuers(path: Path | None) -> Mapping[str, tuple[PublicKey, ...]]:
    """The issuers of a JSON file `{"https://issuer.example": {"keys": [...]}}`; nobody without a file. Raises ConfigurationError."""
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {str(issuer): _keys(jwks["keys"]) for issuer, jwks in content.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise ConfigurationError(f'{path} has to be JSON like {{"https://issuer.example": {{"keys": [public keys]}}}}') from None


def _keys(listed: Iterable[object]) -> tuple[PublicKey, ...]:
    found = [public_key(one) for one in listed]
    keys = tuple(key for key in found if key is not None)
    if not keys or len(keys) < len(found):
        raise ValueError("every one has to be a good public key")
    return keys
