"""The way to a store is disturbed while somebody signs out, before, in the middle of, and right after what counts (F-02, F-05, F-12, F-23):
said to be an outage, nobody half signed out, and the next press of the button does it all, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from broker.store.sql import Database
from tests.faults.conftest import recovers
from tests.faults.scene import SignedIn, signed_in
from tests.support.app import closing, start
from tests.support.clock import Clock
from tests.support.fault_proxy import FaultProxy, Wire, in_front_of
from tests.support.servers import PostgresqlServer, RedisServer
from tests.support.services import empty

FAULTS = [Wire.SILENT, Wire.UNANSWERED, Wire.GARBLED, Wire.RESET]
AT = {"sql": (b"INSERT INTO deliveries", b"COMMIT"), "redis": (b"DEL",)}


@dataclass
class Place:
    """A citizen who is about to sign out, and the ways to both stores."""

    citizen: SignedIn
    sql: FaultProxy
    redis: FaultProxy

    def recovers(self) -> None:
        """Both stores can be reached again."""
        stores = self.citizen.broker.parts.stores
        recovers(stores.database.ping)
        recovers(stores.redis.ping)


@pytest.fixture
def place(postgresql_server: PostgresqlServer, redis_server: RedisServer, clock: Clock) -> Iterator[Place]:
    database = Database(postgresql_server.url)
    empty(database)
    database.dispose()
    with in_front_of(postgresql_server.port) as sql, in_front_of(redis_server.port) as redis:
        at_sql = postgresql_server.url.replace(str(postgresql_server.port), str(sql.port))
        at_redis = redis_server.url.replace(str(redis_server.port), str(redis.port))
        for broker in closing(start(at_sql, at_redis, clock)):
            made = Place(signed_in(broker), sql, redis)
            broker.parts.stores.database.dispose()  # on new connections every statement is sent in its words
            yield made


@pytest.mark.parametrize("wire", FAULTS)
@pytest.mark.parametrize("store", ["sql", "redis"])
def test_before_anything_was_done(place: Place, store: str, wire: Wire) -> None:
    proxy: FaultProxy = getattr(place, store)
    with proxy.disturbed(wire):
        place.citizen.is_told_of_an_outage()
    place.recovers()
    assert place.citizen.is_signed_in()
    place.citizen.is_out_everywhere()


@pytest.mark.parametrize("wire", [Wire.UNANSWERED, Wire.RESET])
@pytest.mark.parametrize(("store", "words"), [(store, words) for store, all_words in AT.items() for words in all_words])
def test_in_the_middle(place: Place, store: str, words: bytes, wire: Wire) -> None:
    """Nobody knows whether the last command arrived. Where it did, the session is dead though the citizen was told of an outage."""
    proxy: FaultProxy = getattr(place, store)
    with proxy.disturbed(wire, words):
        place.citizen.is_told_of_an_outage()
        assert proxy.hit
    place.recovers()
    done = words == b"DEL" or (words == b"COMMIT" and wire is Wire.UNANSWERED)
    assert place.citizen.is_signed_in() is not done
    place.citizen.is_out_everywhere()
    place.citizen.is_out_at_the_hub()


def test_a_slow_wire_is_no_outage(place: Place) -> None:
    with place.sql.disturbed(Wire.SLOW), place.redis.disturbed(Wire.SLOW):
        place.citizen.is_out_everywhere()
