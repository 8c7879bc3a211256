"""The stage for sign-outs: durable stores, tools that take logout tokens in a process of their own, and `broker worker` processes."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from broker.config import ROOT, load_settings
from broker.core.client import Client, ClientStatus, Operator
from broker.core.session import BrokerSession
from broker.core.subject import Subject
from broker.duties import build_rotating
from broker.flows.ending_at_hub import EndingAtHub
from broker.flows.signing_out import SigningOut
from broker.oidc.keys import KeyRing
from broker.opened_stores import Stores, open_stores, utc_now
from tests.bench.stage import DurablePostgresql, DurableRedis
from tests.support import records
from tests.support.servers import free_port, running, until
from tests.support.services import migrate_at


class SilentHub:
    """Sign-out asks the hub for nothing here."""

    def end_session(self, id_token: str) -> bool:
        """Always done."""
        return True


@dataclass
class SignOutStage:
    """Everything that runs, and the ways to set a scene."""

    stores: Stores
    redis: DurableRedis
    port: int
    cores: list[int]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def signing_out(self) -> SigningOut:
        """The flow a web process would run."""
        stores = self.stores
        at_hub = EndingAtHub(stores.hub_logouts, stores.sessions, SilentHub())
        return SigningOut(stores.outbox, stores.sessions, stores.clients, at_hub)

    def add_tools(self, names: list[str]) -> None:
        """Live tools that take their logout tokens at the receivers."""
        for name in names:
            self.stores.clients.add(_tool(name, self.port))

    def sign_in(self, many: int, tools: list[str]) -> list[BrokerSession]:
        """So many sessions, each with a grant at every tool."""
        now = utc_now()
        subject = self._citizen()
        sessions = [replace(records.session(subject.id, now), id=secrets.token_urlsafe(32)) for _ in range(many)]
        for session in sessions:
            self.stores.sessions.add(session)
            for tool in tools:
                assert self.stores.grants.add(records.grant(subject.id, now, tool, session.id))
        return sessions

    def _citizen(self) -> Subject:
        subject = records.subject(utc_now())
        return self.stores.subjects.add(subject, records.link(subject, utc_now()))

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Another `broker worker`, on the servers' core."""
        process = subprocess.Popen(
            [sys.executable, "-m", "broker", "worker"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if self.cores:
            os.sched_setaffinity(process.pid, self.cores[:1])
        self.workers.append(process)
        return process

    def mood(self, tool: str, mood: str) -> None:
        """Let a tool behave this way from now on (`receivers.MOODS`)."""
        self._get(f"/mood/{tool}/{mood}")

    def report(self) -> dict[str, dict[str, Any]]:
        """What each tool has seen."""
        return dict(json.loads(self._get("/report")))

    def counts(self) -> dict[str, int]:
        """How many sessions have ended at each tool."""
        return dict(json.loads(self._get("/counts")))

    def _get(self, path: str) -> bytes:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().read()


@contextmanager
def sign_out_stage() -> Iterator[SignOutStage]:
    """Start everything but workers, and stop everything at the end."""
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        redis = stack.enter_context(running(DurableRedis(_folder("redis"))))
        postgresql = stack.enter_context(running(DurablePostgresql(_folder("postgresql"))))
        migrate_at(postgresql.url)
        port = free_port()
        os.environ.update(_settings(redis.url, postgresql.url))
        stores = open_stores(load_settings())
        stack.callback(stores.close)
        build_rotating(load_settings()).ensure()
        jwks = json.dumps(KeyRing(stores.signing_keys.list, utc_now).published())
        receivers = subprocess.Popen([sys.executable, "-m", "tests.bench.receivers", str(port), jwks], cwd=ROOT)
        stack.callback(receivers.wait, 10)
        stack.callback(receivers.kill)
        stage = SignOutStage(stores, redis, port, cores if len(cores) > 1 else [])
        if stage.cores:
            os.sched_setaffinity(receivers.pid, cores[1:2])
        until(lambda: _answers(port), 20, "the receivers")
        stack.callback(_stop, stage.workers)
        yield stage


def _settings(redis_url: str, database_url: str) -> Mapping[str, str]:
    return {
        "BROKER_ISSUER": "http://localhost:8000",
        "BROKER_SECRET": secrets.token_urlsafe(48),
        "BROKER_DATABASE_URL": database_url,
        "BROKER_REDIS_URL": redis_url,
        "BROKER_HUB_ISSUER": "http://localhost:8080/realms/citizens",
        "BROKER_HUB_CLIENT_SECRET": "bench",
        "BROKER_OUTBOUND_PRIVATE_HOSTS": "localhost",
        "BROKER_WORKER_METRICS_PORT": "0",
    }


def _tool(name: str, port: int) -> Client:
    return Client(
        client_id=name,
        name=name,
        operator=Operator("Stadt Beispiel"),
        status=ClientStatus.LIVE,
        redirect_uris=(f"https://{name}.example.org/callback",),
        sector=f"{name}.example.org",
        backchannel_logout_uri=f"http://localhost:{port}/logout/{name}",
        id_token_alg="ES256",
    )


def _answers(port: int) -> bool:
    try:
        HTTPConnection("127.0.0.1", port, timeout=2).request("GET", "/report")
    except OSError:
        return False
    return True


def _stop(workers: list[subprocess.Popen[bytes]]) -> None:
    for worker in workers:
        if worker.poll() is None:
            worker.terminate()
    for worker in workers:
        worker.wait(30)


def _folder(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"broker-sign-out-{name}-"))
