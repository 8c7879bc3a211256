"""The citizen's pages on the whole application: who may open them, what they show, what their buttons do (CN-01, CN-02, SE-11, A-37)."""

from __future__ import annotations

import re

import pytest

from broker.core.claim import HeldClaim
from broker.core.client import ClientClaim, Operator
from broker.core.errors import UpstreamRefused
from broker.core.trust import TrustLevel
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser
from tests.support.choice_pages import BAYERNID, LOCAL
from tests.support.tool import Tool


@pytest.fixture
def choice(broker: Broker) -> Broker:
    """Three citizen IDs to choose from."""
    broker.parts.stores.providers.replace_all([*PROVIDERS, BAYERNID, LOCAL])
    return broker


def _named(broker: Broker, **changes: object) -> Tool:
    purpose = {"de": "Für die Anrede.", "en": "To address you.", "de-leicht": "Damit wir Ihren Namen kennen."}
    return broker.tool(claims=(ClientClaim("given_name", purpose),), **changes)


def test_choice_shows_every_citizen_id_with_its_level(choice: Broker) -> None:
    page = choice.browser().opens(choice.tool().url())
    assert re.findall(r'id="provider-(\w+)"', page.text) == ["bundid", "bayernid", "local"]
    assert "Sicherheit: hoch" in page.text


def test_choice_offers_only_what_reaches_the_level(choice: Broker) -> None:
    """A-29: a citizen ID that cannot reach the level is named, without a button."""
    page = choice.browser().opens(choice.tool(minimum_trust=TrustLevel.HIGH).url())
    assert "provider-local" not in page.text
    assert "Reicht hier nicht aus" in page.text


def test_citizen_goes_to_the_one_chosen(choice: Broker) -> None:
    browser = choice.browser()
    browser.presses(browser.opens(choice.tool().url()), "provider-bayernid")
    assert choice.hub.asked[-1].provider_alias == "bayernid"


def test_citizen_who_cancels_returns_to_the_tool(choice: Broker) -> None:
    browser, tool = choice.browser(), choice.tool()
    stop = browser.presses(browser.opens(tool.url()), "sign-in-cancel")
    assert stop.answer["error"] == "access_denied"
    assert stop.answer["state"] == tool.state


def test_forms_of_the_choice_may_lead_to_hub_and_tool(choice: Broker) -> None:
    """Browsers apply form-action to the redirects after a form."""
    page = choice.browser().opens(choice.tool().url())
    assert "form-action 'self' https://hub.test https://tool.test;" in page.response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["sign-in", "consent", "unmet", "continue"])
def test_request_of_another_browser_stays_closed(choice: Broker, path: str) -> None:
    """A-28, CN-02."""
    page = choice.browser().opens(choice.tool().url())
    request_id = page.response.request.path.rsplit("/", 1)[1]
    foreign = choice.browser().opens(f"/{path}/{request_id}")
    assert (foreign.response.status_code, foreign.error_code) == (403, "BP-403-BROWSER")


@pytest.mark.parametrize("path", ["sign-in", "consent", "unmet"])
def test_request_that_does_not_exist_is_an_expired_one(browser: Browser, path: str) -> None:
    page = browser.opens(f"/{path}/nobody-knows-this")
    assert page.response.status_code == 410
    assert "Die Anmeldung ist abgelaufen" in page.text


def test_consent_shows_tool_operator_purpose_value_and_lifetime(broker: Broker) -> None:
    """A-37."""
    tool = _named(broker, name="Mitmachkarte", operator=Operator("Stadt Musterstadt", privacy_url="https://tool.test/privacy"))
    browser = broker.browser()
    page = browser.signs_in(browser.opens(tool.url(scope="openid profile")))
    for expected in ("Mitmachkarte", "Stadt Musterstadt", "https://tool.test/privacy", "Vorname", "Erika", "Für die Anrede.", "2028"):
        assert expected in page.text


@pytest.mark.parametrize(
    ("lang", "question", "purpose"),
    [
        ("en", "May Tool karte have this data?", "To address you."),
        ("de-leicht", "Darf Tool karte diese Daten haben?", "Damit wir Ihren Namen kennen."),
    ],
)
def test_consent_speaks_the_language_the_tool_asked_for(broker: Broker, lang: str, question: str, purpose: str) -> None:
    browser = broker.browser()
    page = browser.signs_in(browser.opens(_named(broker).url(scope="openid profile", ui_locales=lang)))
    assert question in page.text
    assert purpose in page.text


def test_consent_names_the_level_the_sign_in_is_still_worth(broker: Broker) -> None:
    """A-29: a high sign-in fades after five idle minutes; the page says what the tool will really hear."""
    browser = broker.browser()
    fresh = browser.signs_in(browser.opens(broker.tool().url()))
    assert ">hoch<" in fresh.text
    broker.clock.advance(minutes=6)
    assert ">substanziell<" in browser.opens(fresh.response.request.path).text


def test_citizen_who_says_no_returns_to_the_tool(broker: Broker) -> None:
    browser, tool = broker.browser(), broker.tool()
    page = browser.signs_in(browser.opens(tool.url()))
    assert browser.presses(page, "consent-deny").answer["error"] == "access_denied"


def test_yes_without_a_decision_is_no_yes(broker: Broker) -> None:
    browser = broker.browser()
    page = browser.signs_in(browser.opens(broker.tool().url()))
    refused = browser.presses(page, "consent-allow", decision="perhaps")
    assert refused.response.status_code == 400


def test_own_pseudonym_reaches_the_tool(broker: Broker) -> None:
    browser, tool = broker.browser(), broker.tool()
    page = browser.signs_in(browser.opens(tool.url(scope="openid profile")))
    code = browser.presses(page, "consent-allow", pseudonym="  stadt.fuchs  ").code
    token = tool.redeems(code).get_json()["access_token"]
    assert tool.asks_userinfo(token).get_json()["preferred_username"] == "stadt.fuchs"


@pytest.mark.parametrize("pseudonym", ["", "abc", "zwei Wörter", "-strich", "a" * 41, "<script>alert(1)</script>", "a\u202eb1234"])
def test_pseudonym_that_does_not_fit_is_asked_for_again(broker: Broker, pseudonym: str) -> None:
    """What was typed stays, encoded (RU-11); nothing was agreed to yet."""
    browser, tool = broker.browser(), broker.tool()
    page = browser.signs_in(browser.opens(tool.url(scope="openid profile")))
    again = browser.presses(page, "consent-allow", pseudonym=pseudonym)
    assert again.location is None
    assert 'aria-invalid="true"' in again.text
    assert "Bitte nehmen Sie 5 bis 40 Zeichen" in again.text
    assert "<script" not in again.text
    assert browser.presses(again, "consent-allow", pseudonym="stadt.fuchs").code


@pytest.mark.parametrize("button", ["consent-allow", "consent-deny"])
@pytest.mark.parametrize("token", ["", "forged", None])
def test_form_without_our_token_changes_nothing(broker: Broker, button: str, token: str | None) -> None:
    """SE-11."""
    browser = broker.browser()
    page = browser.signs_in(browser.opens(broker.tool().url()))
    form = {"decision": button.removeprefix("consent-")} | ({"csrf_token": token} if token is not None else {})
    refused = browser.posts(page.response.request.path, form)
    assert (refused.response.status_code, refused.error_code) == (403, "BP-403-FORM")
    assert browser.presses(page, "consent-allow").code


def test_page_of_a_step_that_is_not_due_leads_on(broker: Broker) -> None:
    """No page can be reached out of turn; each leads back to the crossroads."""
    browser = broker.browser()
    consent = browser.signs_in(browser.opens(broker.tool().url()))
    request_id = consent.response.request.path.rsplit("/", 1)[1]
    for path in (f"/sign-in/{request_id}", f"/unmet/{request_id}"):
        assert 'id="consent-allow"' in browser.opens(path).text


def test_level_too_low_is_explained_and_another_means_gets_in(broker: Broker) -> None:
    broker.hub.trust = TrustLevel.BASIC
    browser, tool = broker.browser(), broker.tool(minimum_trust=TrustLevel.HIGH)
    page = browser.signs_in(browser.opens(tool.url()))
    assert "Diese Anmeldung reicht nicht aus" in page.text
    assert 'id="unmet-retry"' in page.text
    request_id = page.response.request.path.rsplit("/", 1)[1]
    broker.hub.trust = TrustLevel.HIGH
    consent = browser.signs_in(browser.opens(f"/sign-in/{request_id}"))
    assert browser.presses(consent, "consent-allow").code


def test_level_too_low_is_told_to_the_tool_by_the_button(broker: Broker) -> None:
    broker.hub.trust = TrustLevel.BASIC
    browser, tool = broker.browser(), broker.tool(minimum_trust=TrustLevel.HIGH)
    page = browser.signs_in(browser.opens(tool.url()))
    assert browser.presses(page, "unmet-back").answer["error"] == "unmet_authentication_requirements"


def test_hub_answer_with_a_doubled_parameter_is_refused(broker: Broker) -> None:
    page = broker.browser().opens("/callback?state=a&state=b&code=c")
    assert page.error_code == "BP-400-DOUBLED"


def test_hub_answer_that_cannot_be_trusted_can_be_tried_again(broker: Broker) -> None:
    browser, tool = broker.browser(), broker.tool()
    hub = browser.sets_out(tool.url())
    broker.hub.trouble = UpstreamRefused("x")
    page = browser.comes_back(hub)
    assert page.error_code == "BP-502-UPSTREAM"
    assert 'hreflang="en"' not in page.text, "the answer is used up: this page cannot be asked for in another language"
    retry = re.search(r'id="try-again"[^>]*href="([^"]+)"', page.text)
    broker.hub.trouble = None
    assert retry
    assert browser.signs_in(browser.opens(retry[1])).text.count('id="consent-allow"') == 1


@pytest.mark.parametrize("citizen_ids", [1, 3])
def test_citizen_sent_home_by_the_hub_finds_the_sign_in_again(broker: Broker, citizen_ids: int) -> None:
    broker.parts.stores.providers.replace_all([*PROVIDERS, BAYERNID, LOCAL][:citizen_ids])
    browser = broker.browser()
    start = browser.opens(broker.tool().url())
    if not start.location:
        browser.presses(start, "provider-bundid")
    page = browser.opens("/upstream/return")
    retry = re.search(r'id="try-again"[^>]*href="([^"]+)"', page.text)
    assert retry
    assert 'id="provider-bundid"' in browser.opens(retry[1]).text


def test_stray_visitor_learns_what_this_is(browser: Browser) -> None:
    for path in ("/", "/upstream/return", "/signed-out"):
        assert browser.opens(path).response.status_code == 200
    assert 'id="signed-out">Sie sind abgemeldet<' in browser.opens("/signed-out").text


def test_start_page_names_the_citizen_id_of_the_session_and_no_person(broker: Broker) -> None:
    broker.hub.claims = {"given_name": HeldClaim("Erika", TrustLevel.HIGH)}
    browser = broker.browser()
    browser.arrives(broker.tool())
    page = browser.opens("/")
    assert "mit BundID angemeldet" in page.text
    assert "Erika" not in page.text


def test_markup_in_a_tools_name_or_a_citizens_data_is_text(broker: Broker) -> None:
    """RU-11."""
    broker.hub.claims = {"given_name": HeldClaim("<img src=x onerror=alert(1)>", TrustLevel.HIGH)}
    tool = _named(broker, name="<b>Karte</b>", operator=Operator("<i>Stadt</i>"))
    browser = broker.browser()
    page = browser.signs_in(browser.opens(tool.url(scope="openid profile")))
    for raw in ("<img", "<b>", "<i>"):
        assert raw not in page.text
    assert "&lt;img src=x" in page.text
