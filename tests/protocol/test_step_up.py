"""Stepping up to a surer sign-in, and not: the old session stays, no level is inherited, the tool hears what was reached (UP-12, UP-13)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from broker.core.errors import BrokerError, UpstreamCancelled, UpstreamRefused, UpstreamUnavailable
from broker.core.ids import fingerprint
from broker.core.trust import TrustLevel
from broker.core.upstream_errors import CitizenIdUnavailable
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser, Stop
from tests.support.choice_pages import BAYERNID, LOCAL
from tests.support.tool import Tool

HIGH, SUBSTANTIAL, LOW, BASIC = TrustLevel.HIGH, TrustLevel.SUBSTANTIAL, TrustLevel.LOW, TrustLevel.BASIC
SESSION = "__Host-bp-session"
ESSENTIAL_HIGH = json.dumps({"id_token": {"acr": {"essential": True, "values": [HIGH.acr]}}})


@pytest.fixture
def low(broker: Broker, browser: Browser) -> Tool:
    """Somebody is signed in at a level of low, at a tool that asks for no more; a strict tool is there too."""
    broker.parts.stores.providers.replace_all([*PROVIDERS, BAYERNID, LOCAL])
    broker.hub.trust = LOW
    tool = broker.tool()
    browser.arrives(tool)
    return tool


def claims(tool: Tool, code: str) -> dict[str, object]:
    return tool.verifies(tool.redeems(code).get_json()["id_token"])


def is_still_signed_in(browser: Browser, tool: Tool) -> bool:
    return "code" in browser.opens(tool.url(prompt="none")).answer


def to_the_hub(browser: Browser, page: Stop) -> Stop:
    return browser.presses(page, "provider-bundid")


def test_up13_the_page_says_why_and_offers_only_what_is_enough(broker: Broker, browser: Browser, low: Tool) -> None:
    page = browser.opens(broker.tool("strict", minimum_trust=HIGH).url())
    assert "Eine sicherere Anmeldung ist nötig" in page.text
    assert ">Sicherheit: niedrig<" in page.text
    assert "provider-bundid" in page.text
    assert "provider-local" not in page.text
    assert "step-up-stay" not in page.text


@pytest.mark.parametrize("trouble", [UpstreamCancelled(), CitizenIdUnavailable()])
def test_up13_stopped_at_the_citizen_id_leads_back_to_the_choice(broker: Broker, browser: Browser, low: Tool, trouble: BrokerError) -> None:
    strict, before = broker.tool("strict", minimum_trust=HIGH), browser.cookies()[SESSION]
    hub = to_the_hub(browser, browser.opens(strict.url()))
    broker.hub.trouble = trouble

    page = browser.comes_back(hub)

    assert 'id="provider-bundid"' in page.text
    assert page.error_code == trouble.code
    assert browser.cookies()[SESSION] == before
    assert is_still_signed_in(browser, low)
    broker.hub.trouble, broker.hub.trust = None, HIGH
    consent = browser.comes_back(to_the_hub(browser, page))
    assert browser.presses(consent, "consent-allow").code


@pytest.mark.parametrize("trouble", [UpstreamRefused("x"), UpstreamUnavailable()])
def test_up13_a_step_up_that_failed_keeps_the_session(broker: Broker, browser: Browser, low: Tool, trouble: BrokerError) -> None:
    before = browser.cookies()[SESSION]
    hub = to_the_hub(browser, browser.opens(broker.tool("strict", minimum_trust=HIGH).url()))
    broker.hub.trouble = trouble
    assert browser.comes_back(hub).error_code == trouble.code
    assert browser.cookies()[SESSION] == before
    assert is_still_signed_in(browser, low)


def test_up13_giving_up_is_told_as_a_level_not_met_and_keeps_the_session(broker: Broker, browser: Browser, low: Tool) -> None:
    strict = broker.tool("strict", minimum_trust=HIGH)
    answer = browser.presses(browser.opens(strict.url()), "sign-in-cancel").answer
    assert (answer["error"], answer["state"]) == ("unmet_authentication_requirements", strict.state)
    assert is_still_signed_in(browser, low)


def test_up13_success_brings_a_new_session_id_and_auth_time(broker: Broker, browser: Browser, low: Tool) -> None:
    before, old = browser.cookies()[SESSION], broker.session_of(browser)
    strict = broker.tool("strict", minimum_trust=HIGH)
    page = browser.opens(strict.url())
    broker.clock.advance(minutes=2)
    broker.hub.trust = HIGH
    consent = browser.comes_back(to_the_hub(browser, page))
    told = claims(strict, browser.presses(consent, "consent-allow").code)

    assert told["acr"] == HIGH.acr
    assert told["auth_time"] == int((old.authenticated_at + timedelta(minutes=2)).timestamp())
    assert browser.cookies()[SESSION] != before
    assert broker.parts.stores.sessions.find(fingerprint(before)) is None


def test_up13_a_level_that_faded_is_not_inherited(broker: Broker, browser: Browser) -> None:
    strict, modest = broker.tool("strict", minimum_trust=HIGH), broker.tool("modest")
    browser.arrives(strict)
    browser.arrives(modest)
    broker.clock.advance(minutes=40)

    assert browser.opens(strict.url(prompt="none")).answer["error"] == "login_required"
    assert claims(modest, browser.opens(modest.url(prompt="none")).code)["acr"] != HIGH.acr
    page = browser.opens(strict.url())
    assert "provider-bundid" in page.text
    broker.hub.trust = BASIC
    unmet = browser.comes_back(to_the_hub(browser, page))
    assert 'id="unmet-back"' in unmet.text, "the level of this sign-in counts, not of the earlier one"
    assert "Es zählt nur diese Anmeldung mit BundID" in unmet.text


def test_up12_a_mere_wish_can_be_left_and_the_tool_hears_what_was_reached(broker: Broker, browser: Browser, low: Tool) -> None:
    page = browser.opens(low.url(acr_values=HIGH.acr))
    assert "Eine sicherere Anmeldung ist erwünscht" in page.text
    assert claims(low, browser.presses(page, "step-up-stay").code)["acr"] == LOW.acr


def test_up12_a_requirement_cannot_be_left_that_way(broker: Broker, browser: Browser, low: Tool) -> None:
    page = browser.opens(low.url(claims=ESSENTIAL_HIGH))
    again = browser.posts(f"{page.response.request.path}/stay", {"csrf_token": _token(page)})
    assert again.location is None
    assert 'id="provider-bundid"' in again.text


def test_up12_cancelling_a_wish_at_the_citizen_id_leaves_the_way_on_open(broker: Broker, browser: Browser, low: Tool) -> None:
    hub = to_the_hub(browser, browser.opens(low.url(acr_values=HIGH.acr)))
    broker.hub.trouble = UpstreamCancelled()
    page = browser.comes_back(hub)
    assert "Sie haben die Anmeldung bei BundID abgebrochen" in page.text
    assert claims(low, browser.presses(page, "step-up-stay").code)["acr"] == LOW.acr


@pytest.mark.parametrize("acr_values", [None, "", BASIC.acr, f"{BASIC.acr} {HIGH.acr}", "urn:bp:loa:none", "x" * 200])
def test_up12_acr_values_edited_in_the_browser_change_nothing(broker: Broker, browser: Browser, low: Tool, acr_values: str | None) -> None:
    """The tool's minimum stands in its record, and what is told is what was reached."""
    strict = broker.tool("strict", minimum_trust=SUBSTANTIAL)
    page = browser.opens(strict.url(acr_values=acr_values))
    assert "Eine sicherere Anmeldung ist nötig" in page.text
    unmet = browser.comes_back(to_the_hub(browser, page))
    assert browser.presses(unmet, "unmet-back").answer["error"] == "unmet_authentication_requirements"


def test_cancelled_at_a_first_sign_in_is_the_tools_to_hear(broker: Broker, browser: Browser, tool: Tool) -> None:
    hub = browser.sets_out(tool.url())
    broker.hub.trouble = UpstreamCancelled()
    assert browser.comes_back(hub).answer["error"] == "access_denied"


def test_cancelled_after_too_low_a_level_explains_the_level_again(broker: Broker, browser: Browser) -> None:
    broker.hub.trust = BASIC
    strict = broker.tool("strict", minimum_trust=HIGH)
    unmet = browser.comes_back(to_the_hub(browser, browser.opens(strict.url())))
    request_id = unmet.response.request.path.rsplit("/", 1)[1]
    hub = to_the_hub(browser, browser.opens(f"/sign-in/{request_id}"))
    broker.hub.trouble = UpstreamCancelled()
    again = browser.comes_back(hub)
    assert 'id="unmet-back"' in again.text
    assert browser.presses(again, "unmet-back").answer["error"] == "unmet_authentication_requirements"


def _token(page: Stop) -> str:
    return page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
