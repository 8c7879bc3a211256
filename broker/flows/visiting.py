"""Visiting what a tool has on the web when it is registered: the list of its redirect URIs, and its logo (OIDC Core 8.1, Registration 2).

Both are fetched once, through the guarded client (A-46). The logo is kept and shown by us, so that looking at a page of ours tells the tool
nothing about the citizen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from broker.core.client import Client
from broker.core.logo import LARGEST_LOGO, Logo, media_type
from broker.core.oauth_errors import InvalidClientMetadata
from broker.core.ports import Clock
from broker.flows.fetching import FetchFailed
from broker.store.logos import Logos

LARGEST_SECTOR_FILE = 64 * 1024
_MOST_HOSTS = 5  # each is looked up, which takes time


class Fetcher(Protocol):
    """`flows/fetching.py`."""

    def get(self, url: str, largest_bytes: int) -> bytes: ...

    def check(self, url: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Visiting:
    """Fetches and judges."""

    fetcher: Fetcher
    logos: Logos
    clock: Clock

    def check_reach(self, client: Client) -> None:
        """Raises InvalidClientMetadata if our servers would have to call an address that is not on the internet (OP-01).

        A name that leads nowhere today may be registered; where it leads is judged again at each call.
        """
        called = {urlsplit(uri).netloc: (name, uri) for name, uri in _called(client) if uri}
        if len(called) > _MOST_HOSTS:
            raise InvalidClientMetadata(f"request_uris: more than {_MOST_HOSTS} hosts")
        for name, uri in called.values():
            try:
                self.fetcher.check(uri)
            except FetchFailed as failure:
                if failure.reason == "address":
                    raise InvalidClientMetadata(f"{name}: must be a public address") from None

    def check_sector(self, uri: str, redirect_uris: Collection[str]) -> None:
        """Raises InvalidClientMetadata unless the file there is a JSON array that lists every redirect URI (OIDC Registration 5)."""
        try:
            listed: object = json.loads(self.fetcher.get(uri, LARGEST_SECTOR_FILE))
        except (FetchFailed, ValueError, RecursionError):
            raise InvalidClientMetadata("sector_identifier_uri: there is no JSON array at this address") from None
        if not isinstance(listed, list) or not all(uri in listed for uri in redirect_uris):
            raise InvalidClientMetadata("sector_identifier_uri: the file does not list every redirect URI")

    def logo(self, uri: str) -> str:
        """The digest under which the logo is kept now; empty when nobody answered there. Raises InvalidClientMetadata for no picture."""
        try:
            image = self.fetcher.get(uri, LARGEST_LOGO)
        except FetchFailed as failure:
            if failure.reason == "size":
                raise InvalidClientMetadata(f"logo_uri: is larger than {LARGEST_LOGO} bytes") from None
            return ""
        kind = media_type(image)
        if kind is None:
            raise InvalidClientMetadata("logo_uri: is no PNG, JPEG, GIF or WebP")
        digest = hashlib.sha256(image).hexdigest()
        self.logos.add(Logo(digest, kind, image, self.clock()))
        return digest


def shown_logos(clients: Iterable[Client]) -> frozenset[str]:
    """Digests of the logos that tools have."""
    return frozenset(client.appearance.logo for client in clients if client.appearance.logo)


def _called(client: Client) -> list[tuple[str, str]]:
    """What our servers fetch or post to, by its name on the wire."""
    return [
        ("jwks_uri", client.keys.jwks_uri),
        ("logo_uri", client.appearance.logo_uri),
        ("sector_identifier_uri", client.registration.sector_identifier_uri),
        ("backchannel_logout_uri", client.backchannel_logout_uri),
        *(("request_uris", uri) for uri in client.requests.request_uris),
    ]
