"""Serving tools that call an API: as themselves (RFC 6749 4.4), or on a citizen's behalf with a token exchanged for it (RFC 8693).

Both get a token for one API and nothing else: no ID token, no refresh token. Whoever may call which API stands in the client's record;
that a citizen agreed to it stands in the consent, under the API's address.
"""

from __future__ import annotations

from dataclasses import dataclass

from broker.core.client import Client
from broker.core.errors import BadRequest, InvalidScope
from broker.core.grant import ACCESS_TOKEN_LIFETIME, OFFLINE_ACCESS, OPENID, AccessToken, Grant, access_hash
from broker.core.ids import new_secret, same
from broker.core.oauth_errors import InvalidTarget, UnauthorizedClient
from broker.core.ports import Clock
from broker.flows.recognising import Recognised, Recognising


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """What a service sends. `resources` are the APIs it names, `confirmation` is the key it proved to hold."""

    resources: tuple[str, ...] = ()
    scope: str = ""
    confirmation: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeCall:
    """What a tool sends: a citizen's access token of its own, and the APIs it wants one for. `scopes` None: as before."""

    subject_token: str
    resources: tuple[str, ...]
    scopes: tuple[str, ...] | None = None
    confirmation: str = ""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token for an API. `secret` is what `token` was hashed from; without `grant` it is the service's own."""

    token: AccessToken
    secret: str
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """Writes tokens for APIs."""

    recognising: Recognising
    clock: Clock

    def serve(self, client: Client, call: ServiceCall) -> ApiToken:
        """A token with which a service, authenticated already, calls an API as itself.

        Raises UnauthorizedClient for one that cannot prove who it is, InvalidScope (scopes are what citizens agree to), InvalidTarget.
        """
        if client.is_public:
            raise UnauthorizedClient("a client without a secret or key cannot act as a service")
        if call.scope.strip():
            raise InvalidScope("a service has no scopes; name the API by resource")
        only = client.tokens.resources if len(client.tokens.resources) == 1 else ()
        secret = new_secret()
        now = self.clock()
        return self._kept(
            ApiToken(
                AccessToken(
                    access_hash=access_hash(secret, client.tokens.access_token_jwt),
                    grant_id=None,
                    client_id=client.client_id,
                    scopes=(),
                    audience=(_target(client, call.resources or only),),
                    confirmation=call.confirmation,
                    created_at=now,
                    expires_at=now + ACCESS_TOKEN_LIFETIME,
                ),
                secret,
            )
        )

    def exchange(self, client: Client, call: ExchangeCall) -> ApiToken:
        """A token with which a tool, authenticated already, calls an API for the citizen whose token it shows.

        It belongs to the same grant and dies with it, and lives no longer than the token shown. Raises InvalidTarget, InvalidScope, and
        BadRequest for a token that is not good, not the tool's own, or bound to another key (RFC 8693 2.2.2).
        """
        shown = self._shown(client, call)
        grant, old = shown.live.grant, shown.live.token
        if grant is None:
            raise BadRequest("subject_token stands for no citizen")
        target = _target(client, call.resources)
        if not self._agreed(client, grant, target):
            raise InvalidTarget("the citizen has not agreed to this API")
        secret, now = new_secret(), self.clock()
        return self._kept(
            ApiToken(
                AccessToken(
                    access_hash=access_hash(secret, client.tokens.access_token_jwt),
                    grant_id=grant.id,
                    client_id=client.client_id,
                    scopes=_shrunk(old.scopes, call.scopes),
                    audience=(target,),
                    confirmation=call.confirmation,
                    created_at=now,
                    expires_at=min(now + ACCESS_TOKEN_LIFETIME, old.expires_at),
                ),
                secret,
                grant,
            )
        )

    def _kept(self, made: ApiToken) -> ApiToken:
        self.recognising.access_tokens.add(made.token)
        return made

    def _shown(self, client: Client, call: ExchangeCall) -> Recognised:
        shown = self.recognising.find(call.subject_token)
        if shown is None or not same(shown.live.token.client_id, client.client_id):
            raise BadRequest("subject_token is no access token of this client that is good now")
        bound_to = shown.live.token.confirmation
        if bound_to and not same(bound_to, call.confirmation):
            raise BadRequest("subject_token is bound to another key than the one proven")
        return shown

    def _agreed(self, client: Client, grant: Grant, target: str) -> bool:
        """Whether the citizen's newest decision covers this API (CN-03). Tools that ask for no consent may call those of their record."""
        if client.first_party:
            return True
        consent = self.recognising.judging.standings.find(grant.subject_id, client).consent
        return consent is not None and consent.valid(self.clock()) and target in consent.scopes


def _target(client: Client, named: tuple[str, ...]) -> str:
    """The one API a token is for: a token for several would let each of them call the others. Raises InvalidTarget."""
    if len(named) != 1:
        raise InvalidTarget("name exactly one API by resource")
    if named[0] not in client.tokens.resources:
        raise InvalidTarget("resource is not an API that this client may ask tokens for")
    return named[0]


def _shrunk(old: tuple[str, ...], wanted: tuple[str, ...] | None) -> tuple[str, ...]:
    """The scopes of the new token: fewer, never more; none that only concerns this provider. Raises InvalidScope (RT-03)."""
    if wanted is not None and not set(wanted) <= set(old):
        raise InvalidScope("scope holds more than the subject_token")
    kept = old if wanted is None else tuple(scope for scope in old if scope in wanted)
    return tuple(scope for scope in kept if scope not in (OPENID, OFFLINE_ACCESS))
