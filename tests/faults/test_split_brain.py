"""Redis is split in two and both halves take writes, with processes of ours at each: SQL decides alone (F-07).

The second half is a real replica that was promoted: what stood in Redis before the split stands in both, and nothing after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from threading import Barrier

import pytest
import redis as redis_py
from sqlalchemy import text

from broker.core.client_policy import GrantType, TokenPolicy
from broker.store.sql import Database
from tests.support.app import Broker, start
from tests.support.browser import Browser, Stop
from tests.support.clock import Clock
from tests.support.outbox import takes_all
from tests.support.servers import PostgresqlServer, RedisServer, running, until
from tests.support.services import empty
from tests.support.tool import Tool

REFRESHING = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN), refresh_with_session=True)
SESSION = "__Host-bp-session"


class Replicating(RedisServer):
    """A Redis that hands its data to a replica at once."""

    settings = (*RedisServer.settings, "--repl-diskless-sync-delay", "0")


@dataclass
class Town:
    """Two processes of the broker with one database, and a Redis that is one until it is split. Named after where they stand."""

    here: Broker
    there: Broker
    second: RedisServer
    tool: Tool
    browser: Browser

    def splits(self) -> None:
        """From now on each half goes its own way."""
        with redis_py.Redis.from_url(self.second.url) as client:
            client.replicaof("NO", "ONE")

    def tool_there(self) -> Tool:
        """The same tool, as the other process sees it."""
        return Tool(self.there.app, self.there.issuer, self.tool.client, self.tool.secret, verifier=self.tool.verifier)

    def browser_there(self) -> Browser:
        """The same browser, its requests answered by the other process."""
        moved = self.there.browser()
        moved.client._cookies.update(self.browser.client._cookies)
        return moved

    def grants(self) -> int:
        """How many there are in SQL."""
        return len(self.here.parts.stores.database.all(text("SELECT grant_id FROM grants")))


@pytest.fixture(scope="module")
def halves() -> Iterator[tuple[RedisServer, RedisServer]]:
    with (
        running(Replicating(Path(mkdtemp(prefix="broker-redis-")))) as first,
        running(Replicating(Path(mkdtemp(prefix="broker-redis-")))) as second,
    ):
        yield first, second


@pytest.fixture
def town(postgresql_server: PostgresqlServer, halves: tuple[RedisServer, RedisServer], clock: Clock) -> Iterator[Town]:
    first, second = halves
    database = Database(postgresql_server.url)
    empty(database)
    database.dispose()
    with redis_py.Redis.from_url(first.url) as one, redis_py.Redis.from_url(second.url) as other:
        one.flushall()
        other.replicaof("127.0.0.1", str(first.port))
        until(lambda: other.info("replication")["master_link_status"] == "up", 10, "the replica to follow")
        here = start(postgresql_server.url, first.url, clock)
        there = here.starts_again(redis_url=second.url)
        tool = here.tool(tokens=REFRESHING)
        yield Town(here, there, second, tool, here.browser())
        other.replicaof("NO", "ONE")
    for broker in (here, there):
        broker.parts.stores.close()


def _both_have_all(first: RedisServer) -> None:
    with redis_py.Redis.from_url(first.url) as client:
        assert client.wait(1, 5000) == 1


def test_f07_a_code_is_redeemed_once_whichever_half_is_asked_second(town: Town, halves: tuple[RedisServer, RedisServer]) -> None:
    code = town.browser.arrives(town.tool).code
    _both_have_all(halves[0])
    town.splits()

    first, second = town.tool.redeems(code), town.tool_there().redeems(code)

    assert first.status_code == 200
    assert (second.status_code, second.get_json()["error"]) == (400, "invalid_grant")
    assert town.grants() == 1
    for token in ("access_token", "refresh_token"):
        assert town.tool.introspects(first.get_json()[token]) == {"active": False}, "used twice, so nothing of it is good (RFC 6749 4.1.2)"


def test_f07_of_two_at_the_same_moment_one_wins(town: Town, halves: tuple[RedisServer, RedisServer]) -> None:
    codes = [town.browser.arrives(town.tool).code for _ in range(5)]
    _both_have_all(halves[0])
    town.splits()
    both = Barrier(2)

    def redeems(tool: Tool, code: str) -> int:
        both.wait(10)
        return tool.redeems(code).status_code

    with ThreadPoolExecutor(2) as pool:
        for code in codes:
            tries = [pool.submit(redeems, tool, code) for tool in (town.tool, town.tool_there())]
            assert sorted(one.result(20) for one in tries) == [200, 400]
    assert town.grants() == len(codes)


def test_f07_a_session_that_ends_at_one_half_is_dead_at_the_other(town: Town, halves: tuple[RedisServer, RedisServer]) -> None:
    """The other half still holds the session, its code and its cookie's id; each of its tools is told once."""
    tokens = town.tool.redeems(town.browser.arrives(town.tool).code).get_json()
    late = town.browser.opens(town.tool.url()).code
    _both_have_all(halves[0])
    town.splits()
    elsewhere, tool = town.browser_there(), town.tool_there()
    assert town.there.session_of(elsewhere), "the test would show nothing without it"
    assert 'id="account"' in elsewhere.opens("/account/sessions").text

    signed_out = _signs_out(town.browser)

    assert 'id="signed-out"' in signed_out.text
    assert town.there.session_of(elsewhere), "it knows nothing of the end"
    assert elsewhere.opens(tool.url(prompt="none")).answer["error"] == "login_required"
    assert tool.asks_userinfo(tokens["access_token"]).status_code == 401
    assert tool.introspects(tokens["access_token"]) == {"active": False}
    assert tool.refreshes(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert tool.redeems(late).get_json()["error"] == "invalid_grant", "a code that was made before the split"
    assert 'id="account"' not in elsewhere.opens("/account/sessions").text
    assert [one.client_id for one in takes_all(town.there.parts.stores.outbox)] == ["karte"]


def test_f07_the_same_sign_out_at_both_halves_is_one(town: Town, halves: tuple[RedisServer, RedisServer]) -> None:
    town.tool.redeems(town.browser.arrives(town.tool).code)
    _both_have_all(halves[0])
    town.splits()
    elsewhere = town.browser_there()

    for browser in (town.browser, elsewhere):
        _signs_out(browser)
        assert SESSION not in browser.cookies()

    assert [one.client_id for one in takes_all(town.here.parts.stores.outbox)] == ["karte"], "told once"


def _signs_out(browser: Browser) -> Stop:
    return browser.presses(browser.opens("/logout"), "logout-confirm")
