"""The last page of a sign-out: how far each tool is, looked at again without a script (LO-03)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from broker.core.client_policy import LogoutPolicy
from broker.core.errors import StoreUnavailable, UpstreamUnavailable
from broker.core.provider import ProviderLogout
from broker.core.sign_out_ticket import TICKET_LIFETIME
from broker.store.hub_logouts import HEAD_START
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser
from tests.support.last_page import answers, enters, is_bare, place, signs_out, states, tool_at
from tests.support.tool import Tool

FRONT = LogoutPolicy(frontchannel_uri="https://front.test/out", frontchannel_session_required=True)


def test_lo_03_the_page_says_of_each_tool_what_has_become_of_it(broker_everywhere: Broker) -> None:
    broker, browser = broker_everywhere, broker_everywhere.browser()
    broker.clock.advance(hours=2)  # a tool's 400 is final once our key is older than its copy of our keys
    tools = [tool_at(broker, name) for name in ("good", "down", "strict", "asking")]
    deaf = tool_at(broker, "deaf", backchannel_logout_uri="")
    enters(browser, deaf)

    page = signs_out(browser, enters(browser, *tools))

    assert place(page).startswith("/signed-out/")
    assert states(page) == {
        "Tool asking": "done", "Tool good": "pending", "Tool down": "pending", "Tool strict": "pending", "Tool deaf": "untold"
    }  # fmt: skip
    assert "So far you are signed out of 1 of 5 sites" in page.text
    assert page.text.count("We are telling this site now") == 3

    answers(broker, {"good": 200, "down": None, "strict": 400})
    page = browser.opens(place(page))

    assert states(page)["Tool good"] == "done"
    assert states(page)["Tool strict"] == "failed"
    assert "So far you are signed out of 2 of 5 sites" in page.text
    assert re.search(r"Try 1 did not work\. (The next one comes in about \d+ seconds?|We are trying again now)", page.text)

    broker.clock.advance(minutes=1)
    assert "We are trying again now" in browser.opens(place(page)).text
    answers(broker, {"down": 204})
    page = browser.opens(place(page))

    assert states(page)["Tool down"] == "done"
    assert "You are signed out of 3 of 5 sites" in page.text


def test_it_looks_again_by_itself_ever_more_slowly_until_all_is_settled(broker: Broker, browser: Browser) -> None:
    tool = tool_at(broker, "down")
    enters(browser, tool)
    page, pauses = signs_out(browser), []
    assert "<script" not in page.text
    while "Refresh" in page.response.headers:
        pauses.append(int(page.response.headers["Refresh"]))
        broker.clock.advance(seconds=pauses[-1])
        page = browser.opens(place(page))
    assert pauses == sorted(pauses)
    assert pauses[0] <= 3 < pauses[-1] <= 60
    assert TICKET_LIFETIME.total_seconds() - 60 <= sum(pauses) < TICKET_LIFETIME.total_seconds()
    assert len(pauses) < 30

    answers(broker, {"down": 200})
    page = browser.opens(place(page))
    assert states(page) == {"Tool down": "done"}
    assert "Refresh" not in page.response.headers


def test_who_wants_the_page_to_keep_still_gets_that(broker: Broker, browser: Browser, tool: Tool) -> None:
    enters(browser, tool)
    page = signs_out(browser)
    assert 'id="keep-still" href="?still=1"' in page.text

    still = browser.opens(f"{place(page)}?still=1")

    assert "Refresh" not in still.response.headers
    assert 'id="look-again"' in still.text


def test_a_sign_out_that_had_to_be_repeated_shows_what_the_first_try_began(
    broker: Broker, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis fails in between: the tools are told already, and the citizen presses again."""
    enters(browser, tool_at(broker, "good"))
    question = browser.opens("/logout", query_string={"ui_locales": "en"})

    def away(*arguments: object) -> bool:
        raise StoreUnavailable

    with monkeypatch.context() as outage:
        outage.setattr(type(broker.parts.stores.sessions), "revoke", away)
        assert browser.presses(question, "logout-confirm").response.status_code == 503
    answers(broker, {"good": 200})

    assert states(browser.presses(question, "logout-confirm")) == {"Tool good": "done"}


def test_whoever_presses_twice_gets_the_page_of_the_first_press(broker: Broker, browser: Browser, tool: Tool) -> None:
    enters(browser, tool)
    question = browser.opens("/logout")

    first, second = browser.presses(question, "logout-confirm"), browser.presses(question, "logout-confirm")
    broker.clock.advance(seconds=10)
    late = browser.presses(question, "logout-confirm")

    assert place(first) == place(second) != place(late)
    assert states(second)
    assert is_bare(late)
    assert place(browser.opens("/logout")) == "/logout", "a link leads nobody there"


@pytest.mark.parametrize("logout", ProviderLogout)
def test_it_says_close_the_browser_only_where_the_citizen_id_has_no_logout(
    broker: Broker, browser: Browser, tool: Tool, logout: ProviderLogout
) -> None:
    broker.parts.stores.providers.replace_all([replace(PROVIDERS[0], logout=logout)])
    enters(browser, tool)

    page = signs_out(browser)

    assert ("We cannot sign you out of BundID" in page.text) is (logout is ProviderLogout.NONE)
    assert ("We have told BundID as well" in page.text) is (logout is ProviderLogout.SINGLE)


def test_where_the_hub_did_not_confirm_it_does_not_say_that_the_citizen_id_was_told(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.parts.stores.providers.replace_all([replace(PROVIDERS[0], logout=ProviderLogout.SINGLE)])
    enters(browser, tool)
    broker.hub.trouble = UpstreamUnavailable()

    page = signs_out(browser)

    assert "did not confirm that you are signed out there" in page.text
    assert "We have told BundID" not in page.text


def test_lo_03_f12_the_hub_is_told_again_and_the_page_says_when_it_has_heard(broker: Broker, browser: Browser) -> None:
    broker.parts.stores.providers.replace_all([replace(PROVIDERS[0], logout=ProviderLogout.SINGLE)])
    enters(browser, tool_at(broker, "good"))
    broker.hub.deaf = True
    page = signs_out(browser)
    assert "did not confirm that you are signed out there" in page.text
    assert "We go on trying" in page.text
    answers(broker, {"good": 200})

    page = browser.opens(place(page))
    assert "did not confirm that you are signed out there" in page.text
    assert "Refresh" in page.response.headers, "for the hub alone: the tool has been told"
    assert page.text.count('id="keep-still"') == 1

    broker.hub.deaf = False
    broker.clock.advance(seconds=HEAD_START.total_seconds())
    assert broker.parts.signing_out.at_hub.run_once() == 1
    page = browser.opens(place(page))
    assert "did not confirm" not in page.text
    assert "We have told BundID as well" in page.text
    assert "Refresh" not in page.response.headers


def test_where_another_sign_in_needs_the_hubs_session_it_does_not_say_so_either(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.parts.stores.providers.replace_all([replace(PROVIDERS[0], logout=ProviderLogout.SINGLE)])
    broker.hub.sid = "one session of this browser"
    enters(browser, broker.tool("own", logout=LogoutPolicy(isolated_session=True)), tool)

    page = signs_out(browser)

    assert broker.hub.ended == []
    assert "We have told BundID" not in page.text
    assert "did not confirm" not in page.text


def test_frames_are_loaded_once_and_plain_links_do_the_same_by_hand(broker: Broker, browser: Browser, tool: Tool) -> None:
    front = broker.tool("front", logout=FRONT, backchannel_logout_uri="")
    token = enters(browser, front)
    sid = front.verifies(token)["sid"]

    page = signs_out(browser, enters(browser, tool))

    assert states(page) == {"Tool front": "sent", "Tool karte": "done"}
    assert page.text.count("<iframe") == 1
    link = re.search(r'<a class="kern-btn[^"]*" href="([^"]*)" target="_blank" rel="noopener noreferrer">', page.text)
    assert link is not None
    assert link[1].startswith("https://front.test/out?")
    assert link[1].endswith(f"sid={sid}")
    assert "Many browsers keep that from working" in page.text

    again = browser.opens(place(page))
    assert "<iframe" not in again.text
    assert link[0] in again.text
    assert "frame-src" not in again.response.headers["Content-Security-Policy"]


def test_the_page_that_leads_on_to_the_tool_has_the_plain_links_too(broker: Broker, browser: Browser, tool: Tool) -> None:
    front = broker.tool("front", logout=FRONT, backchannel_logout_uri="")
    enters(browser, front)

    page = browser.opens(
        "/logout", query_string={"id_token_hint": enters(browser, tool), "post_logout_redirect_uri": "https://tool.test/bye"}
    )

    assert 'id="logout-continue"' in page.text
    assert 'target="_blank" rel="noopener noreferrer"' in page.text
    assert "Refresh" not in page.response.headers


def test_check_session_iframe_is_not_offered(tool: Tool) -> None:
    """Session Management 1.0 needs third-party cookies, which browsers have given up."""
    assert "check_session_iframe" not in tool.gets("/.well-known/openid-configuration").get_json()
