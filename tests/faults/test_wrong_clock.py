"""One machine's clock is wrong: what has ended is dead there too, and it ends nothing before its time (F-32)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text

from broker.core.client_policy import GrantType, TokenPolicy
from broker.core.errors import TemporarilyUnavailable
from broker.duties import build_worker
from broker.store.sql import Database
from tests.support.app import Broker, closing, settings, start
from tests.support.browser import Browser
from tests.support.clock import RealTime, Skewed
from tests.support.outbox import takes_all
from tests.support.services import PostgresqlServer, RedisServer, empty
from tests.support.tool import Tool

REFRESHING = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN), refresh_with_session=True)
WRONG = {"f32_ahead": {"seconds": 90}, "f32_behind": {"minutes": -10}}
BY_WRONG = pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)


@dataclass
class Town:
    """Two machines on the same stores, and a citizen at a tool."""

    right: Broker
    browser: Browser
    tool: Tool
    tokens: dict[str, str]

    def wrong(self, **by: float) -> Broker:
        """The other machine, its clock wrong by so much."""
        return replace(self.right, clock=Skewed(**by)).starts_again()

    def is_out_at(self, broker: Broker) -> None:
        """Nothing of the session is good at this machine."""
        tool, browser = replace(self.tool, app=broker.app), broker.browser()
        browser.client._cookies.update(self.browser.client._cookies)
        assert browser.opens(tool.url(prompt="none")).answer["error"] == "login_required"
        assert tool.asks_userinfo(self.tokens["access_token"]).status_code == 401
        assert tool.introspects(self.tokens["access_token"]) == {"active": False}
        assert tool.refreshes(self.tokens["refresh_token"]).get_json()["error"] == "invalid_grant"

    def session_ends_in(self, seconds: int) -> None:
        """Its time on the register, by the database's clock."""
        ends = text("UPDATE sessions SET expires_at = clock_timestamp() + make_interval(secs => :seconds)")
        assert self.right.parts.stores.database.run(ends, {"seconds": seconds}) == 1

    def ended_by(self) -> str:
        """What the register says."""
        (found,) = self.right.parts.stores.database.all(text("SELECT ended_by FROM sessions"))
        return str(found.ended_by)


@pytest.fixture
def town(postgresql_server: PostgresqlServer, redis_server: RedisServer) -> Iterator[Town]:
    database = Database(postgresql_server.url)
    empty(database)
    database.dispose()
    for broker in closing(start(postgresql_server.url, redis_server.url, RealTime())):
        tool, browser = broker.tool(tokens=REFRESHING), broker.browser()
        yield Town(broker, browser, tool, tool.redeems(browser.arrives(tool).code).get_json())


def worker_ends_sessions(broker: Broker) -> object:
    """What a worker on this broker's machine does every five seconds."""
    with contextlib.closing(build_worker(settings(**broker.given), broker.clock)) as worker:
        (task,) = [task for task in worker.tasks if task.name == "end sessions"]
        return task.do()


@BY_WRONG
@pytest.mark.parametrize("at", ["right", "wrong"])
def test_what_ended_at_one_machine_is_dead_at_the_other(town: Town, wrong: dict[str, float], at: str) -> None:
    other = town.wrong(**wrong)
    ending, judging = (town.right, other) if at == "right" else (other, town.right)
    browser = ending.browser()
    browser.client._cookies.update(town.browser.client._cookies)

    stop = browser.presses(browser.opens("/logout"), "logout-confirm")

    assert 'id="signed-out"' in stop.text
    town.is_out_at(judging)
    other.parts.stores.close()


def test_f32_a_worker_that_is_ahead_ends_nothing_before_its_time(town: Town) -> None:
    town.session_ends_in(60)
    ahead = town.wrong(seconds=90)

    with pytest.raises(TemporarilyUnavailable, match="clock"):
        worker_ends_sessions(ahead)

    assert town.ended_by() == ""
    assert "code" in town.browser.opens(town.tool.url(prompt="none")).answer
    town.session_ends_in(-1)
    assert worker_ends_sessions(town.right) == 1
    ahead.parts.stores.close()


def test_f32_a_worker_that_is_behind_keeps_no_other_from_ending_it_in_time_and_once(town: Town) -> None:
    town.session_ends_in(-1)
    behind = town.wrong(minutes=-10)

    assert [worker_ends_sessions(broker) for broker in (behind, town.right, behind)] == [0, 1, 0]

    assert town.ended_by() == "time"
    assert [one.client_id for one in takes_all(town.right.parts.stores.outbox)] == ["karte"]
    town.is_out_at(behind)
    behind.parts.stores.close()
