"""The last page of a sign-out: how far each tool is, looked at again without a script, by that browser alone (LO-03, LO-08)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from broker.core.client_policy import LogoutPolicy
from broker.core.errors import StoreUnavailable, UpstreamUnavailable
from broker.core.provider import ProviderLogout
from broker.core.sign_out_ticket import TICKET_LIFETIME
from broker.flows.outbound import OutboundFailed
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser, Stop
from tests.support.outbox import worker_delivers
from tests.support.tool import Tool

FRONT = LogoutPolicy(frontchannel_uri="https://front.test/out", frontchannel_session_required=True)
_TOOL = re.compile(r'data-state="(\w+)">.*?<span class="kern-body">(?:<strong>)?([^<]+)<')


def enters(browser: Browser, *tools: Tool) -> str:
    """Into each of these tools; the last one's ID token."""
    return [tool.redeems(browser.arrives(tool).code).get_json()["id_token"] for tool in tools][-1]


def signs_out(browser: Browser, hint: str = "", language: str = "en") -> Stop:
    """To the last page, by a tool's hint or by the question."""
    query = {"ui_locales": language, **({"id_token_hint": hint} if hint else {})}
    stop = browser.opens("/logout", query_string=query)
    return stop if hint else browser.presses(stop, "logout-confirm")


def states(page: Stop) -> dict[str, str]:
    """What the page says of each tool."""
    return {name.strip(): state for state, name in _TOOL.findall(page.text)}


def place(page: Stop) -> str:
    """The page's own address."""
    return page.response.request.path


def is_bare(page: Stop) -> bool:
    """Signed out, and nothing about anybody."""
    return (
        'id="signed-out"' in page.text and "Tool " not in page.text and "BundID" not in page.text and "Refresh" not in page.response.headers
    )


def answers(broker: Broker, statuses: Mapping[str, int | None]) -> None:
    """The worker tells the tools; each answers as said here, by the host of its address; None: not at all."""

    def post(url: str, form: Mapping[str, str]) -> int:
        status = next(status for host, status in statuses.items() if f"//{host}." in url)
        if status is None:
            raise OutboundFailed("refused")
        return status

    worker_delivers(broker, post)


def tool_at(broker: Broker, name: str, **changes: object) -> Tool:
    """A tool that is told at an address of its own."""
    return broker.tool(name, **{"backchannel_logout_uri": f"https://{name}.test/backchannel", **changes})


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


def test_lo_08_another_browser_and_a_stranger_to_the_ticket_see_nothing_of_it(broker: Broker, browser: Browser, tool: Tool) -> None:
    enters(browser, tool)
    page = signs_out(browser)
    other = broker.browser()
    other.opens(tool.url())  # it has a cookie of its own

    assert is_bare(other.opens(place(page)))
    assert is_bare(broker.browser().opens(place(page)))
    for wrong in ("x", "x" * 43, "%FF%FE", "a" * 3000):
        assert is_bare(browser.opens(f"/signed-out/{wrong}"))
    assert states(browser.opens(place(page)))


def test_lo_08_when_its_time_is_over_the_page_is_bare(broker: Broker, browser: Browser, tool: Tool) -> None:
    enters(browser, tool)
    page = signs_out(browser)

    broker.clock.advance(seconds=TICKET_LIFETIME.total_seconds())

    assert is_bare(browser.opens(place(page)))


def test_lo_08_se_03_after_the_next_sign_in_back_shows_nothing_of_the_one_before(broker_everywhere: Broker) -> None:
    broker, browser = broker_everywhere, broker_everywhere.browser()
    tool = broker.tool()
    enters(browser, tool)
    page = signs_out(browser)
    assert states(page)
    assert page.response.headers["Cache-Control"] == "no-store"

    broker.hub.person = "max"
    browser.arrives(tool)

    assert is_bare(browser.opens(place(page)))


def test_a_sign_out_that_leads_to_the_tool_takes_the_older_page_away(browser: Browser, broker: Broker, tool: Tool) -> None:
    enters(browser, tool)
    page = signs_out(browser)
    hint = enters(browser, tool)

    stop = browser.opens("/logout", query_string={"id_token_hint": hint, "post_logout_redirect_uri": "https://tool.test/bye"})

    assert stop.location == "https://tool.test/bye"
    assert is_bare(browser.opens(place(page)))


def test_nothing_about_the_session_stands_in_the_address_and_no_sign_out_makes_no_ticket(
    broker: Broker, browser: Browser, tool: Tool
) -> None:
    enters(browser, tool)
    session_id = broker.session_of(browser).id
    page = signs_out(browser)

    assert re.fullmatch(r"/signed-out/[A-Za-z0-9_-]{43}", place(page))
    assert session_id not in place(page)
    assert place(browser.opens("/logout")) == "/logout"


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


def test_f_02_without_redis_for_the_ticket_the_citizen_is_out_all_the_same(
    broker: Broker, browser: Browser, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    enters(browser, tool)

    def away(*arguments: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(type(broker.parts.stores.sign_out_tickets), "add", away)

    page = signs_out(browser)
    assert is_bare(page)
    assert place(page) == "/signed-out"
    assert browser.opens(tool.url(prompt="none")).answer["error"] == "login_required"


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
