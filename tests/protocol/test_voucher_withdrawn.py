"""A batch that is withdrawn, because a sheet was lost or made in error: its codes end, and every sign-in that rests on one."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from broker.core.client_policy import GrantType, TokenPolicy
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.voucher import comes_to_the_field, handing_out, hands_out, takes_part, types, youth_tool


def test_everybody_who_came_by_a_code_is_signed_out_and_their_tools_are_told(broker: Broker) -> None:
    made, tool = hands_out(broker, 2), youth_tool(broker)
    first, second = broker.browser(), broker.browser()
    for browser, code in ((first, made.codes[0]), (second, made.codes[1])):
        takes_part(browser, tool, code)
    assert handing_out(broker).withdraw(made.batch.id) == 2
    for browser in (first, second):
        assert browser.opens(tool.url(prompt="none")).answer["error"] == "login_required"
    told = broker.parts.stores.database.all(text("SELECT client_id FROM deliveries WHERE state = 'pending'"))
    assert [row.client_id for row in told] == [tool.client.client_id] * 2


def test_also_who_has_not_reached_a_tool_yet(broker: Broker, browser: Browser) -> None:
    made, tool = hands_out(broker), youth_tool(broker)
    consent = types(browser, comes_to_the_field(browser, tool), made.codes[0])
    assert handing_out(broker).withdraw(made.batch.id) == 1
    assert "code" not in (browser.presses(consent, "consent-allow").location or "")


def test_also_what_outlives_a_session(broker: Broker, browser: Browser) -> None:
    made = hands_out(broker)
    tool = youth_tool(
        broker,
        scopes=("openid", "eligibility", "offline_access"),
        tokens=TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN)),
    )
    page = browser.presses(browser.opens(tool.url(scope="openid offline_access", prompt="consent")), "provider-voucher")
    told = tool.redeems(browser.presses(types(browser, page, made.codes[0]), "consent-allow").code).get_json()
    assert "refresh_token" in told, told
    handing_out(broker).withdraw(made.batch.id)
    assert tool.refreshes(told["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_other_batches_and_other_citizen_ids_go_on(broker: Broker) -> None:
    withdrawn, kept, tool = hands_out(broker), hands_out(broker), youth_tool(broker)
    young, erika = broker.browser(), broker.browser()
    takes_part(young, tool, kept.codes[0])
    erika.arrives(tool)
    assert handing_out(broker).withdraw(withdrawn.batch.id) == 0
    for browser in (young, erika):
        assert browser.opens(tool.url(prompt="none")).code


def test_withdrawing_twice_is_no_error(broker: Broker) -> None:
    made = hands_out(broker)
    assert [handing_out(broker).withdraw(made.batch.id) for _ in range(2)] == [0, 0]


def test_a_batch_that_says_nothing_can_be_withdrawn_as_well(broker: Broker, browser: Browser) -> None:
    made, tool = hands_out(broker, municipality="", age_over=None), youth_tool(broker)
    told = takes_part(browser, tool, made.codes[0])
    assert not told.keys() & {"bp_resident_of", "bp_age_over"}
    assert handing_out(broker).withdraw(made.batch.id) == 1


@pytest.mark.parametrize("batch_id", ["", "00000000", "' OR 1=1 --"])
def test_a_batch_that_does_not_exist_is_told(broker: Broker, batch_id: str) -> None:
    from broker.core.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="no such batch"):
        handing_out(broker).withdraw(batch_id)
