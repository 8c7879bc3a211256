"""Adding a second citizen ID to an account, on the citizen's own action and with fresh proof of both (issue point 6; AL-01, AL-10)."""

from __future__ import annotations

import pytest

from broker.core.claim import HeldClaim
from broker.core.errors import UpstreamCancelled
from broker.core.trust import TrustLevel
from tests.support.account import PAGE, accounts, let_go, linked, links, proposes, several_citizen_ids, signs_in
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool


@pytest.fixture(autouse=True)
def _citizen_ids(broker: Broker) -> None:
    several_citizen_ids(broker)


def sub_at(tool: Tool, browser: Browser, alias: str = "bundid") -> str:
    """Who the tool says this is."""
    stop = browser.opens(tool.url())
    for _ in range(4):
        if stop.is_at_hub:
            stop = browser.comes_back(stop)
        elif f'id="provider-{alias}"' in stop.text:
            stop = browser.presses(stop, f"provider-{alias}")
        elif 'id="news-heard"' in stop.text:
            stop = browser.presses(stop, "news-heard")
        elif 'id="consent-allow"' in stop.text:
            stop = browser.presses(stop, "consent-allow")
    token = tool.redeems(stop.code).get_json()["access_token"]
    sub: str = tool.asks_userinfo(token).get_json()["sub"]
    return sub


def test_both_citizen_ids_lead_to_one_account_and_a_tool_sees_one_person(broker: Broker, browser: Browser, tool: Tool) -> None:
    before = sub_at(tool, browser)
    signs_in(broker, browser)
    page = links(broker, browser, "erika-bavarian")
    assert "BayernID wurde hinzugefügt" in page.text
    assert [one.provider_alias for one in linked(broker, browser)] == ["bundid", "bayernid"]
    assert sub_at(tool, broker.browser(), "bayernid") == before
    broker.hub.person = "erika"
    assert sub_at(tool, broker.browser()) == before


def test_the_page_without_a_sign_in_tells_nothing_and_leads_to_one(broker: Broker, browser: Browser) -> None:
    page = browser.opens(PAGE)
    assert 'id="link-add"' not in page.text
    assert "BundID" not in page.text
    assert "BundID" in signs_in(broker, browser).text


def test_two_accounts_of_one_citizen_id_become_one(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    links(broker, browser, "erikas-second-bundid", "bundid")
    assert [one.provider_alias for one in linked(broker, browser)] == ["bundid", "bundid"]


def test_the_question_names_both_by_citizen_id_and_time_and_never_a_person(broker: Broker, browser: Browser) -> None:
    broker.hub.claims = {"name": HeldClaim("ERIKA MUSTERMANN", TrustLevel.HIGH)}
    signs_in(broker, browser)
    broker.hub.claims = {"name": HeldClaim("PAUL SCHMIDT", TrustLevel.HIGH)}
    page = proposes(broker, browser, "paul")
    for expected in ("BundID", "BayernID", "10:00", "26. November 2026"):
        assert expected in page.text, expected
    assert "MUSTERMANN" not in page.text
    assert "SCHMIDT" not in page.text
    assert len(linked(broker, browser)) == 1, "asking changes nothing"


@pytest.mark.parametrize("language", ["en", "de-leicht"])
def test_every_page_of_it_speaks_every_language(broker: Broker, browser: Browser, language: str) -> None:
    browser.opens(f"/?lang={language}")
    heading = {"en": "Your citizen IDs", "de-leicht": "Ihre Bürger-Konten"}[language]
    question = {"en": "Do both citizen IDs belong to you?", "de-leicht": "Gehören beide Bürger-Konten Ihnen?"}[language]
    assert heading in signs_in(broker, browser).text
    assert question in proposes(broker, browser, "erika-bavarian").text


def test_the_second_citizen_id_is_asked_for_nothing_but_who_it_is(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    proposes(broker, browser, "erika-bavarian")
    asked = broker.hub.asked[-1]
    assert (asked.provider_alias, asked.claims, asked.trust) == ("bayernid", (), TrustLevel.BASIC)


def test_the_second_sign_in_gives_no_session_here_or_at_the_hub(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    session = broker.session_of(browser)
    proposes(broker, browser, "erika-bavarian")
    assert broker.session_of(browser) == let_go(session), "before it is taken over"
    assert broker.hub.ended == ["hub-token-of-erika", "hub-token-of-erika-bavarian"]


def test_saying_no_changes_nothing_and_keeps_nothing(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    page = browser.presses(proposes(broker, browser, "erika-bavarian"), "link-cancel")
    assert 'id="link-add"' in page.text
    assert len(linked(broker, browser)) == 1
    assert accounts(broker) == 1


def test_cancelling_at_the_second_citizen_id_changes_nothing(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    hub = browser.chooses(browser.presses(browser.opens(PAGE), "link-add"), "bayernid")
    broker.hub.trouble = UpstreamCancelled()
    browser.comes_back(hub)
    broker.hub.trouble = None
    assert len(linked(broker, browser)) == 1
    assert 'id="link-add"' in browser.opens(PAGE).text


class TestASecondIdentityWithAnAccount:
    def test_one_that_was_never_used_at_a_tool_is_taken_in(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, broker.browser(), "erika-bavarian", "bayernid")
        signs_in(broker, browser)
        assert accounts(broker) == 2
        assert "leere Konto" in proposes(broker, browser, "erika-bavarian").text
        links(broker, browser, "erika-bavarian")
        assert accounts(broker) == 1
        assert len(linked(broker, browser)) == 2

    def test_one_with_a_history_is_not_joined_and_the_page_says_what_can_be_done_al_10(
        self, broker: Broker, browser: Browser, tool: Tool
    ) -> None:
        broker.hub.person = "erika-bavarian"
        sub_at(tool, broker.browser(), "bayernid")
        signs_in(broker, browser)
        page = proposes(broker, browser, "erika-bavarian")
        assert "lassen sich nicht verbinden" in page.text
        assert 'id="what-now"' in page.text
        assert 'id="link-confirm"' not in page.text
        browser.presses(page, "link-cancel", decision="confirm")
        assert len(linked(broker, browser)) == 1
        assert accounts(broker) == 2

    def test_one_that_is_linked_here_already_needs_nothing(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        page = proposes(broker, browser, "erika", "bundid")
        assert "gehört schon dazu" in page.text
        assert len(linked(broker, browser)) == 1

    def test_a_browser_that_was_in_the_account_taken_in_signs_in_again(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        elsewhere = broker.browser()
        signs_in(broker, elsewhere, "erika-bavarian", "bayernid")
        signs_in(broker, browser)
        links(broker, browser, "erika-bavarian")
        assert 'id="provider-bayernid"' in elsewhere.opens(tool.url()).text


class TestTelling:
    """AL-10: whoever has one of the citizen IDs hears of the others, once, at the next sign-in."""

    def test_al_10_the_next_sign_in_of_each_shows_what_leads_to_the_account(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        signs_in(broker, browser)
        links(broker, browser, "erika-bavarian")
        for person, alias in (("erika", "bundid"), ("erika-bavarian", "bayernid")):
            broker.clock.advance(minutes=1)
            broker.hub.person = person
            fresh = broker.browser()
            page = fresh.signs_in(fresh.opens(tool.url()), alias)
            assert "Mehrere Bürgerkonten führen zu Ihrem Konto" in page.text
            assert 'id="news-remove"' in page.text
            assert 'id="consent-allow"' in fresh.presses(page, "news-heard").text
            again = broker.browser()
            assert "Mehrere Bürgerkonten" not in again.signs_in(again.opens(tool.url()), alias).text, "it is told once"

    def test_looking_away_is_not_reading(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        signs_in(broker, browser)
        links(broker, browser, "erika-bavarian")
        for _ in range(2):
            fresh = broker.browser()
            assert 'id="news-heard"' in fresh.signs_in(fresh.opens(tool.url()), "bayernid").text

    def test_who_has_one_citizen_id_is_told_nothing(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        for _ in range(2):
            fresh = broker.browser()
            assert 'id="news-heard"' not in fresh.signs_in(fresh.opens(tool.url())).text


def test_al_01_an_equal_address_links_nothing_and_is_no_reason_to_offer_it(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.hub.claims = {"email": HeldClaim("erika@post.example", TrustLevel.HIGH)}
    signs_in(broker, browser)
    stranger = broker.browser()
    page = signs_in(broker, stranger, "stranger", "bayernid")
    assert "BundID" not in page.text
    assert accounts(broker) == 2


def test_a_re_registered_citizen_id_is_somebody_new_and_joins_by_the_old_ones_proof(broker: Broker, browser: Browser, tool: Tool) -> None:
    """A new BundID account has a new key. With the old one still at hand (BayernID) it leads to the old account; without, to a new one."""
    before = sub_at(tool, browser)
    signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    afresh = broker.browser()
    signs_in(broker, afresh, "erika-registered-anew")
    assert broker.session_of(afresh).subject_id != broker.session_of(browser).subject_id
    mended = broker.browser()
    signs_in(broker, mended, "erika-bavarian", "bayernid")
    links(broker, mended, "erika-registered-anew", "bundid")
    broker.hub.person = "erika-registered-anew"
    assert sub_at(tool, broker.browser()) == before
