"""SE-13: a session's cookie that turns up on another device goes on, is noted and shown, counts for less, and can be ended.

The policy and why: `broker/DECISIONS.md`. Both cookies have to be stolen for it, as they lie side by side.
"""

from __future__ import annotations

import pytest

from broker.core.trust import TrustLevel
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.devices import CHROME_ANDROID, CHROME_LINUX, FIREFOX, SAFARI
from tests.support.statements import Statements
from tests.support.tool import Tool

PAGE = "/account/sessions"
NOTED = "Auch benutzt mit: "


def citizen_on(broker: Broker, tool: Tool, device: str = FIREFOX) -> Browser:
    """Somebody who has signed in with this device."""
    browser = broker.browser().uses(device, "203.0.113.7")
    browser.arrives(tool)
    return browser


def thief_of(broker: Broker, victim: Browser, device: str = CHROME_LINUX, address: str = "198.51.100.66") -> Browser:
    """Another device, at another place, with all cookies of the victim's."""
    thief = broker.browser().uses(device, address)
    for name, value in victim.cookies().items():
        thief.client.set_cookie(name, value, domain="broker.test", secure=True, path="/")
    return thief


def test_se_13_it_goes_on_and_the_citizen_sees_it_and_can_end_it(broker_everywhere: Broker) -> None:
    broker = broker_everywhere
    tool = broker.tool()
    victim = citizen_on(broker, tool)
    thief = thief_of(broker, victim)
    assert thief.opens(tool.url()).code, "the desktop mode of a telephone looks the same"
    page = victim.opens(PAGE)
    assert f"{NOTED}Chrome, Linux" in page.text
    victim.presses(page, "session-end-1")
    stopped = thief.opens(tool.url(prompt="none"))
    assert stopped.answer["error"] == "login_required"
    assert 'id="account-sign-in"' in thief.opens(PAGE).text


@pytest.mark.parametrize("level", ["substantial", "high"])
def test_se_13_a_level_above_low_is_not_honoured_there_nor_after(broker: Broker, level: str) -> None:
    tool = broker.tool(minimum_trust=TrustLevel.from_word(level))
    victim = citizen_on(broker, tool)
    assert victim.opens(tool.url(prompt="none")).code
    thief = thief_of(broker, victim)
    assert "code" not in thief.opens(tool.url(prompt="none")).answer
    page = thief.opens(tool.url())
    assert 'id="provider-bundid"' in page.text, "a new sign-in is asked for"
    assert "code" not in victim.opens(tool.url(prompt="none")).answer, "nobody can tell which of the two is the citizen"
    assert victim.arrives(tool).code, "who is, signs in once more"
    assert victim.opens(tool.url(prompt="none")).code


def test_se_13_tokens_say_the_lower_level(broker: Broker, tool: Tool) -> None:
    thief = thief_of(broker, citizen_on(broker, tool))
    token = tool.redeems(thief.opens(tool.url()).code).get_json()["id_token"]
    assert tool.verifies(token)["acr"] == TrustLevel.LOW.acr


def test_se_13_citizen_ids_are_not_changed_from_there(broker: Broker, tool: Tool) -> None:
    """Within five minutes of the sign-in nothing else would be asked: a thief could add a citizen ID of their own."""
    victim = citizen_on(broker, tool)
    assert 'id="link-add"' in victim.opens("/account/links").text
    assert 'id="link-add"' not in thief_of(broker, victim).opens("/account/links").text


def test_se_13_the_page_of_sessions_notices_it_too(broker: Broker, tool: Tool) -> None:
    victim = citizen_on(broker, tool)
    thief_of(broker, victim).opens(PAGE)
    assert f"{NOTED}Chrome, Linux" in victim.opens(PAGE).text


@pytest.mark.parametrize("device", ["", "curl/8.14.1", "\x7f<script>"])
def test_se_13_a_device_that_does_not_say_what_it_is_is_another_one(broker: Broker, tool: Tool, device: str) -> None:
    victim = citizen_on(broker, tool)
    thief_of(broker, victim, device).opens(tool.url())
    page = victim.opens(PAGE).text
    assert f"{NOTED}Unbekanntes Gerät" in page
    assert "curl" not in page


def test_it_is_written_once(broker: Broker, tool: Tool) -> None:
    victim = citizen_on(broker, tool, CHROME_ANDROID)
    thief_of(broker, victim, CHROME_LINUX).opens(tool.url())
    for device in (SAFARI, CHROME_LINUX, CHROME_ANDROID):
        with Statements(broker.parts.stores.database) as statements:
            thief_of(broker, victim, device).opens(tool.url())
        assert not [one for one in statements if one.upper().startswith("UPDATE SESSIONS")]
    assert f"{NOTED}Chrome, Linux" in victim.opens(PAGE).text


@pytest.mark.parametrize("newer", [FIREFOX.replace("145", "146"), FIREFOX.replace("10.0", "11.0")])
def test_a_newer_version_or_another_address_is_the_same_device(broker: Broker, tool: Tool, newer: str) -> None:
    citizen = citizen_on(broker, tool)
    citizen.uses(newer, "198.51.100.1").opens(tool.url())
    assert NOTED not in citizen.opens(PAGE).text
    assert broker.session_of(citizen).trust is TrustLevel.HIGH


def test_a_browser_that_said_nothing_at_the_sign_in_is_not_compared(broker: Broker, tool: Tool) -> None:
    citizen = citizen_on(broker, tool, "")
    citizen.uses(FIREFOX).opens(tool.url())
    assert NOTED not in citizen.opens(PAGE).text


def test_a_new_sign_in_begins_with_a_clean_record(broker: Broker, tool: Tool) -> None:
    victim = citizen_on(broker, tool)
    thief_of(broker, victim).opens(tool.url())
    victim.arrives(tool, prompt="login")
    assert NOTED not in victim.opens(PAGE).text
