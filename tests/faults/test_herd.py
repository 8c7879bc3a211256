"""Everybody comes back at the same moment: while Redis is away, and when it is there again and empty (F-38)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier
from typing import TypeVar

import pytest

from broker.core.ports import UpstreamProof
from broker.core.subject import UpstreamIdentity
from broker.store.sql import Database
from tests.faults.conftest import recovers
from tests.faults.outages import killed
from tests.support.app import Broker, Hub, closing, start
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.servers import PostgresqlServer, RedisServer
from tests.support.services import empty
from tests.support.tool import Tool

MANY = 20

_T = TypeVar("_T")


@dataclass
class Crowd:
    """Browsers that are all signed in, and one tool that all of them use."""

    broker: Broker
    tool: Tool
    browsers: dict[str, Browser]
    """By who sits there."""

    def at_once(self, does: Callable[[str, Browser], _T]) -> list[_T]:
        """All of them do this in the same moment."""
        together = Barrier(MANY)

        def one(person: str) -> _T:
            together.wait(20)
            return does(person, self.browsers[person])

        with ThreadPoolExecutor(MANY) as pool:
            return list(pool.map(one, self.browsers))


def everybody_is_who_they_say(hub: Hub, answer: Mapping[str, str], proof: UpstreamProof) -> UpstreamIdentity:
    """At this hub the code names the person, so that several can come back at once."""
    return replace(_complete(hub, answer, proof), upstream_sub=answer["code"])


_complete = Hub.complete


@pytest.fixture
def crowd(
    own_postgresql_server: PostgresqlServer, own_redis_server: RedisServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Crowd]:
    monkeypatch.setattr(Hub, "complete", everybody_is_who_they_say)
    database = Database(own_postgresql_server.url)
    empty(database)
    database.dispose()
    for broker in closing(start(own_postgresql_server.url, own_redis_server.url, clock)):
        made = Crowd(broker, broker.tool(), {f"citizen-{number}": broker.browser() for number in range(MANY)})
        for person, browser in made.browsers.items():
            consent = browser.comes_back(browser.sets_out(made.tool.url()), code=person)
            assert made.tool.redeems(browser.presses(consent, "consent-allow").code).status_code == 200
        yield made


def test_f38_nobody_waits_for_redis_and_not_everybody_comes_back_in_the_same_second(crowd: Crowd, own_redis_server: RedisServer) -> None:
    with killed(own_redis_server):
        pages = crowd.at_once(lambda _, browser: browser.opens("/logout"))

    assert {(page.response.status_code, page.error_code) for page in pages} == {(503, "BP-503-STORE")}
    waits = {int(page.response.headers["Retry-After"]) for page in pages}
    assert len(waits) > 3
    assert waits <= set(range(5, 16))
    recovers(crowd.broker.parts.stores.redis.ping)


def test_f38_when_redis_is_back_and_empty_all_sign_in_anew_and_there_is_no_second_outage(
    crowd: Crowd, own_redis_server: RedisServer
) -> None:
    """Each chooses a citizen ID and is asked for nothing else; what they agreed to stands in SQL."""
    with killed(own_redis_server):
        pass
    recovers(crowd.broker.parts.stores.redis.ping)

    silent = crowd.at_once(lambda _, browser: browser.opens(crowd.tool.url(prompt="none")))
    assert {stop.answer["error"] for stop in silent} == {"login_required"}, "no outage any more"

    back = crowd.at_once(lambda person, browser: browser.comes_back(browser.sets_out(crowd.tool.url()), code=person))
    codes = [stop.code for stop in back]
    redeemed = crowd.at_once(lambda person, _: crowd.tool.redeems(codes[list(crowd.browsers).index(person)]))
    assert [answer.status_code for answer in redeemed] == [200] * MANY
    assert len({answer.get_json()["access_token"] for answer in redeemed}) == MANY
