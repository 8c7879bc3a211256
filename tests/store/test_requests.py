"""Requests in progress: bound to a browser, forgotten after fifteen minutes, upstream states usable once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.core.errors import ForeignBrowser, RequestExpired
from broker.core.ids import fingerprint
from broker.core.request import AuthorizationRequest
from broker.store.redis import Redis
from broker.store.requests import Requests
from tests.support import records
from tests.support.clock import Clock


@pytest.fixture
def request_in_progress(requests: Requests, clock: Clock) -> AuthorizationRequest:
    made = records.request(clock())
    requests.add(made)
    return made


def test_a_request_comes_back_as_it_was(requests: Requests, request_in_progress: AuthorizationRequest) -> None:
    assert requests.get(request_in_progress.id, request_in_progress.browser_id) == request_in_progress


def test_a28_another_browser_does_not_get_it(requests: Requests, request_in_progress: AuthorizationRequest) -> None:
    with pytest.raises(ForeignBrowser):
        requests.get(request_in_progress.id, "another")


def test_an_unknown_request_is_expired(requests: Requests) -> None:
    with pytest.raises(RequestExpired):
        requests.get("unknown", "browser")


def test_progress_is_kept_and_does_not_prolong(requests: Requests, redis: Redis, request_in_progress: AuthorizationRequest) -> None:
    key = f"bp:request:{request_in_progress.id}"
    redis._client.pexpire(key, 60_000)
    requests.replace(replace(request_in_progress, denied_by="consent"))
    assert requests.get(request_in_progress.id, request_in_progress.browser_id).denied_by == "consent"
    assert 0 < int(redis._client.pttl(key)) <= 60_000  # type: ignore[arg-type]


def test_an_expired_request_is_not_brought_back(requests: Requests, redis: Redis, request_in_progress: AuthorizationRequest) -> None:
    redis.delete(f"bp:request:{request_in_progress.id}")
    with pytest.raises(RequestExpired):
        requests.replace(request_in_progress)
    with pytest.raises(RequestExpired):
        requests.get(request_in_progress.id, request_in_progress.browser_id)


def test_an_upstream_state_is_answered_once(requests: Requests, request_in_progress: AuthorizationRequest, clock: Clock) -> None:
    login = records.upstream_login(request_in_progress, clock())
    requests.add_login("state", login)
    assert requests.take_login("state") == login
    with pytest.raises(RequestExpired):
        requests.take_login("state")


def test_both_have_a_time_to_live_of_fifteen_minutes(requests: Requests, redis: Redis, request_in_progress: AuthorizationRequest) -> None:
    requests.add_login("state", records.upstream_login(request_in_progress, request_in_progress.created_at))
    for key in (f"bp:request:{request_in_progress.id}", f"bp:login:{fingerprint('state')}"):
        assert 890_000 < int(redis._client.pttl(key)) <= 900_000  # type: ignore[arg-type]


def test_the_state_itself_is_not_in_redis(requests: Requests, redis: Redis, request_in_progress: AuthorizationRequest) -> None:
    requests.add_login("very-secret-state", records.upstream_login(request_in_progress, request_in_progress.created_at))
    assert not [key for key in redis._client.keys("*") if b"very-secret-state" in key]  # type: ignore[union-attr]
