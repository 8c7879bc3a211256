"""Redis killed, frozen, empty, full, read-only, garbage: an outage is said to be one, quickly, and ends by itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import redis as redis_py

from broker.core.errors import ConfigurationError, RequestExpired, StoreUnavailable
from broker.store.codes import Codes
from broker.store.redis import Redis
from broker.store.requests import Requests
from broker.store.seal import Seal
from broker.store.sessions import Sessions
from tests.faults.conftest import AT_ONCE_SECONDS, is_an_outage, recovers
from tests.support import records
from tests.support.clock import Clock
from tests.support.servers import RedisServer

_SEAL = Seal(bytes(32))


@pytest.fixture
def control(own_redis_server: RedisServer) -> Iterator[redis_py.Redis]:
    """The server's administrator; undoes what was set."""
    with redis_py.Redis.from_url(own_redis_server.url) as client:
        yield client
        for name, value in (("maxmemory", "0"), ("maxmemory-policy", "noeviction"), ("min-replicas-to-write", "0")):
            client.config_set(name, value)
        client.flushall()


def _all_calls(redis: Redis, clock: Clock) -> dict[str, Callable[[], object]]:
    session, request = records.session("citizen", clock()), records.request(clock())
    sessions, codes, requests = Sessions(redis, _SEAL, clock), Codes(redis, _SEAL), Requests(redis, _SEAL)
    return {
        "find session": lambda: sessions.find(session.id),
        "add session": lambda: sessions.add(session, replacing="another"),
        "touch": lambda: sessions.touch(session),
        "revoke session": lambda: sessions.revoke(session.id),
        "add code": lambda: codes.add("code", records.issued_code(session, "sub"), touch=session),
        "take code": lambda: codes.take("code"),
        "add request": lambda: requests.add(request),
        "get request": lambda: requests.get(request.id, request.browser_id),
        "replace request": lambda: requests.replace(request),
        "take login": lambda: requests.take_login("state"),
        "ping": redis.ping,
        "check policy": redis.check_policy,
    }


_CALLS = list(_all_calls(Redis.connect("fake://"), Clock()))


def test_f01_killed(own_redis_server: RedisServer, fragile_redis: Redis, clock: Clock) -> None:
    own_redis_server.kill()
    try:
        for call in _all_calls(fragile_redis, clock).values():
            is_an_outage(call)
    finally:
        own_redis_server.start()
    recovers(fragile_redis.ping)


@pytest.mark.parametrize("call", _CALLS)
def test_f02_frozen(own_redis_server: RedisServer, fragile_redis: Redis, clock: Clock, call: str) -> None:
    own_redis_server.freeze()
    try:
        is_an_outage(_all_calls(fragile_redis, clock)[call])
    finally:
        own_redis_server.thaw()
    recovers(fragile_redis.ping)


def test_f12_while_it_is_frozen_one_waits_and_the_others_are_told_at_once(own_redis_server: RedisServer, fragile_redis: Redis) -> None:
    own_redis_server.freeze()
    try:
        is_an_outage(fragile_redis.ping)
        is_an_outage(fragile_redis.ping, within=AT_ONCE_SECONDS)
    finally:
        own_redis_server.thaw()
    recovers(fragile_redis.ping)


def test_f02_an_answer_that_comes_too_late_is_not_taken_for_another(own_redis_server: RedisServer, fragile_redis: Redis) -> None:
    fragile_redis.set("one", b"1", 60_000)
    fragile_redis.set("two", b"2", 60_000)
    own_redis_server.freeze()
    try:
        is_an_outage(lambda: fragile_redis.get("one"))
    finally:
        own_redis_server.thaw()
    recovers(fragile_redis.ping)
    assert [fragile_redis.get("two") for _ in range(5)] == [b"2"] * 5


def test_f23_a_restart_between_two_requests_is_not_noticed(own_redis_server: RedisServer, fragile_redis: Redis) -> None:
    own_redis_server.kill()
    own_redis_server.start()
    fragile_redis.set("key", b"value", 60_000)  # the idle connection is dead; nobody sees an error


def test_f03_back_and_empty_means_sign_in_again_and_no_replay(own_redis_server: RedisServer, fragile_redis: Redis, clock: Clock) -> None:
    sessions, codes, requests = Sessions(fragile_redis, _SEAL, clock), Codes(fragile_redis, _SEAL), Requests(fragile_redis, _SEAL)
    session, request = records.session("citizen", clock()), records.request(clock())
    sessions.add(session)
    requests.add(request)
    codes.add("code", records.issued_code(session, "sub"))
    own_redis_server.kill()
    own_redis_server.start()
    assert sessions.find(session.id) is None
    assert codes.take("code") is None
    with pytest.raises(RequestExpired):
        requests.get(request.id, request.browser_id)


def test_f08_full_refuses_new_sessions_and_keeps_old_ones(fragile_redis: Redis, control: redis_py.Redis, clock: Clock) -> None:
    sessions = Sessions(fragile_redis, _SEAL, clock)
    old = records.session("citizen", clock())
    sessions.add(old)
    control.config_set("maxmemory", "1")
    is_an_outage(lambda: sessions.add(records.session("citizen", clock())))
    assert sessions.find(old.id) == old


def test_f09_a_redis_that_evicts_is_refused_at_the_start(fragile_redis: Redis, control: redis_py.Redis) -> None:
    fragile_redis.check_policy()
    control.config_set("maxmemory-policy", "allkeys-lru")
    with pytest.raises(ConfigurationError, match="noeviction"):
        fragile_redis.check_policy()


def test_f10_read_only_is_an_outage_for_writing_and_leaves_no_half(fragile_redis: Redis, control: redis_py.Redis, clock: Clock) -> None:
    sessions = Sessions(fragile_redis, _SEAL, clock)
    old, fresh = records.session("citizen", clock()), records.session("citizen", clock())
    sessions.add(old)
    control.config_set("min-replicas-to-write", "1")
    is_an_outage(lambda: sessions.add(fresh, replacing=old.id))
    assert sessions.find(old.id) == old
    assert sessions.find(fresh.id) is None


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$-5\r\nxx", b"\x00\x00\x00", b""])
def test_f05_a_server_that_talks_garbage_is_an_outage(garbage: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=_talk, args=(listener, garbage), daemon=True)
        answering.start()
        client = Redis.connect(f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        is_an_outage(lambda: client.get("key"))
        client.close()
    answering.join(5)


def _talk(listener: socket.socket, garbage: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(garbage)


def test_a_wrong_address_is_an_outage_without_its_password() -> None:
    client = Redis.connect("redis://broker:hunter2@127.0.0.1:1/0")
    with pytest.raises(StoreUnavailable) as caught:
        client.ping()
    assert "hunter2" not in str(caught.value)
    client.close()
