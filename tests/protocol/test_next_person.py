"""Whoever sits down next at a public computer is nobody yet, for each citizen ID: here, at the hub, at the tools (moonshot 15, SE-03)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.store.hub_logouts import HEAD_START
from tests.protocol.test_code import refused
from tests.protocol.test_isolated_session import ISOLATED
from tests.protocol.test_refresh_token import WITH_SESSION
from tests.protocol.test_userinfo import dead
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser, Stop
from tests.support.library import signs_in_publicly, silent, ticks
from tests.support.outbox import takes_all
from tests.support.tool import Tool
from tests.support.voucher import hands_out, types

UPSTREAMS = ("bundid", "bayernid", "sh", "muk", "oidc", "local", "voucher")


def citizen_ids(broker: Broker) -> None:
    broker.parts.stores.providers.replace_all(
        [replace(PROVIDERS[0], alias=alias, names={"de": alias}, position=place) for place, alias in enumerate(UPSTREAMS)]
    )


def arrives(broker: Broker, browser: Browser, tool: Tool, alias: str, person: str) -> Stop:
    """Signs in at a public computer with this citizen ID."""
    broker.hub.person = person
    if alias != "voucher":
        return signs_in_publicly(browser, tool, alias)
    made = hands_out(broker)
    citizen_ids(broker)
    field = ticks(browser, browser.opens(tool.url()), alias)
    return browser.presses(types(browser, field, made.codes[0]), "consent-allow")


@pytest.mark.parametrize("how", ["signed out", "over", "idle"])
@pytest.mark.parametrize("alias", UPSTREAMS)
def test_se03_the_next_person_at_the_same_browser_is_never_signed_in(broker: Broker, browser: Browser, alias: str, how: str) -> None:
    citizen_ids(broker)
    tool = broker.tool(tokens=WITH_SESSION)
    first = tool.redeems(arrives(broker, browser, tool, alias, "erika").code).get_json()
    before = tool.verifies(first["id_token"])
    session_id, asked = broker.session_of(browser).id, len(broker.hub.asked)

    if how == "signed out":
        browser.presses(browser.opens("/logout"), "logout-confirm")
    broker.clock.advance(minutes=16 if how == "over" else 6)

    assert silent(browser, tool)["error"] == "login_required"
    assert "account-sign-in" in browser.opens("/account/links").text
    assert dead(tool.asks_userinfo(first["access_token"]))
    assert refused(tool.refreshes(first["refresh_token"]))
    page = browser.opens(tool.url())
    assert f'id="provider-{alias}"' in page.text, "asked from the beginning"
    broker.hub.person = "hanne"
    other = "bundid" if alias == "voucher" else alias
    consent = browser.signs_in(page, other)
    assert len(broker.hub.asked) == asked + 1, "and really at the citizen ID, of whose own session the hub never makes use"
    after = tool.verifies(tool.redeems(browser.presses(consent, "consent-allow").code).get_json()["id_token"])
    assert (after["sub"] != before["sub"], after["sid"] != before["sid"]) == (True, True)
    told = takes_all(broker.parts.stores.outbox)
    assert [(one.client_id, one.sub) for one in told] == [(tool.client.client_id, before["sub"])], (
        "the tool's session of the first has ended too"
    )
    ended = broker.parts.stores.session_register.find(session_id)
    assert ended
    assert ended.ended_at


def test_its_tools_and_the_hub_hear_of_the_end_without_a_next_person(broker: Broker, browser: Browser, tool: Tool) -> None:
    tool.redeems(signs_in_publicly(browser, tool).code)
    broker.clock.advance(minutes=15)
    assert broker.parts.overseeing.end_expired() == 1
    assert [one.client_id for one in takes_all(broker.parts.stores.outbox)] == [tool.client.client_id]
    broker.clock.advance(seconds=HEAD_START.total_seconds())
    assert broker.parts.signing_out.at_hub.run_once() == 1
    assert broker.hub.ended == ["hub-token-of-erika"]


def test_its_tools_hear_of_it_as_soon_as_somebody_comes_to_a_page_of_ours(broker: Broker, browser: Browser, tool: Tool) -> None:
    tool.redeems(signs_in_publicly(browser, tool).code)
    broker.clock.advance(minutes=5)
    browser.opens("/")
    assert takes_all(broker.parts.stores.outbox) == []
    broker.clock.advance(seconds=1)
    browser.opens("/")
    assert [one.client_id for one in takes_all(broker.parts.stores.outbox)] == [tool.client.client_id]
    assert broker.hub.ended == ["hub-token-of-erika"]


@pytest.mark.parametrize("path", ["/", "/logout"])
def test_what_a_tool_keeps_for_itself_ends_with_what_was_left_alone(broker: Broker, browser: Browser, tool: Tool, path: str) -> None:
    forum = broker.tool("forum", logout=ISOLATED, first_party=True)
    tool.redeems(signs_in_publicly(browser, tool).code)
    forum.redeems(browser.signs_in(browser.opens(forum.url())).code)
    broker.clock.advance(minutes=6)
    browser.opens(path)
    assert {one.client_id for one in takes_all(broker.parts.stores.outbox)} == {tool.client.client_id, forum.client.client_id}


def test_a_tools_hint_past_that_page_ends_the_first_ones_all_the_same(broker: Broker, browser: Browser, tool: Tool) -> None:
    tool.redeems(signs_in_publicly(browser, tool).code)
    broker.clock.advance(minutes=6)
    broker.hub.person = "hanne"
    browser.comes_back(browser.opens(broker.tool("haushalt", first_party=True).url(idp_hint="bundid")))
    assert [one.client_id for one in takes_all(broker.parts.stores.outbox)] == [tool.client.client_id]


def test_the_same_person_by_such_a_hint_keeps_the_tools_until_the_end(broker: Broker, browser: Browser, tool: Tool) -> None:
    tool.redeems(signs_in_publicly(browser, tool).code)
    broker.clock.advance(minutes=6)
    browser.comes_back(browser.opens(broker.tool("haushalt", first_party=True).url(idp_hint="bundid")))
    assert takes_all(broker.parts.stores.outbox) == []
    browser.presses(browser.opens("/logout"), "logout-confirm")
    assert tool.client.client_id in {one.client_id for one in takes_all(broker.parts.stores.outbox)}


@pytest.mark.parametrize("lost", [False, True])
def test_se03_who_comes_to_the_sign_out_after_them_reads_nothing_about_them(
    broker: Broker, browser: Browser, tool: Tool, lost: bool
) -> None:
    tool.redeems(signs_in_publicly(browser, tool).code)
    if lost:
        broker.parts.stores.sessions.revoke(broker.session_of(browser).id)
    broker.clock.advance(minutes=6)

    page = browser.opens("/logout")

    assert 'id="signed-out"' in page.text
    assert tool.client.name not in page.text
    assert "__Host-bp-session" not in browser.cookies()
    assert [one.client_id for one in takes_all(broker.parts.stores.outbox)] == [tool.client.client_id], "the tool is told all the same"
