"""Removing a citizen ID: what came by it ends, the rest goes on, and the last one stays (issue point 6, features 10)."""

from __future__ import annotations

import pytest

from broker.core.client_policy import GrantType, TokenPolicy
from tests.protocol.test_account_links_attacks import remove_address
from tests.support.account import PAGE, linked, links, several_citizen_ids, signs_in
from tests.support.app import Broker
from tests.support.browser import Browser, Stop
from tests.support.tool import Tool


@pytest.fixture(autouse=True)
def _citizen_ids(broker: Broker) -> None:
    several_citizen_ids(broker)


def removes(browser: Browser, name: str) -> Stop:
    """By the page's buttons."""
    return browser.presses(browser.opens(remove_address(browser.opens(PAGE).text, name)), "link-remove")


def enters(broker: Broker, tool: Tool, person: str, alias: str) -> tuple[Browser, str]:
    """A browser of its own, signed in at the tool by this citizen ID; the access token."""
    browser = broker.browser()
    broker.hub.person = person
    page = browser.signs_in(browser.opens(tool.url()), alias)
    if 'id="news-heard"' in page.text:
        page = browser.presses(page, "news-heard")
    stop = browser.presses(page, "consent-allow") if page.location is None else page
    token: str = tool.redeems(stop.code).get_json()["access_token"]
    return browser, token


def test_taking_back_what_was_just_added(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    page = links(broker, browser, "erika-bavarian")
    broker.clock.advance(minutes=30)
    page = browser.presses(browser.opens(PAGE), "link-undo-1")
    assert "wurde hinzugefügt" not in page.text
    assert [one.provider_alias for one in linked(broker, browser)] == ["bundid"]


def test_the_removed_one_is_somebody_new_the_other_goes_on(broker: Broker, browser: Browser, tool: Tool) -> None:
    signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    theirs, token_by_bayernid = enters(broker, tool, "erika-bavarian", "bayernid")
    ours, token_by_bundid = enters(broker, tool, "erika", "bundid")
    signs_in(broker, browser)

    assert len(linked(broker, browser)) == 2
    removes(browser, "BayernID")

    assert tool.asks_userinfo(token_by_bayernid).status_code == 401
    assert tool.asks_userinfo(token_by_bundid).status_code == 200
    assert 'id="provider-bundid"' in theirs.opens(tool.url()).text, "the session that came by it counts for nothing"
    assert ours.opens(tool.url()).code
    signs_in(broker, theirs, "erika-bavarian", "bayernid")
    assert broker.session_of(theirs).subject_id != broker.session_of(browser).subject_id


def test_tools_entered_by_the_removed_one_are_told(broker: Broker, browser: Browser, tool: Tool) -> None:
    signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    enters(broker, tool, "erika-bavarian", "bayernid")
    signs_in(broker, browser)
    assert broker.parts.stores.outbox.pending()[0] == 0
    removes(browser, "BayernID")
    assert broker.parts.stores.outbox.pending()[0] == 1


def test_access_without_the_citizen_ends_with_the_link_it_came_by(broker: Broker, browser: Browser) -> None:
    policy = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN))
    tool = broker.tool("offline", scopes=("openid", "offline_access"), tokens=policy)
    signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    broker.hub.person = "erika-bavarian"
    fresh = broker.browser()
    page = fresh.presses(fresh.signs_in(fresh.opens(tool.url(scope="openid offline_access", prompt="consent")), "bayernid"), "news-heard")
    refresh_token = tool.redeems(fresh.presses(page, "consent-allow").code).get_json()["refresh_token"]
    signs_in(broker, browser)
    removes(browser, "BayernID")
    assert tool.refreshes(refresh_token).get_json()["error"] == "invalid_grant"


def test_removing_the_one_signed_in_with_signs_out(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    page = removes(browser, "BundID")
    assert 'id="account-sign-in"' in page.text
    assert 'id="link-add"' not in page.text


def test_the_last_one_has_no_button_and_cannot_be_removed(broker: Broker, browser: Browser) -> None:
    page = signs_in(broker, browser)
    assert "BundID entfernen" not in page.text
    (only,) = linked(broker, browser)
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    refused = browser.posts(f"{PAGE}/remove/{only.handle}", {"csrf_token": token})
    assert (refused.response.status_code, refused.error_code) == (409, "BP-409-LAST-LINK")
    assert len(linked(broker, browser)) == 1


def test_looking_at_the_question_removes_nothing(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    page = browser.opens(remove_address(browser.opens(PAGE).text, "BayernID"))
    assert "BayernID entfernen?" in page.text
    assert len(linked(broker, browser)) == 2


def test_an_old_sign_in_has_to_be_renewed_first(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    broker.clock.advance(seconds=1)
    signs_in(broker, browser)
    address = remove_address(browser.opens(PAGE).text, "BayernID")
    page = browser.opens(address)
    broker.clock.advance(minutes=6)
    again = browser.presses(page, "link-remove")
    assert 'id="account-sign-in"' in again.text
    assert len(linked(broker, browser)) == 2


def test_nobody_removes_anothers(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    (_, bavarian) = linked(broker, browser)
    stranger = broker.browser()
    page = signs_in(broker, stranger, "stranger")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    stranger.opens(f"{PAGE}/remove/{bavarian.handle}")
    stranger.posts(f"{PAGE}/remove/{bavarian.handle}", {"csrf_token": token})
    assert len(linked(broker, browser)) == 2


def test_a_removed_citizen_id_can_be_added_again(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    removes(browser, "BayernID")
    links(broker, browser, "erika-bavarian")
    assert len(linked(broker, browser)) == 2
