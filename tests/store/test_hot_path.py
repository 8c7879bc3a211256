"""What a silent sign-in and userinfo cost the stores, counted (issue: at most 4 Redis round trips and 2 SQL statements)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from broker.core.client import Client
from broker.core.consent import Consent
from broker.core.ids import fingerprint
from broker.core.session import BrokerSession
from broker.core.subject import Subject
from broker.store.access_tokens import AccessTokens
from broker.store.clients import Clients
from broker.store.codes import Codes
from broker.store.consents import Consents
from broker.store.grants import Grants
from broker.store.redis import Redis
from broker.store.seal import Seal
from broker.store.sessions import Sessions
from broker.store.sql import Database
from broker.store.standings import Standings
from broker.store.subjects import Subjects
from tests.support import records
from tests.support.clock import Clock
from tests.support.servers import RedisServer
from tests.support.statements import Statements, round_trips


@dataclass(frozen=True)
class Place:
    """A citizen who is signed in, agreed, and comes back."""

    sessions: Sessions
    codes: Codes
    clients: Clients
    standings: Standings
    grants: Grants
    access_tokens: AccessTokens
    session: BrokerSession
    tool: Client
    clock: Clock

    def silent_sign_in(self, touch: bool = True) -> None:
        """What authorize and token ask of the stores, in order."""
        session = self.sessions.find(self.session.id)
        assert session
        client = self.clients.get(self.tool.client_id)
        standing = self.standings.find(session.subject_id, client)
        assert standing.consent
        assert standing.sub
        self.codes.add("code", records.issued_code(session, standing.sub, standing.consent.id), session if touch else None)
        issued = self.codes.take("code")
        assert issued
        session = self.sessions.find(issued.session_id)
        assert session
        assert self.grants.add(records.grant(session.subject_id, self.clock(), client.client_id, session.id, issued.consent_id))

    def userinfo(self, access_hash: str) -> None:
        """What userinfo asks of the stores."""
        live = self.access_tokens.find(access_hash)
        assert live
        assert live.grant
        assert self.sessions.find(live.grant.session_id)


@pytest.fixture
def place(
    database: Database, redis_server: RedisServer, seal: Seal, clock: Clock, tool: Client, citizen: Subject, subjects: Subjects,
    consents: Consents,
) -> Place:  # fmt: skip
    redis = Redis.connect(redis_server.url)
    sessions = Sessions(redis, seal, clock)
    session = records.session(citizen.id, clock())
    sessions.add(session)
    subjects.tool_subject(citizen.id, tool.sector, "Amsel")
    consents.add(_consent(citizen, tool, clock))
    grants, access_tokens = Grants(database, clock), AccessTokens(database, clock)
    standings = Standings(database, seal)
    made = Place(sessions, Codes(redis, seal), Clients(database), standings, grants, access_tokens, session, tool, clock)
    made.silent_sign_in()  # connections are open, clients are remembered
    return made


def _consent(citizen: Subject, tool: Client, clock: Clock) -> Consent:
    return records.consent(citizen.id, tool.client_id, clock(), "email")


def _count(do: Callable[[], object], database: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[list[list[str]], list[str]]:
    with round_trips(monkeypatch) as redis_sent, Statements(database) as sql_sent:
        do()
    return redis_sent, [" ".join(statement.split()[:2]) for statement in sql_sent]


def test_a_silent_sign_in_is_four_round_trips_and_two_statements(place: Place, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    redis_sent, sql_sent = _count(place.silent_sign_in, database, monkeypatch)
    assert redis_sent == [["GET"], ["SET", "SET"], ["GETDEL"], ["GET"]]
    assert sql_sent == ["SELECT subjects.status,", "INSERT INTO"]


def test_a_session_touched_moments_ago_is_not_written_again(place: Place, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    redis_sent, _ = _count(lambda: place.silent_sign_in(touch=False), database, monkeypatch)
    assert redis_sent == [["GET"], ["SET"], ["GETDEL"], ["GET"]]


def test_userinfo_is_one_statement_and_one_round_trip(place: Place, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = records.grant(place.session.subject_id, place.clock(), place.tool.client_id, place.session.id)
    assert place.grants.add(grant)
    redis_sent, sql_sent = _count(lambda: place.userinfo(grant.access_hash), database, monkeypatch)
    assert redis_sent == [["GET"]]
    assert sql_sent == ["SELECT grants.grant_id,"]


def test_statements_are_compiled_once(place: Place, database: Database) -> None:
    before = len(database.engine._compiled_cache or ())  # type: ignore[arg-type]
    for _ in range(3):
        place.silent_sign_in()
    assert before > 0
    assert len(database.engine._compiled_cache or ()) == before  # type: ignore[arg-type]


def test_counting_would_notice_another_round_trip(place: Place, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    redis_sent, sql_sent = _count(lambda: (place.sessions.touch(place.session), database.ping()), database, monkeypatch)
    assert (redis_sent, sql_sent) == ([["SET"]], ["SELECT 1"])
    assert fingerprint("code") not in repr(redis_sent)
