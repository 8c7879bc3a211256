"""The stores over each kind of database and Redis."""

from __future__ import annotations

import pytest

from broker.core.client import Client
from broker.core.subject import Subject
from broker.store.access_tokens import AccessTokens
from broker.store.accounts import Accounts
from broker.store.clients import Clients
from broker.store.codes import Codes
from broker.store.consents import Consents
from broker.store.grants import Grants
from broker.store.outbox import Outbox
from broker.store.providers import Providers
from broker.store.redis import Redis
from broker.store.requests import Requests
from broker.store.seal import Seal
from broker.store.session_register import SessionRegister
from broker.store.sessions import Sessions
from broker.store.signing_keys import SigningKeys
from broker.store.sql import Database
from broker.store.standings import Standings
from broker.store.subjects import Subjects
from tests.support import records
from tests.support.clock import Clock
from tests.support.outbox import outbox_of


@pytest.fixture
def seal() -> Seal:
    return Seal(bytes(range(32)))


@pytest.fixture
def requests(redis: Redis, seal: Seal) -> Requests:
    return Requests(redis, seal)


@pytest.fixture
def sessions(redis: Redis, seal: Seal, clock: Clock) -> Sessions:
    return Sessions(redis, seal, clock)


@pytest.fixture
def codes(redis: Redis, seal: Seal) -> Codes:
    return Codes(redis, seal)


@pytest.fixture
def clients(database: Database) -> Clients:
    return Clients(database)


@pytest.fixture
def providers(database: Database) -> Providers:
    return Providers(database)


@pytest.fixture
def subjects(database: Database, seal: Seal, clock: Clock) -> Subjects:
    return Subjects(database, seal, clock)


@pytest.fixture
def accounts(database: Database, outbox: Outbox, clock: Clock) -> Accounts:
    return Accounts(database, outbox, clock)


@pytest.fixture
def register(database: Database) -> SessionRegister:
    return SessionRegister(database)


@pytest.fixture
def consents(database: Database, clock: Clock) -> Consents:
    return Consents(database, clock)


@pytest.fixture
def standings(database: Database, seal: Seal) -> Standings:
    return Standings(database, seal)


@pytest.fixture
def grants(database: Database, clock: Clock) -> Grants:
    return Grants(database, clock)


@pytest.fixture
def access_tokens(database: Database, clock: Clock) -> AccessTokens:
    return AccessTokens(database, clock)


@pytest.fixture
def outbox(database: Database, clock: Clock) -> Outbox:
    return outbox_of(database, clock)


@pytest.fixture
def signing_keys(database: Database, seal: Seal, clock: Clock) -> SigningKeys:
    return SigningKeys(database, seal)


@pytest.fixture
def tool(clients: Clients) -> Client:
    """A live tool, registered."""
    made = records.client()
    clients.add(made)
    return made


@pytest.fixture
def citizen(subjects: Subjects, clock: Clock) -> Subject:
    """An active account with one link."""
    made = records.subject(clock())
    return subjects.add(made, records.link(made, clock()))
