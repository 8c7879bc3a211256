"""The stage: both stores with durable settings, the broker as `broker serve` starts it, and the floor under the same gunicorn settings."""

from __future__ import annotations

import http.client
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import psycopg
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from broker.config import ROOT, Settings, load_settings
from broker.core.client import Client, ClientClaim, ClientStatus, Operator
from broker.core.client_policy import GrantType, TokenPolicy
from broker.core.provider import IdentityProvider
from broker.core.trust import TrustLevel
from broker.flows.registering import secret_hash
from broker.flows.rotating import Rotating
from broker.opened_stores import open_stores
from tests.bench import strict_tool
from tests.bench.counting import track
from tests.bench.load import LoadGenerator
from tests.bench.operations import CLIENT_ID, ISSUER, REDIRECT, Place
from tests.support.servers import PostgresqlServer, RedisServer, free_port, running, until
from tests.support.services import migrate_at

CONNECTIONS = 4
_START_SECONDS = 60


class DurableRedis(RedisServer):
    """As in production: every second to disk."""

    settings = ("--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction")


class DurablePostgresql(PostgresqlServer):
    """As in production: every commit to disk. The statistics module is loaded and sleeps until statements are counted."""

    settings = MappingProxyType({"fsync": "on", "shared_preload_libraries": "pg_stat_statements"})


@dataclass(frozen=True)
class Stage:
    """Everything that runs. The values of `broker` and `floor` are first processes of families, by the name of what they are."""

    generator: LoadGenerator
    redis_url: str
    database_url: str
    broker: Mapping[str, int]
    floor: Mapping[str, int]

    def families(self, operation: str) -> Mapping[str, int]:
        """Whose CPU time an operation costs."""
        return self.floor if operation.startswith("floor") else self.broker


@contextmanager
def set_stage(connections: int = CONNECTIONS) -> Iterator[Stage]:
    """Start everything, sign one citizen in per connection, and stop everything at the end."""
    ours, theirs = _cores()
    if ours:
        os.sched_setaffinity(0, ours)  # inherited by all servers
    with ExitStack() as stack:
        generator = LoadGenerator(theirs)
        stack.callback(generator.stop)
        redis = stack.enter_context(running(DurableRedis(_folder("redis"))))
        postgresql = stack.enter_context(running(DurablePostgresql(_folder("postgresql"))))
        assert redis.pid
        assert postgresql.pid
        place, environment = _prepare(redis.url, postgresql.url, generator.hub_issuer)
        broker = stack.enter_context(_process([sys.executable, "-m", "broker", "serve"], environment, place.broker_port, "/healthz"))
        floor = stack.enter_context(_process(_floor_command(place, environment), environment, place.floor_port, "/"))
        generator.settle(place, connections)
        stores = {"redis": redis.pid, "postgresql": postgresql.pid}
        yield Stage(generator, redis.url, postgresql.url, {"web": broker, **stores}, {"web": floor, **stores})


def _cores() -> tuple[list[int], list[int]]:
    """One core for the servers, another for the load; none to choose from on a machine with one."""
    available = sorted(os.sched_getaffinity(0))
    return ([], []) if len(available) < 2 else ([available[0]], [available[1]])


def _prepare(redis_url: str, database_url: str, hub_issuer: str) -> tuple[Place, dict[str, str]]:
    """Tables, keys, a citizen ID and a tool; then the settings as the broker will read them."""
    migrate_at(database_url)
    strict_key = strict_tool.new_key()
    in_pem = strict_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    place = Place(free_port(), free_port(), secrets.token_urlsafe(32), in_pem)
    given = {
        "BROKER_ISSUER": ISSUER,
        "BROKER_SECRET": secrets.token_urlsafe(48),
        "BROKER_DATABASE_URL": database_url,
        "BROKER_REDIS_URL": redis_url,
        "BROKER_HUB_ISSUER": hub_issuer,
        "BROKER_HUB_CLIENT_SECRET": "bench",
        "BROKER_PORT": str(place.broker_port),
        "BROKER_METRICS_PORT": "0",
        "BROKER_WEB_WORKERS": "2",
        "BROKER_WEB_THREADS": "4",
    }
    os.environ.update(given)
    _furnish(load_settings(), place, strict_tool.client(strict_key))
    _prepare_tables(database_url)
    return place, dict(os.environ)


def _furnish(settings: Settings, place: Place, strict: Client) -> None:
    stores = open_stores(settings)
    Rotating(stores.signing_keys, lambda: datetime.now(UTC)).ensure()
    provider = IdentityProvider("bundid", {"de": "BundID"}, {}, (), trust_ceiling=TrustLevel.HIGH, position=1)
    stores.providers.replace_all([provider])
    stores.clients.add(_tool(secret_hash(settings.keys.pepper, CLIENT_ID, place.client_secret)))
    stores.clients.add(strict)
    stores.redis.close()
    stores.database.dispose()


def _tool(hashed: str) -> Client:
    purposes = {"de": "Anrede", "en": "Salutation"}
    return Client(
        client_id=CLIENT_ID,
        name="Mitmachkarte",
        operator=Operator("Stadt Beispiel"),
        status=ClientStatus.LIVE,
        redirect_uris=(REDIRECT,),
        sector="tool.bench",
        secret_hash=hashed,
        scopes=("openid", "profile", "email", "offline_access"),
        tokens=TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN)),
        claims=tuple(ClientClaim(name, purposes, required=False) for name in ("given_name", "family_name", "email")),
        email_verified_only=False,
    )


def _prepare_tables(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        track(connection, "none")
        connection.execute("CREATE TABLE floor (name text PRIMARY KEY, kept bytea NOT NULL)")


def _floor_command(place: Place, environment: Mapping[str, str]) -> list[str]:
    application = f"tests.bench.floor:create_floor({environment['BROKER_REDIS_URL']!r}, {environment['BROKER_DATABASE_URL']!r})"
    configuration = str(ROOT / "deploy" / "gunicorn.conf.py")
    return [sys.executable, "-m", "gunicorn", "--config", configuration, "--bind", f"127.0.0.1:{place.floor_port}", application]


@contextmanager
def _process(command: list[str], environment: Mapping[str, str], port: int, path: str) -> Iterator[int]:
    """A server until the block ends; its log is kept while it runs, as it would be."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=dict(environment), cwd=ROOT, stdout=log, stderr=log)
        try:
            until(lambda: _answers(port, path), _START_SECONDS, f"{command[2]} to answer")
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _folder(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"broker-bench-{name}-"))
