"""Request objects that lie at an address of the tool (RFC 9101 5.2.2, OIDC Core 6.2). Only registered addresses are ever asked for."""

from __future__ import annotations

import threading

from broker.core.client import Client
from broker.core.errors import RequestUriNotSupported, TemporarilyUnavailable
from broker.core.oauth_errors import InvalidRequestUri
from broker.flows.fetching import FetchFailed
from broker.oidc.key_sets import Fetch
from broker.oidc.request_limits import LIMITS

_MOST_AT_ONCE, _PATIENCE_SECONDS = 2, 1.0  # slow addresses may hold so many threads of a process, and others so long


class FetchedObjects:
    """Fetches them through the guarded way out, anew each time."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch, self._places = fetch, threading.BoundedSemaphore(_MOST_AT_ONCE)

    def get(self, reference: str, client: Client) -> str:
        """The object at an address that the client registered, character by character.

        Raises RequestUriNotSupported for a client that registered none, InvalidRequestUri for another address or where there is nothing
        to get, TemporarilyUnavailable when too many wait.
        """
        if not client.requests.request_uris:
            raise RequestUriNotSupported("this client has registered no request_uris")
        if reference not in client.requests.request_uris:
            raise InvalidRequestUri("request_uri is not registered for this client, character by character")
        if not self._places.acquire(timeout=_PATIENCE_SECONDS):
            raise TemporarilyUnavailable("Too many request objects are being fetched.")
        try:
            return self._fetch(reference, LIMITS["request"]).decode("ascii").strip()
        except (FetchFailed, UnicodeDecodeError):
            raise InvalidRequestUri("no request object could be fetched from request_uri") from None
        finally:
            self._places.release()
