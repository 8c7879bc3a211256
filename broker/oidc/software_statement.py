"""Software statements: what somebody we trust says about a client, signed (RFC 7591 2.3). Its values win over the client's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from broker.core.errors import ConfigurationError
from broker.core.oauth_errors import InvalidSoftwareStatement, UnapprovedSoftwareStatement
from broker.core.ports import Clock

_ALGORITHMS = ["RS256", "PS256", "ES256", "Ed25519"]
_KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
_ABOUT_ITSELF = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "software_statement"})
_SKEW_SECONDS = 10
_LONGEST = 8192  # looked at before any base64 is undone


@dataclass(frozen=True, slots=True)
class SoftwareStatements:
    """Reads statements of the issuers that the administrator named."""

    issuers: Mapping[str, KeySet]
    clock: Clock

    def over(self, members: Mapping[str, object]) -> Mapping[str, object]:
        """The members of a registration with those of its software statement over them.

        Raises InvalidSoftwareStatement, or UnapprovedSoftwareStatement for a statement of somebody else.
        """
        statement = members.get("software_statement")
        if statement is None:
            return members
        if not isinstance(statement, str) or len(statement) > _LONGEST or statement.count(".") != 2:
            raise InvalidSoftwareStatement("the software statement is not a signed JWT")
        claims = self._claims(statement)
        return {**members, **{name: value for name, value in claims.items() if name not in _ABOUT_ITSELF}}

    def _claims(self, statement: str) -> Mapping[str, object]:
        try:
            unverified = jws.extract_compact(statement.encode())
            issuer = _object(unverified.payload).get("iss")
            keys = self.issuers.get(issuer) if isinstance(issuer, str) else None
            if keys is None:
                raise UnapprovedSoftwareStatement
            claims = _object(_verified(statement, unverified.headers().get("kid"), keys))
        except (JoseError, ValueError, TypeError, RecursionError):
            raise InvalidSoftwareStatement("the software statement is not signed by its issuer") from None
        self._check_times(claims)
        return claims

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


def read_issuers(path: Path | None) -> Mapping[str, KeySet]:
    """The issuers of a JSON file `{"https://issuer.example": {"keys": [...]}}`; nobody without a file. Raises ConfigurationError."""
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {str(issuer): _key_set(keys) for issuer, keys in content.items()}
    except (OSError, JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise ConfigurationError(f'{path} has to be JSON like {{"https://issuer.example": {{"keys": [public keys]}}}}') from None


def _key_set(keys: Mapping[str, object]) -> KeySet:
    found = KeySet.import_key_set(keys)  # type: ignore[arg-type]  # it judges the shape itself
    if not found.keys or any(key.key_type not in _KEY_TYPES or key.is_private for key in found.keys):
        raise ValueError("public keys only")
    return found


def _verified(statement: str, kid: object, keys: KeySet) -> bytes:
    for key in keys.keys:
        if kid is None or key.kid is None or key.kid == kid:
            found = _payload(statement, key)
            if found is not None:
                return found
    raise ValueError("no key of the issuer fits")


def _payload(statement: str, key: Key) -> bytes | None:
    try:
        return jws.deserialize_compact(statement, key, algorithms=_ALGORITHMS).payload
    except (JoseError, ValueError, TypeError):
        return None


def _object(raw: bytes) -> Mapping[str, object]:
    found: object = json.loads(raw)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found
