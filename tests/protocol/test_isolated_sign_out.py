"""Signing out of a tool that has sessions of its own: that one ends and no other; the common one's end leaves it (A-20, A-35, LO-03)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from broker.core.client_policy import LogoutPolicy
from broker.core.provider import ProviderLogout
from broker.core.session import EndedBy
from broker.flows.administering import Administering
from broker.flows.overseeing import SESSIONS_PER_ACCOUNT
from tests.protocol.test_isolated_session import ISOLATED, SESSION, enters, knows, own_session
from tests.support.app import Broker
from tests.support.browser import Browser, Stop
from tests.support.clock import Clock
from tests.support.outbox import takes_all
from tests.support.tool import Tool

BYE = "https://tool.test/bye"


class Town:
    """Erika is signed in commonly, and as Max at a tool with sessions of its own, in one browser."""

    def __init__(self, broker: Broker) -> None:
        self.broker, self.browser = broker, broker.browser()
        self.tool, self.own = broker.tool(), broker.tool("forum", logout=ISOLATED, post_logout_redirect_uris=(BYE,))
        self.common = enters(broker, self.browser, self.tool, "erika")
        self.told = enters(broker, self.browser, self.own, "max")

    def asks(self, *names: str, browser: Browser | None = None, **more: str) -> Stop:
        """The own tool asks for a sign-out, naming what is listed: hint, client_id, uri."""
        usual = {"hint": ("id_token_hint", self.told["id_token"]), "client_id": ("client_id", "forum")}
        usual["uri"] = ("post_logout_redirect_uri", BYE)
        return (browser or self.browser).opens("/logout", query_string={**dict(usual[name] for name in names), **more})

    @property
    def still_known(self) -> tuple[bool, bool]:
        """Whether the common tool, and the own one, still know the citizen."""
        return knows(self.tool, self.common), knows(self.own, self.told)


@pytest.fixture
def town(broker: Broker) -> Town:
    return Town(broker)


def is_a_question(stop: Stop) -> bool:
    return stop.location is None and 'id="logout-confirm"' in stop.text


def test_a_hint_ends_that_one_and_nothing_else(broker_everywhere: Broker) -> None:
    town = Town(broker_everywhere)
    cookie = town.browser.cookies()[SESSION]

    stop = town.asks("hint", "uri", state="x")

    assert stop.location == f"{BYE}?state=x"
    assert town.still_known == (True, False)
    assert town.browser.cookies()[SESSION] == cookie
    assert "code" in town.browser.opens(town.tool.url(prompt="none")).answer
    assert town.broker.hub.ended == ["hub-token-of-max"]
    assert takes_all(town.broker.parts.stores.outbox) == [], "the tool that asked has ended its own before"


def test_a_hint_names_the_session_wherever_it_comes_from(town: Town) -> None:
    assert town.asks("hint", "uri", browser=town.broker.browser()).location == BYE
    assert town.still_known == (True, False)


def test_twice_is_as_good_as_once(town: Town) -> None:
    assert [town.asks("hint", "uri").location for _ in range(2)] == [BYE, BYE]
    assert town.still_known == (True, False)


def test_a20_somebody_elses_hint_asks_whoever_is_there(town: Town) -> None:
    hint = town.told["id_token"]
    town.asks("hint", "uri")
    later = enters(town.broker, town.browser, town.own, "erika")

    page = town.browser.opens("/logout", query_string={"id_token_hint": hint})

    assert is_a_question(page)
    assert knows(town.own, later)


@pytest.mark.parametrize("named", [("client_id", "uri"), ("client_id",)])
def test_without_a_hint_the_question_is_about_that_one_alone(town: Town, named: tuple[str, ...]) -> None:
    page = town.asks(*named)
    assert is_a_question(page)
    assert "Bei anderen Seiten ändert sich nichts" in page.text
    assert "Tool karte" not in page.text
    assert town.still_known == (True, True)

    stop = town.browser.presses(page, "logout-confirm")

    assert (stop.location == BYE) == ("uri" in named)
    assert town.still_known == (True, False)
    assert SESSION in town.browser.cookies()


def test_the_last_page_says_what_has_ended_and_what_has_not(broker: Broker) -> None:
    broker.hub.sid = "of-this-browser"
    stores = broker.parts.stores
    stores.providers.replace_all([replace(one, logout=ProviderLogout.SINGLE) for one in stores.providers.list()])
    town = Town(broker)

    page = town.browser.presses(town.asks("client_id"), "logout-confirm")
    assert 'id="signed-out"' in page.text
    assert "Ihre Anmeldung bei Tool forum ist beendet. Bei anderen Seiten ändert sich nichts." in page.text
    assert "Bei BundID sind Sie noch angemeldet" in page.text

    page = town.browser.presses(town.browser.opens("/logout"), "logout-confirm")
    assert "Ihre Anmeldung ist hier beendet" in page.text
    assert "noch angemeldet" not in page.text


def test_where_there_is_none_nothing_ends_and_the_page_says_where_it_can(town: Town) -> None:
    town.asks("hint", "uri")

    page = town.asks("client_id")

    assert not is_a_question(page)
    assert 'id="own-sign-in"' in page.text
    assert 'id="signed-out"' not in page.text
    assert town.still_known == (True, False)
    assert SESSION in town.browser.cookies()
    assert town.asks("client_id", "uri").location == BYE
    assert SESSION in town.browser.cookies()


def test_the_common_sign_out_does_not_end_it(town: Town) -> None:
    town.browser.presses(town.browser.opens("/logout"), "logout-confirm")

    assert town.still_known == (False, True)
    assert SESSION not in town.browser.cookies()
    assert own_session(town.broker, town.browser, town.own) is not None
    assert town.broker.hub.ended == ["hub-token-of-erika"]


@pytest.mark.parametrize("first", ["own", "common"])
def test_the_hubs_session_goes_with_the_last_of_those_that_hang_on_it(broker: Broker, first: str) -> None:
    """Keycloak has one session for a browser, whoever signs in for whatever."""
    broker.hub.sid = "of-this-browser"
    town = Town(broker)
    ways: dict[str, Any] = {
        "own": lambda: town.asks("hint", "uri"),
        "common": lambda: town.browser.presses(town.browser.opens("/logout"), "logout-confirm"),
    }

    ways.pop(first)()
    assert broker.hub.ended == []
    assert town.still_known == ((True, False) if first == "own" else (False, True))
    (last,) = ways.values()
    last()

    assert len(broker.hub.ended) == 1
    assert town.still_known == (False, False)


def test_the_hubs_word_ends_it_like_any_other(broker: Broker) -> None:
    broker.hub.sid = "of-this-browser"
    town = Town(broker)
    for session in broker.parts.stores.sessions.find_by_upstream("of-this-browser"):
        broker.parts.signing_out.end(session, by=EndedBy.HUB)
    assert town.still_known == (False, False)


def test_a_tool_that_reads_the_specification_literally_is_told(broker: Broker, browser: Browser) -> None:
    own = broker.tool("forum", logout=LogoutPolicy(isolated_session=True, told_when_asking=True))
    told = enters(broker, browser, own)
    browser.opens("/logout", query_string={"id_token_hint": told["id_token"]})
    assert [one.client_id for one in takes_all(broker.parts.stores.outbox)] == ["forum"]


@pytest.fixture
def own(broker: Broker) -> Tool:
    """A tool with sessions of its own."""
    return broker.tool("forum", logout=ISOLATED)


class TestTheAccount:
    """An own session is on the account's list like any other (A-34)."""

    def test_it_is_listed_with_its_tool_and_ended_by_itself(self, broker: Broker, browser: Browser, tool: Tool, own: Tool) -> None:
        common, told = enters(broker, browser, tool), enters(broker, browser, own)
        mine = own_session(broker, browser, own)
        assert mine is not None
        listed = broker.parts.overseeing.list(mine.subject_id)
        assert {(one.session.only_for, one.tools) for one in listed} == {("", ("Tool karte",)), ("forum", ("Tool forum",))}

        assert broker.parts.overseeing.end(mine.subject_id, mine.id)

        assert not knows(own, told)
        assert knows(tool, common)

    @pytest.mark.parametrize("by", [EndedBy.CITIZEN, EndedBy.ADMINISTRATOR])
    def test_everywhere_is_there_too(self, broker: Broker, browser: Browser, tool: Tool, own: Tool, by: EndedBy) -> None:
        common, told = enters(broker, browser, tool), enters(broker, browser, own)
        assert len(broker.parts.overseeing.end_all(broker.session_of(browser).subject_id, by)) == 2
        assert not knows(tool, common)
        assert not knows(own, told)

    @pytest.mark.parametrize("how", ["block", "erase"])
    def test_a_blocked_or_erased_account_has_none(self, broker: Broker, browser: Browser, tool: Tool, own: Tool, how: str) -> None:
        enters(broker, browser, tool)
        told, stores = enters(broker, browser, own), broker.parts.stores
        administering = Administering(stores.subjects, stores.accounts, broker.parts.overseeing)
        assert getattr(administering, how)(broker.session_of(browser).subject_id) == 2
        assert not knows(own, told)
        assert own_session(broker, browser, own) is None

    def test_it_counts_among_those_an_account_may_have(self, broker: Broker, tool: Tool, own: Tool, clock: Clock) -> None:
        first = enters(broker, broker.browser(), own)
        for _ in range(SESSIONS_PER_ACCOUNT):
            assert knows(own, first)
            clock.advance(seconds=1)
            enters(broker, broker.browser(), tool)
        assert not knows(own, first)

    def test_the_worker_pronounces_its_end_by_time(self, broker: Broker, browser: Browser, own: Tool, clock: Clock) -> None:
        enters(broker, browser, own)
        clock.advance(hours=12, minutes=1)
        assert broker.parts.overseeing.end_expired() == 1
        assert [one.client_id for one in broker.parts.stores.delivery_log.newest(10)] == ["forum"]
