"""What the hub publishes: its metadata and its keys, cached; the last good ones are kept when a newer answer is bad (UP-08, F-17)."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt

from broker.core.errors import UpstreamRefused, UpstreamUnavailable
from broker.upstream.hub_connection import HubConnection

METADATA_SECONDS = 3600.0
REFETCH_SECONDS = 10.0
"""After a fetch that was in vain, nothing is fetched again for this long, however many tokens name unknown keys (JT-15)."""

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The parts of the hub's metadata that are used. `authorization` is for browsers, all others for our own calls."""

    issuer: str
    authorization: str
    token: str
    jwks: str
    pushed: str
    end_session: str


class Discovery:
    """Finds out where the hub's endpoints are and which keys sign its tokens.

    `internal_url` replaces scheme and host of all addresses this side calls by itself, where the hub has another name inside.
    """

    def __init__(self, connection: HubConnection, issuer: str, internal_url: str = "") -> None:
        self._connection = connection
        self._issuer = issuer
        self._internal_url = internal_url.rstrip("/")
        self._lock = threading.Lock()
        self._metadata: Metadata | None = None
        self._metadata_until = 0.0
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._in_vain_at = float("-inf")

    def metadata(self) -> Metadata:
        """The hub's metadata. Raises UpstreamUnavailable, or UpstreamRefused when it names another issuer (OIDC Discovery 4.3)."""
        if self._metadata is None or time.monotonic() > self._metadata_until:
            try:
                self._metadata = self._fetch_metadata()
                self._metadata_until = time.monotonic() + METADATA_SECONDS
            except (UpstreamUnavailable, UpstreamRefused):
                if self._metadata is None:
                    raise
                self._metadata_until = time.monotonic() + REFETCH_SECONDS
        return self._metadata

    def key(self, kid: str) -> jwt.PyJWK:
        """The key of this name; keys are fetched again once when it is unknown.

        Raises UpstreamRefused when the hub has no such key, UpstreamUnavailable when that could not be found out.
        """
        return self._keys.get(kid) or self._refetched(kid)

    def reachable(self) -> bool:
        """Whether the hub answers right now."""
        try:
            self._fetch_metadata()
        except (UpstreamUnavailable, UpstreamRefused):
            return False
        return True

    def _refetched(self, kid: str) -> jwt.PyJWK:
        with self._lock:
            if kid in self._keys:  # another thread fetched it meanwhile
                return self._keys[kid]
            if time.monotonic() - self._in_vain_at < REFETCH_SECONDS:
                raise UpstreamUnavailable("The hub's keys were fetched in vain a moment ago.")
            self._in_vain_at = time.monotonic()
            self._keys = self._fetch_keys()
            if kid not in self._keys:
                raise UpstreamRefused("The hub has no key of the name that its ID token gives.")
            self._in_vain_at = float("-inf")
            return self._keys[kid]

    def _fetch_metadata(self) -> Metadata:
        answer = self._connection.get(self._inside(f"{self._issuer}/.well-known/openid-configuration"))
        if answer.status != 200 or answer.body is None:
            raise UpstreamUnavailable("The hub's metadata cannot be read.")
        found = {name: value for name, value in answer.body.items() if isinstance(value, str)}
        if found.get("issuer") != self._issuer:
            raise UpstreamRefused("The hub's metadata names another issuer.")
        if any(name not in found for name in _ENDPOINTS):
            raise UpstreamRefused("The hub's metadata lacks an endpoint.")
        return Metadata(
            issuer=self._issuer,
            authorization=found["authorization_endpoint"],
            token=self._inside(found["token_endpoint"]),
            jwks=self._inside(found["jwks_uri"]),
            pushed=self._inside(found.get("pushed_authorization_request_endpoint", "")),
            end_session=self._inside(found.get("end_session_endpoint", "")),
        )

    def _fetch_keys(self) -> dict[str, jwt.PyJWK]:
        answer = self._connection.get(self.metadata().jwks)
        published = answer.body.get("keys") if answer.status == 200 and answer.body else None
        if not isinstance(published, list):
            raise UpstreamUnavailable("The hub's keys cannot be read.")
        return {kid: key for kid, key in map(_parsed, published) if kid and key}

    def _inside(self, url: str) -> str:
        if not url or not self._internal_url:
            return url
        parts = urlsplit(url)
        return self._internal_url + url.removeprefix(f"{parts.scheme}://{parts.netloc}")


def _parsed(published: object) -> tuple[str | None, jwt.PyJWK | None]:
    """One key of a set; a broken or foreign one does not spoil the others (PyJWT CVE-2026-102274)."""
    if not isinstance(published, dict) or published.get("use", "sig") != "sig" or not isinstance(published.get("kid"), str):
        return None, None
    try:
        return published["kid"], jwt.PyJWK(published)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None, None
