"""Our signing keys as ready joserfc objects: signing, reading back, and publishing (A-21, A-22, JT-15, JT-16).

The store decides which keys there are and caches them; this room only keeps what it parsed, once per process: that costs more than an
ES256 signature, and OpenSSL examines an RSA key for 50 milliseconds. Of an RS256 signature all but a twentieth is arithmetic in OpenSSL:
nothing is left to save around it.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from joserfc import jwk, jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key

from broker.core.errors import ConfigurationError
from broker.core.ports import Clock
from broker.core.signing_key import ALGORITHMS, SigningKey, signing_at
from broker.oidc.sound_keys import flaw_of

LONGEST_TOKEN = 16_384
"""Characters; looked at before any base64 is undone (A-25)."""
_PUBLIC = {"kty", "n", "e", "crv", "x", "y"}
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_REGISTRIES = {algorithm: jws.JWSRegistry(algorithms=[algorithm]) for algorithm in ALGORITHMS}  # made per call they cost 25 microseconds

ListKeys = Callable[[], Sequence[SigningKey]]
"""Returns every key that was ever used and not yet deleted; cheap, since it is asked on every signature."""


class KeyRing:
    """Signs with the active key of an algorithm and reads what any of our keys signed."""

    def __init__(self, list_keys: ListKeys, clock: Clock) -> None:
        self._list = list_keys
        self._clock = clock

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Algorithms that can sign right now, RS256 first (OIDC Core 15.1 wants it)."""
        keys, now = self._list(), self._clock()
        return tuple(algorithm for algorithm in ALGORITHMS if signing_at(keys, algorithm, now))

    def sign(self, claims: Mapping[str, object], typ: str, algorithm: str) -> str:
        """A compact JWS with `typ`, `alg` and `kid` in its header. Raises ConfigurationError when no active key has the algorithm."""
        key = signing_at(self._list(), algorithm, self._clock())
        if key is None:
            raise ConfigurationError(f"no active signing key for {algorithm}; make one with: broker keys rotate")
        return jws.serialize_compact(_header(key, typ), _ENCODE(claims), _parsed(key), registry=_REGISTRIES[algorithm])

    def read(self, token: str, typ: str) -> dict[str, object] | None:
        """The claims of a token that one of our keys signed with its own algorithm and this `typ`, expired or not; None otherwise."""
        if len(token) > LONGEST_TOKEN or token.count(".") != 2:
            return None
        try:
            header = jws.extract_compact(token.encode()).headers()
            key = self._known(header.get("kid"))
            if key is None or header != _header(key, typ):  # also no `crit` of any kind (JT-05)
                return None
            content: object = json.loads(jws.deserialize_compact(token, _parsed(key), registry=_REGISTRIES[key.algorithm]).payload)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return content if isinstance(content, dict) else None

    def published(self) -> dict[str, list[dict[str, object]]]:
        """The JWK Set (RFC 7517 5): next, active and lately retired keys, public parts only."""
        now = self._clock()
        return {"keys": [self._public(key) for key in self._list() if key.published_at(now)]}

    def check(self) -> None:
        """Look at every key that may still be used. Raises ConfigurationError for one that is too weak or of the wrong kind (JT-10)."""
        now = self._clock()
        for key in self._list():
            if key.read_at(now):
                _parsed(key)

    def _known(self, kid: object) -> SigningKey | None:
        now = self._clock()
        return next((key for key in self._list() if key.kid == kid and key.read_at(now)), None)

    def _public(self, key: SigningKey) -> dict[str, object]:
        parts = _parsed(key).as_dict(private=False)
        public = {name: value for name, value in parts.items() if name in _PUBLIC}
        return {**public, "use": "sig", "alg": key.algorithm, "kid": key.kid}


def _header(key: SigningKey, typ: str) -> dict[str, object]:
    """All that a header of ours ever says."""
    return {"typ": typ, "alg": key.algorithm, "kid": key.kid}


def _parsed(key: SigningKey) -> Key:
    return _parse(key.kid, key.algorithm, key.private_jwk)


@lru_cache(maxsize=32)
def _parse(kid: str, algorithm: str, private_jwk: str) -> Key:
    try:
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):  # weak keys are refused below, not warned of
            parsed = jwk.import_key(json.loads(private_jwk))
    except (JoseError, ValueError, TypeError, KeyError):
        raise ConfigurationError(f"signing key {kid} is no key; replace it with: broker keys rotate --emergency") from None
    flaw = flaw_of(parsed, algorithm) or ("has no private part" if not parsed.is_private else None)
    if flaw:
        raise ConfigurationError(f"signing key {kid} {flaw}; replace it with: broker keys rotate --emergency --alg {algorithm}")
    return parsed
