"""A worker that dies between the gate and the answer leaves no token that anybody could use (CO-13, A-05)."""

from __future__ import annotations

from typing import NoReturn

import pytest

from broker.core.client_policy import GrantType, TokenPolicy
from broker.store.tables import grants
from tests.protocol.test_code import refused
from tests.support.app import Broker

REFRESHING = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN), refresh_with_session=True)


class Killed(BaseException):
    """Nothing of ours catches this, as nothing catches a signal 9."""


def dies(*_: object, **__: object) -> NoReturn:
    raise Killed


@pytest.mark.parametrize("where", ["before the refresh token is kept", "before the ID token is signed"])
def test_co_13_the_retry_is_refused_and_nothing_stays_alive(broker_everywhere: Broker, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    broker, tool = broker_everywhere, broker_everywhere.tool(tokens=REFRESHING)
    code = broker.browser().arrives(tool).code
    moments = {
        "before the refresh token is kept": (broker.parts.stores.refresh_tokens, "add"),
        "before the ID token is signed": (broker.parts.keys, "sign"),
    }

    with monkeypatch.context() as worker:
        worker.setattr(*moments[where], dies)
        with pytest.raises(Killed):
            tool.redeems(code)
    assert [row.revoked_at for row in broker.parts.stores.database.all(grants.select())] == [None], "the gate was passed"

    assert refused(tool.redeems(code))
    assert [row.revoked_at for row in broker.parts.stores.database.all(grants.select())] == [broker.clock()]


def test_co_13_a_refresh_killed_before_its_answer_can_be_repeated(broker_everywhere: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    broker, tool = broker_everywhere, broker_everywhere.tool(tokens=REFRESHING)
    token = tool.redeems(broker.browser().arrives(tool).code).get_json()["refresh_token"]

    with monkeypatch.context() as worker:
        worker.setattr(broker.parts.keys, "sign", dies)
        with pytest.raises(Killed):
            tool.refreshes(token)

    answer = tool.refreshes(token).get_json()
    assert tool.asks_userinfo(answer["access_token"]).status_code == 200
    assert tool.refreshes(answer["refresh_token"]).status_code == 200
