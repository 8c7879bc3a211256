"""Our signing keys as ready joserfc objects: signing, reading back, and publishing (A-21, A-22, JT-15, JT-16).

The store decides which keys there are and caches them; this room only keeps each parsed key by its kid, since parsing costs more than an
ES256 signature.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from joserfc import jwk, jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from broker.core.errors import ConfigurationError
from broker.core.ports import Clock
from broker.core.signing_key import KeyState, SigningKey

PUBLISHED_AFTER_RETIREMENT = timedelta(hours=25)  # longer than any token lives, and than tools keep the key set
_LONGEST_TOKEN = 16_384  # looked at before any base64 is undone
_PUBLIC = {"kty", "n", "e", "crv", "x", "y"}
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

ListKeys = Callable[[], Sequence[SigningKey]]
"""Returns every key that was ever used and not yet deleted; cheap, since it is asked on every signature."""


class KeyRing:
    """Signs with the active key of an algorithm and reads what any of our keys signed."""

    def __init__(self, list_keys: ListKeys, clock: Clock) -> None:
        self._list = list_keys
        self._clock = clock
        self._parsed: dict[str, Key] = {}

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Algorithms that can sign right now, RS256 first (OIDC Core 15.1 wants it)."""
        active = {key.algorithm for key in self._list() if key.state is KeyState.ACTIVE}
        return tuple(sorted(active, key=lambda name: (name != "RS256", name)))

    def sign(self, claims: Mapping[str, object], typ: str, algorithm: str) -> str:
        """A compact JWS with `typ`, `alg` and `kid` in its header. Raises ConfigurationError when no active key has the algorithm."""
        key = self._active(algorithm)
        payload = _ENCODE(claims)
        header = {"typ": typ, "alg": algorithm, "kid": key.kid}
        return jws.serialize_compact(header, payload, self._key(key), algorithms=[algorithm])

    def read(self, token: str, typ: str) -> dict[str, object] | None:
        """The claims of a token that one of our keys signed with its own algorithm and this `typ`, expired or not; None otherwise."""
        if len(token) > _LONGEST_TOKEN or token.count(".") != 2:
            return None
        try:
            header = jws.extract_compact(token.encode()).headers()
            key = next((key for key in self._list() if key.kid == header.get("kid")), None)
            if key is None or header.get("typ") != typ or header.get("alg") != key.algorithm:
                return None
            content: object = json.loads(jws.deserialize_compact(token, self._key(key), algorithms=[key.algorithm]).payload)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return content if isinstance(content, dict) else None

    def published(self) -> dict[str, list[dict[str, object]]]:
        """The JWK Set (RFC 7517 5): next, active and lately retired keys, public parts only."""
        now = self._clock()
        return {"keys": [self._public(key) for key in self._list() if _is_published(key, now - PUBLISHED_AFTER_RETIREMENT)]}

    def _active(self, algorithm: str) -> SigningKey:
        active = (key for key in self._list() if key.state is KeyState.ACTIVE and key.algorithm == algorithm)
        newest = max(active, key=lambda key: key.activate_at, default=None)
        if newest is None:
            raise ConfigurationError(f"no active signing key for {algorithm}; make one with: broker keys rotate")
        return newest

    def _key(self, key: SigningKey) -> Key:
        parsed = self._parsed.get(key.kid)
        if parsed is None:
            parsed = self._parsed[key.kid] = jwk.import_key(json.loads(key.private_jwk))
        return parsed

    def _public(self, key: SigningKey) -> dict[str, object]:
        parts = self._key(key).as_dict(private=False)
        public = {name: value for name, value in parts.items() if name in _PUBLIC}
        return {**public, "use": "sig", "alg": key.algorithm, "kid": key.kid}


def _is_published(key: SigningKey, retired_after: datetime) -> bool:
    return key.state is not KeyState.RETIRED or key.retire_at is None or key.retire_at > retired_after
