"""Somebody signs out while a store is away: said to be an outage at once, nothing is claimed, and the next press of the button does it all
(F-01 to F-10, F-19 to F-27, SE-06)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis as redis_py
from sqlalchemy import text

from broker.store.sql import Database
from tests.faults.conftest import recovers
from tests.faults.outages import (
    RedisTrouble,
    SqlTrouble,
    crowded,
    cut,
    frozen,
    full,
    killed,
    locked,
    out_of_memory,
    postmaster_frozen,
    read_only,
    without_replicas,
)
from tests.faults.scene import SignedIn, signed_in
from tests.support.app import closing, start
from tests.support.clock import Clock
from tests.support.servers import PostgresqlServer, RedisServer
from tests.support.services import empty


@pytest.fixture
def citizen(own_postgresql_server: PostgresqlServer, own_redis_server: RedisServer, clock: Clock) -> Iterator[SignedIn]:
    database = Database(own_postgresql_server.url)
    empty(database)
    database.dispose()
    with redis_py.Redis.from_url(own_redis_server.url) as client:
        client.flushall()
    for broker in closing(start(own_postgresql_server.url, own_redis_server.url, clock)):
        yield signed_in(broker)


@pytest.mark.parametrize("trouble", [frozen, without_replicas], ids=["f02_frozen", "f10_read_only"])
def test_redis_is_away(citizen: SignedIn, own_redis_server: RedisServer, trouble: RedisTrouble) -> None:
    with trouble(own_redis_server):
        citizen.is_told_of_an_outage()
    recovers(citizen.broker.parts.stores.redis.ping)
    citizen.is_out_everywhere()


def test_f08_a_redis_without_room_keeps_nobody_signed_in(citizen: SignedIn, own_redis_server: RedisServer) -> None:
    """Only the page that would show how far each tool is has no place to be kept."""
    with out_of_memory(own_redis_server):
        citizen.is_out_everywhere()


@pytest.mark.parametrize(
    "trouble",
    [killed, frozen, locked("grants"), locked("deliveries"), read_only, full],
    ids=["f19_killed", "f21_frozen", "f22_grants_locked", "f22_deliveries_locked", "f26_read_only", "f27_full"],
)
def test_sql_is_away(citizen: SignedIn, own_postgresql_server: PostgresqlServer, trouble: SqlTrouble) -> None:
    with trouble(own_postgresql_server):
        citizen.is_told_of_an_outage()
    recovers(citizen.broker.parts.stores.database.ping)
    assert citizen.is_signed_in(), "SQL comes first: nothing was done by halves"
    citizen.is_out_everywhere()


@pytest.mark.parametrize("trouble", [read_only, full], ids=["f26_read_only", "f27_full"])
def test_what_only_reads_goes_on_while_nobody_can_sign_out(
    citizen: SignedIn, own_postgresql_server: PostgresqlServer, trouble: SqlTrouble
) -> None:
    with trouble(own_postgresql_server):
        citizen.is_told_of_an_outage()
        assert citizen.is_signed_in()
        assert citizen.tool.asks_userinfo(citizen.tokens["access_token"]).status_code == 200
        assert citizen.tool.introspects(citizen.tokens["access_token"])["active"]


@pytest.mark.parametrize("trouble", [postmaster_frozen, cut, crowded], ids=["f20_postmaster_frozen", "f23_cut", "f23_crowded"])
def test_a_sign_out_does_not_notice(citizen: SignedIn, own_postgresql_server: PostgresqlServer, trouble: SqlTrouble) -> None:
    with trouble(own_postgresql_server):
        citizen.is_out_everywhere()


def test_f01_f03_redis_is_killed_and_comes_back_empty(citizen: SignedIn, own_redis_server: RedisServer) -> None:
    """Whoever was signed in signs in again; nothing that was used or revoked is good again, and nobody is asked for consent anew."""
    revoked = citizen.tool.redeems(citizen.browser.opens(citizen.tool.url()).code).get_json()
    citizen.tool.revokes(revoked["refresh_token"])
    with killed(own_redis_server):
        citizen.is_told_of_an_outage()
    recovers(citizen.broker.parts.stores.redis.ping)

    assert citizen.browser.opens(citizen.tool.url(prompt="none")).answer["error"] == "login_required"
    assert citizen.tool.redeems(citizen.code).status_code == 400, "a used code"
    for tokens in (citizen.tokens, revoked):
        assert citizen.tool.refreshes(tokens["refresh_token"]).status_code == 400, "no session, no refresh"
    hub = citizen.browser.sets_out(citizen.tool.url())
    assert "code" in citizen.browser.comes_back(hub).answer, "the consent stands in SQL"


def test_f03_what_redis_has_lost_is_still_signed_out_at_the_tools(citizen: SignedIn, own_redis_server: RedisServer) -> None:
    """Broker and tool differ about who is signed in: the register knows, and the button means what it says."""
    with redis_py.Redis.from_url(own_redis_server.url) as client:
        client.flushall()
    assert not citizen.is_signed_in()

    citizen.is_out_everywhere()
    (ended,) = citizen.broker.parts.stores.database.all(text("SELECT ended_by FROM sessions"))
    assert ended.ended_by == "citizen"
