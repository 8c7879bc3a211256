"""Sessions: sealed, small, over in time, and never brought back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from broker.core.session import SESSION_LIFETIME, BrokerSession
from broker.store.redis import Redis
from broker.store.seal import Seal
from broker.store.sessions import Sessions
from tests.support import records
from tests.support.clock import Clock
from tests.support.servers import RedisServer


@pytest.fixture
def session(sessions: Sessions, clock: Clock) -> BrokerSession:
    made = records.session("citizen", clock())
    sessions.add(made)
    return made


def _key(of: BrokerSession) -> str:
    return f"bp:session:{of.id}"


def _here(clock: Clock) -> BrokerSession:
    """A session of one and the same browser."""
    return replace(records.session("citizen", clock()), browser_id="this-browser")


def _keys(redis: Redis) -> list[bytes]:
    with redis.pipeline(atomic=False) as pipeline:
        pipeline.keys("bp:*")
        (found,) = pipeline.execute()
    return list(found)


def test_a_session_comes_back_as_it_was(sessions: Sessions, session: BrokerSession) -> None:
    assert sessions.find(session.id) == session


def test_an_unknown_session_is_none(sessions: Sessions) -> None:
    assert sessions.find("unknown") is None


def test_a_new_session_ends_the_one_it_replaces(sessions: Sessions, session: BrokerSession, clock: Clock) -> None:
    fresh = records.session("citizen", clock())
    sessions.add(fresh, replacing=session.id)
    assert sessions.find(session.id) is None
    assert sessions.find(fresh.id) == fresh


def test_replacing_itself_keeps_it(sessions: Sessions, session: BrokerSession) -> None:
    sessions.add(session, replacing=session.id)
    assert sessions.find(session.id) == session


def test_a_session_is_over_at_its_end_even_if_redis_still_has_it(sessions: Sessions, session: BrokerSession, clock: Clock) -> None:
    clock.now += SESSION_LIFETIME
    assert sessions.find(session.id) is None


def test_touching_moves_last_seen_and_not_the_end(sessions: Sessions, session: BrokerSession, redis: Redis, clock: Clock) -> None:
    redis._client.pexpire(_key(session), 60_000)
    now = clock.advance(minutes=1)
    assert sessions.touch(session)
    assert sessions.find(session.id) == replace(session, last_seen_at=now)
    assert 0 < int(redis._client.pttl(_key(session))) <= 60_000


def test_touching_never_brings_an_ended_session_back(sessions: Sessions, session: BrokerSession) -> None:
    assert sessions.revoke(session.id)
    assert not sessions.touch(session)
    assert sessions.find(session.id) is None
    assert not sessions.revoke(session.id)


def test_what_became_of_a_session_is_kept_for_the_rest_of_its_time_and_never_brings_it_back(
    sessions: Sessions, session: BrokerSession, redis: Redis
) -> None:
    redis._client.pexpire(_key(session), 60_000)
    assert sessions.replace(replace(session, other_device="Chrome, Linux"))
    found = sessions.find(session.id)
    assert found
    assert found.other_device == "Chrome, Linux"
    assert 0 < int(redis._client.pttl(_key(session))) <= 60_000
    sessions.revoke(session.id)
    assert not sessions.replace(session)
    assert sessions.find(session.id) is None


def test_one_that_is_to_end_sooner_leaves_redis_sooner_and_is_never_brought_back(
    sessions: Sessions, session: BrokerSession, redis: Redis, clock: Clock
) -> None:
    shared = session.at_public_computer(clock())
    sessions.shorten(shared)
    assert sessions.find(session.id) == shared
    assert 0 < int(redis._client.pttl(_key(session))) <= timedelta(minutes=25).total_seconds() * 1000
    sessions.revoke(session.id)
    sessions.shorten(shared)
    assert sessions.find_even_over(session.id) is None


def test_a_session_put_under_another_key_is_refused(sessions: Sessions, session: BrokerSession, redis: Redis, clock: Clock) -> None:
    other = records.session("somebody else", clock())
    sessions.add(other)
    stolen = redis.get(_key(other))
    assert stolen is not None
    redis.set(_key(session), stolen, 60_000)
    assert sessions.find(session.id) is None


@pytest.mark.parametrize("garbage", [b"", b"{}", b"\x80\x04.", bytes(500)])
def test_f05_garbage_in_redis_is_nobodys_session(sessions: Sessions, session: BrokerSession, redis: Redis, garbage: bytes) -> None:
    redis.set(_key(session), garbage, 60_000)
    assert sessions.find(session.id) is None


def test_another_secret_opens_no_session(session: BrokerSession, redis: Redis, clock: Clock) -> None:
    assert Sessions(redis, Seal(bytes(32)), clock).find(session.id) is None


def test_every_session_has_a_time_to_live(session: BrokerSession, redis: Redis) -> None:
    left = int(redis._client.pttl(_key(session)))
    assert 0 < left <= (SESSION_LIFETIME + timedelta(minutes=10)).total_seconds() * 1000


def test_one_whose_time_is_over_counts_for_nothing_but_its_end(sessions: Sessions, session: BrokerSession, clock: Clock) -> None:
    clock.advance(seconds=SESSION_LIFETIME.total_seconds())

    assert sessions.find(session.id) is None
    assert sessions.find_even_over(session.id) == session


def test_redis_holds_nothing_of_the_citizen_in_clear(session: BrokerSession, redis: Redis) -> None:
    keys: Any = redis._client.keys("*")
    dump = b"".join([*keys, *(redis._client.dump(key) for key in keys)])
    for word in ("Erika", "Mustermann", "1964-08-12", "Heidestra", "51147", "citizen", str(session.upstream_id_token)[:24]):
        assert word.encode() not in dump, word


def test_sessions_are_found_by_the_hubs_while_they_live(sessions: Sessions, clock: Clock) -> None:
    hub_sids = {"a": "hub", "b": "hub", "c": "another"}
    first, second, other = (replace(records.session(name, clock()), upstream_sid=sid) for name, sid in hub_sids.items())
    for session in (first, second, other):
        sessions.add(session)
    assert {session.id for session in sessions.find_by_upstream("hub")} == {first.id, second.id}
    sessions.revoke(first.id)
    assert [session.id for session in sessions.find_by_upstream("hub")] == [second.id]
    assert sessions.find_by_upstream("unknown") == ()


def test_a_tools_own_session_is_found_by_browser_and_tool_and_by_nothing_else(sessions: Sessions, clock: Clock) -> None:
    common, own, elsewhere = (records.session(name, clock()) for name in "abc")
    own = replace(own, only_for="karte", browser_id=common.browser_id)
    elsewhere = replace(elsewhere, only_for="karte", browser_id="another")
    for session in (common, own, elsewhere):
        sessions.add(session)
    assert sessions.find_own(common.browser_id, "karte") == own
    assert sessions.find_own(common.browser_id, "forum") is None
    later = replace(records.session("d", clock.advance(minutes=1)), only_for="karte", browser_id=common.browser_id)
    sessions.add(later)
    assert sessions.find_own(common.browser_id, "karte") == later
    sessions.revoke(later.id)
    assert sessions.find_own(common.browser_id, "karte") == own


def test_se03_all_sessions_of_a_browser_are_found_also_what_is_over_by_time(sessions: Sessions, clock: Clock) -> None:
    common, own, elsewhere = (records.session(name, clock()) for name in "abc")
    common = replace(common, expires_at=clock() + timedelta(minutes=1))
    own = replace(own, only_for="karte", browser_id=common.browser_id)
    for session in (common, own, replace(elsewhere, browser_id="another")):
        sessions.add(session)
    clock.advance(minutes=2)
    assert {session.id for session in sessions.find_in_browser(common.browser_id)} == {common.id, own.id}
    sessions.revoke(own.id)
    assert [session.id for session in sessions.find_in_browser(common.browser_id)] == [common.id]
    assert sessions.find_in_browser("unknown") == ()


def test_a_browser_that_is_never_closed_gathers_no_ended_sessions(sessions: Sessions, redis: Redis, clock: Clock) -> None:
    for _ in range(3):
        old = _here(clock)
        sessions.add(old)
        sessions.revoke(old.id)
    last = _here(clock)
    sessions.add(last)
    (index,) = (name for name in _keys(redis) if b"browser_sessions" in name)
    assert len(redis.members(index.decode())) == 4

    assert sessions.find_in_browser(last.browser_id) == (last,)
    assert redis.members(index.decode()) == {last.id.encode()}


def test_a_short_session_hides_no_longer_one_of_the_same_browser(sessions: Sessions, redis: Redis, clock: Clock) -> None:
    long, short = (_here(clock) for _ in range(2))
    sessions.add(long)
    sessions.add(replace(short, expires_at=clock() + timedelta(minutes=15)))
    with redis.pipeline(atomic=False) as pipeline:
        pipeline.pttl(f"bp:session:{long.id}")
        for index in (name for name in _keys(redis) if b"browser_sessions" in name):
            pipeline.pttl(index)
        session_ttl, index_ttl = pipeline.execute()
    assert abs(session_ttl - index_ttl) < 5000


def test_a_realistic_session_is_at_most_four_kibibytes(sessions: Sessions, redis_server: RedisServer, clock: Clock, seal: Seal) -> None:
    redis = Redis.connect(redis_server.url)
    made = records.session("citizen-with-an-id-22c", clock())
    assert len(str(made.upstream_id_token)) >= 2_150
    Sessions(redis, seal, clock).add(made)
    used = redis._client.memory_usage(_key(made))
    redis.close()
    assert int(used) <= 4096
