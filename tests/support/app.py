"""The whole application in one process for tests: a clock that stands still, a hub that does as it is told, real or quick stores.

`broker` runs on SQLite and fakeredis; `broker_everywhere` runs the test once more on PostgreSQL and Redis.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
import redis as redis_py
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from broker.app import Parts, create_app
from broker.config import Settings
from broker.core.claim import HeldClaim
from broker.core.client import Client, ClientStatus, Operator
from broker.core.errors import BrokerError, UpstreamRefused
from broker.core.ids import keyed_hash, new_id, new_secret
from broker.core.ports import UpstreamLogout, UpstreamProof, UpstreamRedirect, UpstreamRequest
from broker.core.provider import IdentityProvider, Means, ProviderLogout
from broker.core.signing_key import ALGORITHMS, KeyState, SigningKey
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from broker.flows.rotating import new_key
from broker.store.sql import Database
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.dpop import Prover
from tests.support.services import PostgresqlServer, RedisServer, empty
from tests.support.tool import REDIRECT, Tool

ISSUER = "https://broker.test"
STORES = os.environ.get("TEST_STORES", "quick")
Addresses = tuple[str, str]  # of the database, of Redis
SECRET = "test-secret-0123456789-abcdefghijklmnop"


@dataclass
class Hub:
    """Stands in for Keycloak: whoever is named in `person` signs in; an error in `trouble` happens instead; `deaf` to sign-outs."""

    clock: Clock
    person: str = "erika"
    trust: TrustLevel = TrustLevel.HIGH
    amr: tuple[str, ...] = ("eid",)
    claims: Mapping[str, HeldClaim] = field(default_factory=lambda: {"given_name": HeldClaim("Erika", TrustLevel.HIGH)})
    subject_type: str = "person"
    proven_person: str | None = None
    trouble: BrokerError | None = None
    sid: str = ""
    deaf: bool = False
    asked: list[UpstreamRequest] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)

    def begin(self, request: UpstreamRequest) -> UpstreamRedirect:
        self._fail()
        self.asked.append(request)
        state = new_secret()
        return UpstreamRedirect(f"https://hub.test/auth?state={state}", state, new_secret(), new_secret())

    def complete(self, answer: Mapping[str, str], proof: UpstreamProof) -> UpstreamIdentity:
        self._fail()
        return UpstreamIdentity(
            provider_alias=proof.provider_alias,
            upstream_sub=self.person,
            trust=self.trust,
            amr=self.amr,
            claims=self.claims,
            authenticated_at=self.clock(),
            upstream_sid=self.sid or new_id(),
            id_token=self._new_token(),
            subject_type=self.subject_type,
            person=self.proven_person,
        )

    def end_session(self, id_token: str) -> bool:
        self.ended.append(id_token)
        return self.trouble is None and not self.deaf

    def _new_token(self) -> str:
        """No two are alike; a person's first has a name that tests know."""
        name = f"hub-token-of-{self.person}"
        many = sum(token.split("#")[0] == name for token in self.given)
        self.given.append(f"{name}#{many + 1}" if many else name)
        return self.given[-1]

    def read_logout(self, token: str) -> UpstreamLogout:
        self._fail()
        raise UpstreamRefused("this hub signs nobody out")

    def reachable(self) -> bool:
        return self.trouble is None

    def _fail(self) -> None:
        if self.trouble:
            raise self.trouble


@dataclass
class Broker:
    """The running application and the ways to set a scene."""

    app: Flask
    clock: Clock
    hub: Hub
    given: Mapping[str, Any]
    issuer: str = ISSUER

    @property
    def parts(self) -> Parts:
        parts: Parts = self.app.extensions["broker"]
        return parts

    def starts_again(self, **changes: Any) -> Broker:
        """What another process makes of the same settings, or of changed ones. A fakeredis is its own, and empty."""
        given = {**self.given, **changes}
        return Broker(create_app(settings(**given), self.clock, self.hub), self.clock, self.hub, given)

    def browser(self) -> Browser:
        """A browser nobody has used yet."""
        return Browser(self.app, self.issuer)

    def tool(self, client_id: str = "karte", secret: str = "", **changes: Any) -> Tool:
        """Register a live tool, with this secret or a new one."""
        secret = secret or new_secret()
        client = replace(_client(client_id), **changes)
        if not client.is_public:
            client = replace(client, secret_hash=keyed_hash(self.pepper, client_id, secret))
        self.parts.stores.clients.add(client)
        return Tool(self.app, self.issuer, client, secret)

    def prover(self, algorithm: str = "ES256") -> Prover:
        """A new key for `tool.prover`."""
        return Prover(self.clock, self.issuer, algorithm)

    def changes(self, tool: Tool, **changes: Any) -> None:
        """Change a tool's record, as an administrator would."""
        self.parts.stores.clients.replace(replace(tool.client, **changes))

    def session_of(self, browser: Browser) -> Any:
        """The session behind a browser's cookie."""
        from broker.core.ids import fingerprint

        return self.parts.stores.sessions.find(fingerprint(browser.cookies()["__Host-bp-session"]))

    @property
    def pepper(self) -> bytes:
        return settings("sqlite://", "fake://").keys.pepper


def settings(database_url: str, redis_url: str, **changes: Any) -> Settings:
    """Settings of a test."""
    given = {
        "issuer": ISSUER,
        "secret": SECRET,
        "database_url": database_url,
        "redis_url": redis_url,
        "hub_issuer": "https://hub.test/realms/citizens",
        "hub_client_secret": "hub-client-secret",
        **changes,
    }
    return Settings(**given)


def start(database_url: str, redis_url: str, clock: Clock, populate: bool = True, **changes: Any) -> Broker:
    """An application with signing keys and citizen IDs, and no tool yet; `populate=False`: on a database that has them already."""
    hub = Hub(clock)
    given = {"database_url": database_url, "redis_url": redis_url, **changes}
    broker = Broker(create_app(settings(**given), clock, hub), clock, hub, given)
    broker.app.jinja_env.bytecode_cache = _compiled_templates()
    for key in signing_keys(clock) if populate else ():
        broker.parts.stores.signing_keys.add(key)
    if populate:
        broker.parts.stores.providers.replace_all(PROVIDERS)
    return broker


PROVIDERS = [
    IdentityProvider(
        alias="bundid",
        names={"de": "BundID"},
        descriptions={"de": "Bundeskonto"},
        means=(Means("eid", {"de": "Online-Ausweis"}, TrustLevel.HIGH),),
        trust_ceiling=TrustLevel.HIGH,
        position=1,
        logout=ProviderLogout.SINGLE,  # the real one has none; so a sign-out has something to do at the hub
    ),
]


def signing_keys(clock: Clock) -> list[SigningKey]:
    """An active key of each algorithm, the same in all tests of a process."""
    return [
        SigningKey(kid, algorithm, private, KeyState.ACTIVE, clock() - timedelta(days=1), clock() - timedelta(days=1))
        for kid, algorithm, private in _key_material()
    ]


@cache
def _compiled_templates() -> FileSystemBytecodeCache:
    """Templates are compiled once per test process, not once per test."""
    return FileSystemBytecodeCache(tempfile.mkdtemp(prefix="broker-templates-"))


@cache
def _key_material() -> list[tuple[str, str, str]]:
    """Once: two RSA keys take a while."""
    made = [new_key(algorithm, KeyState.ACTIVE, Clock()(), Clock()()) for algorithm in ALGORITHMS]
    return [(key.kid, key.algorithm, key.private_jwk) for key in made]


def _client(client_id: str) -> Client:
    return Client(
        client_id=client_id,
        name=f"Tool {client_id}",
        operator=Operator("Stadt Musterstadt"),
        status=ClientStatus.LIVE,
        redirect_uris=(REDIRECT,),
        sector=f"{client_id}.test",
        base_url="https://tool.test/",
        post_logout_redirect_uris=("https://tool.test/bye",),
        backchannel_logout_uri="https://tool.test/backchannel",
        scopes=("openid", "profile", "assurance"),
    )


@pytest.fixture
def addresses(request: pytest.FixtureRequest) -> Addresses:
    """Empty stores: SQLite and fakeredis; with `TEST_STORES=real` (`make protocol-real`) PostgreSQL and Redis."""
    return _real(request) if STORES == "real" else _quick(request)


@pytest.fixture
def broker(addresses: Addresses, clock: Clock) -> Iterator[Broker]:
    """The application on the stores of this run."""
    yield from closing(start(*addresses, clock))


@pytest.fixture(params=["quick", "real"])
def broker_everywhere(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Broker]:
    """The application on SQLite and fakeredis, then on PostgreSQL and Redis."""
    yield from closing(start(*(_quick(request) if request.param == "quick" else _real(request)), clock))


def _quick(request: pytest.FixtureRequest) -> Addresses:
    return request.getfixturevalue("sqlite_url"), "fake://"


def _real(request: pytest.FixtureRequest) -> Addresses:
    sql: PostgresqlServer = request.getfixturevalue("postgresql_server")
    cache_server: RedisServer = request.getfixturevalue("redis_server")
    with redis_py.Redis.from_url(cache_server.url) as client:
        client.flushall()
    database = Database(sql.url)
    empty(database)
    database.dispose()
    return sql.url, cache_server.url


@pytest.fixture
def browser(broker: Broker) -> Browser:
    """A fresh browser."""
    return broker.browser()


@pytest.fixture
def tool(broker: Broker) -> Tool:
    """A confidential tool."""
    return broker.tool()


def closing(broker: Broker) -> Iterator[Broker]:
    """The application, its connections closed afterwards."""
    yield broker
    broker.parts.stores.close()
