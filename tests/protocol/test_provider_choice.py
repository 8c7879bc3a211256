"""Choosing a citizen ID: what tool and address may suggest, what each is good for, and what this device remembers (A-33, UP-10)."""

from __future__ import annotations

import re

import pytest

from broker.core.client import ClientClaim
from broker.core.errors import UpstreamUnavailable
from broker.core.trust import TrustLevel
from broker.core.upstream_errors import AttributesMissing, CitizenIdUnavailable
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser, Stop
from tests.support.choice_pages import BAYERNID, LOCAL

REMEMBERED = "__Host-bp-citizen-id"


@pytest.fixture
def choice(broker: Broker) -> Broker:
    """Three citizen IDs: two strong ones and one that proves nothing."""
    broker.parts.stores.providers.replace_all([*PROVIDERS, BAYERNID, LOCAL])
    return broker


def offered(page: Stop) -> list[str]:
    """Aliases of the citizen IDs that have a button, in the page's order."""
    return re.findall(r'id="provider-(\w+)"', page.text)


def request_of(page: Stop) -> str:
    return page.response.request.path.rsplit("/", 1)[1]


def button(page: Stop, alias: str) -> str:
    found = re.search(rf'<button[^>]*id="provider-{alias}"[^>]*>', page.text)
    assert found
    return found[0]


@pytest.mark.parametrize("name", ["idp_hint", "kc_idp_hint"])
def test_a_hint_leads_there_and_nobody_is_kept_from_another(choice: Broker, browser: Browser, name: str) -> None:
    tool = choice.tool()
    hub = browser.opens(tool.url(**{name: "bayernid"}))
    assert hub.is_at_hub
    assert choice.hub.asked[-1].provider_alias == "bayernid"

    request_id = browser.client.get_cookie("__Host-bp-request", domain="broker.test")
    assert request_id
    page = browser.opens(f"/sign-in/{request_id.value}")
    assert offered(page) == ["bayernid", "bundid", "local"], "the hinted one first, the others too"
    consent = browser.comes_back(browser.presses(page, "provider-bundid"))
    assert browser.presses(consent, "consent-allow").code, "who chose another has chosen"


@pytest.mark.parametrize("hint", ["nobody", "../../realms/master", "bundid bayernid", "x" * 64, ""])
def test_an_unknown_hint_counts_for_nothing(choice: Broker, browser: Browser, hint: str) -> None:
    assert offered(browser.opens(choice.tool().url(idp_hint=hint))) == ["bundid", "bayernid", "local"]


def test_up10_a_hint_outside_the_tools_list_counts_for_nothing(choice: Broker, browser: Browser) -> None:
    tool = choice.tool(allowed_providers=("bayernid", "local"))
    page = browser.opens(tool.url(kc_idp_hint="bundid"))
    assert offered(page) == ["bayernid", "local"]
    forged = browser.presses(page, "provider-local", provider="bundid")
    assert (forged.location, forged.error_code) == (None, "BP-403-DENIED")


def test_what_each_can_prove_is_said_and_what_is_asked_for_and_cannot(choice: Broker, browser: Browser) -> None:
    tool = choice.tool(claims=(ClientClaim("bp_resident_of", {"de": "Nur wer hier wohnt, stimmt ab."}),))
    bundid, _, local = browser.opens(tool.url()).text.split('<li class="choice">')[1:]
    assert "Kann nachweisen: wo Sie wohnen, wie alt Sie sind, wie Sie heißen" in bundid
    assert "Weist nichts über Sie nach" in local
    assert "Kann nicht nachweisen, obwohl Tool karte danach fragt: wo Sie wohnen" in local
    assert "obwohl" not in bundid


def test_nothing_is_remembered_unless_it_is_ticked(choice: Broker, browser: Browser) -> None:
    browser.presses(browser.opens(choice.tool().url()), "provider-bayernid")
    assert REMEMBERED not in browser.cookies()


def test_a_remembered_one_comes_first_and_nobody_is_sent_there_unasked(choice: Broker, browser: Browser) -> None:
    tool = choice.tool()
    browser.presses(browser.opens(tool.url()), "provider-bayernid", remember="yes")
    assert browser.cookies()[REMEMBERED] == "bayernid", "the citizen ID's name and nothing about anybody"

    again = browser.opens(tool.url())
    assert again.location is None
    assert offered(again) == ["bayernid", "bundid", "local"]
    assert "kern-btn--primary" in button(again, "bayernid")
    assert "kern-btn--secondary" in button(again, "bundid")
    assert 'name="remember" value="yes" aria-describedby="remember-hint" checked' in again.text


def test_a_33_the_cookie_of_the_choice_is_locked_like_the_others(choice: Broker, browser: Browser) -> None:
    page = browser.opens(choice.tool().url())
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    form = {"csrf_token": token[1], "provider": "bundid", "remember": "yes"}
    response = browser.client.post(f"/sign-in/{request_of(page)}", base_url=browser.issuer, data=form)
    (line,) = [one for one in response.headers.getlist("Set-Cookie") if one.startswith(REMEMBERED)]
    attributes = {part.strip().lower() for part in line.split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/", "max-age=15552000"} <= attributes
    assert not any(part.startswith("domain") for part in attributes)


def test_the_choice_is_forgotten_by_a_button(choice: Broker, browser: Browser) -> None:
    tool = choice.tool()
    browser.presses(browser.opens(tool.url()), "provider-local", remember="yes")
    page = browser.presses(browser.opens(tool.url()), "choice-forget")
    assert REMEMBERED not in browser.cookies()
    assert offered(page) == ["bundid", "bayernid", "local"]
    assert "choice-forget" not in page.text


def test_the_choice_is_forgotten_by_whoever_takes_it_without_the_tick(choice: Broker, browser: Browser) -> None:
    tool = choice.tool()
    browser.presses(browser.opens(tool.url()), "provider-local", remember="yes")
    page = browser.opens(tool.url())
    browser.client.post(  # as a browser sends the form with the box cleared
        f"/sign-in/{request_of(page)}",
        base_url=browser.issuer,
        data={"csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', page.text)[0], "provider": "local"},
    )
    assert REMEMBERED not in browser.cookies()


def test_what_cannot_reach_the_level_is_not_put_first(choice: Broker, browser: Browser) -> None:
    browser.presses(browser.opens(choice.tool().url()), "provider-local", remember="yes")
    page = browser.opens(choice.tool("strict", minimum_trust=TrustLevel.HIGH).url())
    assert offered(page) == ["bundid", "bayernid"]
    assert "Zuletzt gewählt" not in page.text


@pytest.mark.parametrize("value", ["nobody", "x" * 3000, "<script>", "bundid;bayernid"])
def test_a_cookie_with_anything_else_orders_nothing(choice: Broker, browser: Browser, value: str) -> None:
    browser.client.set_cookie(REMEMBERED, value, domain="broker.test", secure=True, path="/")
    page = browser.opens(choice.tool().url())
    assert offered(page) == ["bundid", "bayernid", "local"]
    assert "<script" not in page.text


@pytest.mark.parametrize("action", ["forget", "stay", "cancel"])
def test_se11_no_button_works_without_our_token_or_for_another_browser(choice: Broker, browser: Browser, action: str) -> None:
    page = browser.opens(choice.tool().url())
    path = f"/sign-in/{request_of(page)}/{action}"
    assert browser.posts(path, {}).error_code == "BP-403-FORM"
    assert browser.opens(path).response.status_code == 405
    other = choice.browser()
    token = re.findall(r'name="csrf_token" value="([^"]+)"', other.opens(choice.tool("other").url()).text)[0]
    assert other.posts(path, {"csrf_token": token}).error_code == "BP-403-BROWSER"


def test_f18_an_outage_of_one_citizen_id_leads_back_to_the_choice_and_the_others_work(choice: Broker, browser: Browser) -> None:
    tool = choice.tool()
    hub = browser.opens(tool.url(idp_hint="bundid"))
    choice.hub.trouble = CitizenIdUnavailable()
    page = browser.comes_back(hub)
    assert page.response.status_code == 200
    assert page.error_code == "BP-503-CITIZEN-ID"
    assert "Die Anmeldung mit BundID hat nicht geklappt" in page.text
    assert offered(page) == ["bayernid", "local", "bundid"], "nobody is sent to the broken one again by the hint"
    assert re.search(r'id="reference">[0-9a-z]{10}<', page.text)

    choice.hub.trouble = None
    consent = browser.comes_back(browser.presses(page, "provider-bayernid"))
    assert browser.presses(consent, "consent-allow").code


def test_what_a_citizen_id_cannot_give_is_named_with_what_to_do(choice: Broker, browser: Browser) -> None:
    """BundID's StatusDetail: by the claim table's words, in the citizen's language, and never as an attribute's number."""
    hub = browser.sets_out(choice.tool().url())
    choice.hub.trouble = AttributesMissing(("bp_resident_of", "made-up"))
    told = browser.comes_back(hub)
    assert told.error_code == "BP-403-INCOMPLETE"
    missing = told.text.partition('id="missing-claims">')[2].partition("</ul>")[0]
    assert re.findall(r"<li>([^<]+)</li>", missing) == [choice.parts.claim_table["bp_resident_of"].labels["de"]]
    assert "Melden Sie sich dort mit einem anderen Mittel an" in told.text
    assert "Stadt Musterstadt" in told.text
    assert offered(told) == ["bundid", "bayernid", "local"]


def test_what_is_missing_without_a_name_is_told_as_such(choice: Broker, browser: Browser) -> None:
    hub = browser.sets_out(choice.tool().url())
    choice.hub.trouble = AttributesMissing()
    told = browser.comes_back(hub)
    assert "BundID hat eine Angabe nicht über Sie, die Tool karte braucht." in told.text
    assert "missing-claims" not in told.text


def test_f11_an_outage_of_the_hub_is_another_page(choice: Broker, browser: Browser) -> None:
    page = browser.opens(choice.tool().url())
    choice.hub.trouble = UpstreamUnavailable()
    away = browser.presses(page, "provider-bundid")
    assert (away.response.status_code, away.error_code) == (503, "BP-503-UPSTREAM")
    assert "Die Bürgerkonten sind gerade nicht erreichbar" in away.text


def test_a_choice_of_one_asks_nothing_about_remembering(broker: Broker, browser: Browser) -> None:
    broker.parts.stores.providers.replace_all(PROVIDERS)
    assert 'name="remember"' not in browser.opens(broker.tool().url()).text
