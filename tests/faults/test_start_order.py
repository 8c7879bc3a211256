"""Everything stops and starts again, in each order: no crash, ready when all is there, and nothing used is good again (F-29, RT-06)."""

from __future__ import annotations

import pytest

from broker.core.client_policy import GrantType, TokenPolicy
from broker.store.sql import Database
from tests.support.app import start
from tests.support.clock import Clock
from tests.support.servers import PostgresqlServer, RedisServer, until
from tests.support.services import empty

ORDERS = [("broker", "sql", "redis"), ("redis", "broker", "sql"), ("sql", "redis", "broker")]
REFRESHING = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN))
SCOPES = ("openid", "profile", "offline_access")


@pytest.mark.parametrize("order", ORDERS, ids=["-".join(order) for order in ORDERS])
def test_f29_any_order_will_do(
    own_postgresql_server: PostgresqlServer, own_redis_server: RedisServer, clock: Clock, order: tuple[str, ...]
) -> None:
    servers = {"sql": own_postgresql_server, "redis": own_redis_server}
    database = Database(own_postgresql_server.url)
    empty(database)
    database.dispose()
    before = start(own_postgresql_server.url, own_redis_server.url, clock)
    tool = before.tool(tokens=REFRESHING, scopes=SCOPES)
    asked = before.browser().arrives(tool, scope="openid offline_access", prompt="consent")
    first = tool.redeems(asked.code).get_json()["refresh_token"]
    second = tool.refreshes(first).get_json()["refresh_token"]
    before.parts.stores.close()
    for server in servers.values():
        server.kill()

    after = None
    for name in order:
        if name in servers:
            servers[name].start()
        else:
            after = before.starts_again()
        if after and name != order[-1]:
            assert after.app.test_client().get("/healthz").status_code == 200
            assert after.app.test_client().get("/readyz").status_code == 503
    assert after
    client = after.app.test_client()

    until(lambda: client.get("/readyz").status_code == 200, 10, "the broker to be ready")
    tool.app = after.app
    assert tool.refreshes(second).status_code == 200
    clock.advance(minutes=1)
    assert tool.refreshes(first).status_code == 400, "a rotated token is not good again"
    after.parts.stores.close()
