"""Authorization requests in progress, and the sign-ins they sent to the hub. Kept in Redis for fifteen minutes."""

from __future__ import annotations

from broker.core.errors import ForeignBrowser, RequestExpired
from broker.core.ids import fingerprint, same
from broker.core.request import REQUEST_LIFETIME, AuthorizationRequest, UpstreamLogin
from broker.store.records import Record
from broker.store.redis import Redis
from broker.store.seal import Seal
from broker.store.sealed_values import SealedValues

_REQUEST = Record(AuthorizationRequest)
_LOGIN = Record(UpstreamLogin)


class Requests:
    """Losing them loses nothing but a click (A-49, class 1)."""

    def __init__(self, redis: Redis, seal: Seal) -> None:
        self._requests = SealedValues(redis, seal, "request", _REQUEST)
        self._logins = SealedValues(redis, seal, "login", _LOGIN)

    def add(self, request: AuthorizationRequest) -> None:
        """Keep a new request."""
        self._requests.set(request.id, request, REQUEST_LIFETIME)

    def get(self, request_id: str, browser_id: str) -> AuthorizationRequest:
        """The request. Raises RequestExpired if it is gone, ForeignBrowser if another browser began it (A-28)."""
        request = self._requests.get(request_id)
        if request is None:
            raise RequestExpired
        if not same(request.browser_id, browser_id):
            raise ForeignBrowser
        return request

    def replace(self, request: AuthorizationRequest) -> None:
        """Keep what has been done about a request; its time goes on. Raises RequestExpired if it is gone meanwhile."""
        if not self._requests.replace(request.id, request):
            raise RequestExpired

    def add_login(self, state: str, login: UpstreamLogin) -> None:
        """Keep a sign-in sent to the hub, under the fingerprint of its `state`."""
        self._logins.set(fingerprint(state), login, REQUEST_LIFETIME)

    def take_login(self, state: str) -> UpstreamLogin:
        """The sign-in that this `state` belongs to; answered once and never again. Raises RequestExpired."""
        login = self._logins.take(fingerprint(state))
        if login is None:
            raise RequestExpired
        return login
