"""Codes: one minute, one use; adding one touches the session in the same round trip."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from broker.core.ids import fingerprint, new_secret
from broker.core.session import BrokerSession
from broker.store.codes import Codes
from broker.store.redis import Redis
from broker.store.sessions import Sessions
from tests.support import records
from tests.support.clock import Clock


@pytest.fixture
def session(sessions: Sessions, clock: Clock) -> BrokerSession:
    made = records.session("citizen", clock())
    sessions.add(made)
    return made


def test_a05_a_code_is_taken_once(codes: Codes, session: BrokerSession) -> None:
    issued = records.issued_code(session, "sub")
    codes.add("code", issued)
    assert codes.take("code") == issued
    assert codes.take("code") is None


def test_a05_a_code_lives_for_a_minute_at_most(codes: Codes, session: BrokerSession, redis: Redis) -> None:
    codes.add("code", records.issued_code(session, "sub"))
    assert 55_000 < int(redis._client.pttl(f"bp:code:{fingerprint('code')}")) <= 60_000  # type: ignore[arg-type]


def test_co07_only_the_exact_code_is_known(codes: Codes, session: BrokerSession) -> None:
    codes.add("code", records.issued_code(session, "sub"))
    assert [codes.take(wrong) for wrong in ("Code", "code ", "code=", "cod", "")] == [None] * 5
    assert codes.take("code") is not None


def test_co02_of_many_takers_one_gets_it(codes: Codes, session: BrokerSession) -> None:
    for _ in range(5):
        code = new_secret()
        codes.add(code, records.issued_code(session, "sub"))
        with ThreadPoolExecutor(16) as pool:
            taken = list(pool.map(codes.take, [code] * 32))
        assert len([issued for issued in taken if issued]) == 1


def test_adding_a_code_touches_its_session(codes: Codes, sessions: Sessions, session: BrokerSession, clock: Clock) -> None:
    now = clock.advance(minutes=2)
    codes.add("code", replace(records.issued_code(session, "sub"), created_at=now), touch=session)
    assert sessions.find(session.id) == replace(session, last_seen_at=now)


def test_adding_a_code_never_brings_an_ended_session_back(codes: Codes, sessions: Sessions, session: BrokerSession) -> None:
    sessions.revoke(session.id)
    codes.add("code", records.issued_code(session, "sub"), touch=session)
    assert sessions.find(session.id) is None


def test_a_code_put_under_another_key_is_refused(codes: Codes, session: BrokerSession, redis: Redis) -> None:
    codes.add("one", records.issued_code(session, "sub"))
    moved = redis.take(f"bp:code:{fingerprint('one')}")
    assert moved is not None
    redis.set(f"bp:code:{fingerprint('two')}", moved, 60_000)
    assert codes.take("two") is None


def test_the_code_itself_is_not_in_redis(codes: Codes, session: BrokerSession, redis: Redis) -> None:
    codes.add("very-secret-code", records.issued_code(session, "sub-of-erika"))
    keys = list(redis._client.keys("*"))  # type: ignore[arg-type]
    everything = b"".join([*keys, *(bytes(redis._client.dump(key)) for key in keys)])  # type: ignore[arg-type]
    assert b"very-secret-code" not in everything
    assert b"sub-of-erika" not in everything
