"""`session_state` in authorization responses: the `sid`, for plugins that read it there (protocol 10.3), and for nobody else."""

from __future__ import annotations

from broker.core.client_policy import LogoutPolicy
from tests.support.app import Broker
from tests.support.browser import Browser, form_of
from tests.support.tool import Tool


def test_it_is_the_sid_of_this_tools_id_token(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(logout=LogoutPolicy(session_state=True))

    answer = browser.arrives(tool).answer

    assert answer["session_state"] == tool.verifies(tool.redeems(answer["code"]).get_json()["id_token"])["sid"]
    assert answer["iss"]


def test_it_travels_in_a_form_as_well(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(logout=LogoutPolicy(session_state=True))
    browser.arrives(tool)

    _, fields = form_of(browser.opens(tool.url(response_mode="form_post")).text, "form-post-continue")

    assert fields["session_state"]


def test_other_tools_do_not_get_it_nor_do_errors_carry_it(broker: Broker, browser: Browser, tool: Tool) -> None:
    assert "session_state" not in browser.arrives(tool).answer
    curious = broker.tool("curious", logout=LogoutPolicy(session_state=True))
    assert "session_state" not in broker.browser().opens(curious.url(prompt="none")).answer
