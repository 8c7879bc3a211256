"""A second citizen ID in one browser, in front of a hub that has one session for each browser as Keycloak (LO-03, UP-13, AL-01)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from broker.core.errors import UpstreamCancelled
from broker.core.provider import ProviderLogout
from broker.core.trust import TrustLevel
from tests.support.account import linked, proposes, signs_in
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser
from tests.support.one_session_hub import one_session
from tests.support.tool import Tool

SH = replace(PROVIDERS[0], alias="sh", names={"de": "Servicekonto"}, position=2)
HIGH = json.dumps({"id_token": {"acr": {"essential": True, "values": [TrustLevel.HIGH.acr]}}})
HANNE, ERIKA = "hub-token-of-hanne", "hub-token-of-erika"


@pytest.fixture(autouse=True)
def _hub(broker: Broker) -> None:
    bundid = replace(PROVIDERS[0], logout=ProviderLogout.NONE)
    broker.parts.stores.providers.replace_all([bundid, SH, replace(SH, alias="bayernid", names={"de": "BayernID"}, position=3)])
    one_session(broker.hub, broker.parts.signing_out)


@pytest.fixture
def hanne(broker: Broker, browser: Browser, tool: Tool) -> Tool:
    """Signed in with a low level by the Servicekonto, at this tool."""
    broker.hub.person, broker.hub.trust = "hanne", TrustLevel.LOW
    page = browser.signs_in(browser.opens(tool.url()), "sh")
    assert browser.presses(page, "consent-allow").code
    return tool


def is_known(browser: Browser, tool: Tool) -> bool:
    return "code" in browser.opens(tool.url(prompt="none")).answer


def test_up13_a_step_up_elsewhere_that_is_stopped_leaves_the_citizen_signed_in_here(broker: Broker, browser: Browser, hanne: Tool) -> None:
    hub = browser.chooses(browser.opens(broker.tool("strict").url(claims=HIGH)), "bundid")
    assert broker.hub.ended == [HANNE]
    broker.hub.trouble = UpstreamCancelled()
    assert 'id="provider-bundid"' in browser.comes_back(hub).text
    broker.hub.trouble = None
    assert is_known(browser, hanne)

    page = browser.presses(browser.opens("/logout"), "logout-confirm")

    assert "Ihre Anmeldung ist hier beendet" in page.text
    assert "noch offen" not in page.text, "there is no doubt about the Servicekonto: it has heard"
    assert broker.hub.ended == [HANNE]
    assert not is_known(browser, hanne)


def test_lo03_after_a_step_up_elsewhere_both_citizen_ids_have_been_told(broker: Broker, browser: Browser, hanne: Tool) -> None:
    hub = browser.chooses(browser.opens(broker.tool("strict").url(claims=HIGH)), "bayernid")
    broker.hub.person, broker.hub.trust = "erika", TrustLevel.HIGH
    assert browser.presses(browser.comes_back(hub), "consent-allow").code
    assert broker.hub.ended == [HANNE]

    browser.presses(browser.opens("/logout"), "logout-confirm")

    assert broker.hub.ended == [HANNE, ERIKA]


def test_a20_a_link_with_a_hint_alone_signs_nobody_out_of_the_other_citizen_id(broker: Broker, browser: Browser, hanne: Tool) -> None:
    page = browser.opens(hanne.url(idp_hint="bundid", prompt="login"))

    assert 'id="provider-bundid"' in page.text, "there is a page with a button between"
    assert broker.hub.ended == []
    browser.chooses(page, "bundid")
    assert broker.hub.ended == [HANNE]


def test_a_hint_to_the_same_citizen_id_leads_straight_there(browser: Browser, hanne: Tool) -> None:
    assert browser.opens(hanne.url(idp_hint="sh", prompt="login")).location.startswith("https://hub.test/")


@pytest.mark.parametrize("alias", ["bayernid", "sh"])
def test_al01_adding_a_citizen_id_signs_nobody_out_here(broker: Broker, browser: Browser, alias: str) -> None:
    """The second sign-in ends at the hub at once, which says so to the broker: that must not hit the session that is to be kept."""
    signs_in(broker, browser, "hanne", "sh")

    page = browser.presses(proposes(broker, browser, "erika", alias), "link-confirm")

    assert "wurde hinzugefügt" in page.text
    assert [one.provider_alias for one in linked(broker, browser)] == ["sh", alias]
    assert broker.hub.ended == [HANNE, ERIKA]
