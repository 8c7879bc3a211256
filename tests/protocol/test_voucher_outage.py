"""A store that goes away while a code is being used: said to be an outage, and the code is as good as before (A-47, A-48)."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import event, text

from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.outages import AWAY, redis_away
from tests.support.voucher import comes_to_the_field, hands_out, types, youth_tool


@pytest.mark.parametrize("store", AWAY)
def test_an_outage_uses_no_code(broker: Broker, browser: Browser, store: str) -> None:
    code, tool = hands_out(broker).codes[0], youth_tool(broker)
    page = comes_to_the_field(browser, tool)
    with AWAY[store](broker):
        away = types(browser, page, code)
    assert (away.response.status_code, away.error_code) == (503, "BP-503-STORE")
    assert broker.parts.stores.vouchers.list()[0].redeemed == 0
    assert 'id="consent-allow"' in types(browser, page, code).text


def test_what_breaks_off_half_way_can_be_finished_by_the_same_sign_in_only(broker: Broker, browser: Browser) -> None:
    """Redis goes away in the moment after the code was taken: there is an account, and nobody is signed in yet."""
    code, tool = hands_out(broker).codes[0], youth_tool(broker)
    page, engine = comes_to_the_field(browser, tool), broker.parts.stores.database.engine
    with ExitStack() as outage:

        def go_away(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith("UPDATE vouchers"):
                outage.enter_context(redis_away(broker))

        event.listen(engine, "after_cursor_execute", go_away)
        try:
            away = types(browser, page, code)
        finally:
            event.remove(engine, "after_cursor_execute", go_away)
    assert (away.response.status_code, away.error_code) == (503, "BP-503-STORE")
    assert broker.parts.stores.vouchers.list()[0].redeemed == 1
    assert "__Host-bp-session" not in browser.cookies()

    stranger = broker.browser()
    assert "schon verbraucht" in types(stranger, comes_to_the_field(stranger, tool), code).text
    again = browser.opens(f"/continue/{page.response.request.path.rsplit('/', 1)[1]}")
    assert 'id="consent-allow"' in types(browser, browser.presses(again, "provider-voucher"), code).text
    made = broker.parts.stores.database.all(text("SELECT subject_id FROM subjects"))
    assert len(made) == 1
