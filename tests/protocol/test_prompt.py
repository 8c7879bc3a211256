"""`prompt` and `max_age`: when the citizen is asked again, and that `none` never shows a page (OIDC Core 3.1.2.1; A-18, RU-14)."""

from __future__ import annotations

import pytest

from broker.core.ids import fingerprint
from broker.core.provider import IdentityProvider
from broker.core.trust import TrustLevel
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser
from tests.support.statements import round_trips
from tests.support.tool import Tool, answer_in


def auth_time(tool: Tool, code: str) -> int:
    """When the ID token says the citizen signed in."""
    value: int = tool.verifies(tool.redeems(code).get_json()["id_token"])["auth_time"]
    return value


def test_none_without_a_session_is_login_required(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool()

    answer = broker_everywhere.browser().opens(tool.url(prompt="none")).answer

    assert answer["error"] == "login_required"
    assert answer["state"] == tool.state
    assert answer["iss"] == tool.issuer


def test_none_with_session_but_without_consent_is_consent_required(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)
    second = broker.tool("second")

    assert browser.opens(second.url(prompt="none")).answer["error"] == "consent_required"


def test_none_with_session_and_consent_is_silent(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    assert browser.opens(tool.url(prompt="none")).code


@pytest.mark.parametrize("prompt", ["none login", "none consent", "none select_account", "create", "login nonsense", "NONE"])
def test_contradictory_and_unknown_prompts_are_invalid(browser: Browser, tool: Tool, prompt: str) -> None:
    assert browser.opens(tool.url(prompt=prompt)).answer["error"] == "invalid_request"


def test_login_asks_again_and_auth_time_is_the_new_sign_ins(broker: Broker, browser: Browser, tool: Tool) -> None:
    first = auth_time(tool, browser.arrives(tool).code)
    broker.clock.advance(minutes=5)

    again = browser.sets_out(tool.url(prompt="login"))

    assert auth_time(tool, browser.comes_back(again).code) == first + 300


def test_consent_shows_the_page_although_a_record_exists(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    page = browser.opens(tool.url(prompt="consent"))

    assert page.location is None
    assert browser.presses(page, "consent-allow").code


def test_login_and_consent_together_ask_both(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    page = browser.comes_back(browser.sets_out(tool.url(prompt="consent login")))

    assert page.location is None
    assert browser.presses(page, "consent-allow").code


def test_select_account_lets_the_citizen_choose(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    page = browser.opens(tool.url(prompt="select_account"))

    assert page.location is None
    assert 'id="provider-bundid"' in page.text
    assert browser.signs_in(page).code


def test_a_refused_consent_reaches_the_tool_as_access_denied(browser: Browser, tool: Tool) -> None:
    page = browser.comes_back(browser.sets_out(tool.url()))

    answer = browser.presses(page, "consent-deny").answer

    assert answer["error"] == "access_denied"
    assert answer["state"] == tool.state
    assert answer["iss"] == tool.issuer


def test_a_max_age_not_exceeded_is_silent_and_a_younger_one_asks_again(broker: Broker, browser: Browser, tool: Tool) -> None:
    first = auth_time(tool, browser.arrives(tool).code)
    broker.clock.advance(seconds=60)

    assert auth_time(tool, browser.opens(tool.url(max_age="60")).code) == first
    again = browser.sets_out(tool.url(max_age="59"))
    assert auth_time(tool, browser.comes_back(again).code) == first + 60


def test_max_age_zero_equals_prompt_login(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    again = browser.sets_out(tool.url(max_age="0"))
    assert browser.comes_back(again).code


def test_an_exceeded_max_age_under_none_is_login_required(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)
    broker.clock.advance(seconds=61)

    assert browser.opens(tool.url(max_age="60", prompt="none")).answer["error"] == "login_required"


@pytest.mark.parametrize("max_age", ["-1", "abc", "1.5", "1e3", "٣", " 5", "99999999999"])
def test_a_max_age_that_is_no_whole_number_is_invalid(browser: Browser, tool: Tool, max_age: str) -> None:
    assert browser.opens(tool.url(max_age=max_age)).answer["error"] == "invalid_request"


def test_several_citizen_ids_are_offered_and_a_hint_chooses(broker: Broker, browser: Browser, tool: Tool) -> None:
    second = IdentityProvider("second", {"de": "Zweite"}, {"de": ""}, (), TrustLevel.SUBSTANTIAL, 2)
    broker.parts.stores.providers.replace_all([*PROVIDERS, second])

    page = browser.opens(tool.url())
    assert 'id="provider-bundid"' in page.text
    assert 'id="provider-second"' in page.text

    for name in ("kc_idp_hint", "idp_hint"):
        hub = browser.opens(tool.url(**{name: "second"}))
        assert hub.location is not None
        assert broker.hub.asked[-1].provider_alias == "second"


@pytest.mark.parametrize("prompt", ["none"])
@pytest.mark.parametrize("extra", [{}, {"acr_values": "http://eidas.europa.eu/LoA/high"}, {"max_age": "0"}, {"ui_locales": "de"}])
def test_ru_14_none_never_shows_a_page(broker: Broker, browser: Browser, tool: Tool, prompt: str, extra: dict[str, str]) -> None:
    fresh = browser.opens(tool.url(prompt=prompt, **extra))
    assert "error" in fresh.answer

    browser.arrives(tool)
    known = browser.opens(tool.url(prompt=prompt, **extra))
    assert known.location is not None


@pytest.mark.parametrize("dest", ["iframe", "document", "image"])
@pytest.mark.parametrize("site", ["cross-site", "same-origin", "none"])
def test_ru_14_none_says_the_same_whatever_page_asks(broker: Broker, browser: Browser, tool: Tool, dest: str, site: str) -> None:
    headers = {"Sec-Fetch-Dest": dest, "Sec-Fetch-Site": site, "Origin": "https://evil.test", "Referer": "https://evil.test/"}
    second = broker.tool("second")

    fresh = browser.client.get(tool.url(prompt="none"), base_url=tool.issuer, headers=headers)
    browser.arrives(tool)
    known, unknown = (browser.client.get(one.url(prompt="none"), base_url=one.issuer, headers=headers) for one in (tool, second))

    assert answer_in(fresh.headers["Location"])["error"] == "login_required"
    assert "code" in answer_in(known.headers["Location"])
    assert answer_in(unknown.headers["Location"])["error"] == "consent_required"
    for response in (fresh, known, unknown):
        assert (response.status_code, response.get_data()) == (303, b"")
        assert response.headers["X-Frame-Options"] == "DENY"


def test_ru_14_a_silent_no_costs_the_same_for_everybody(
    broker: Broker, browser: Browser, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No clock of an onlooker tells strangers apart: a browser that was never here and one whose session ended ask the stores alike."""
    browser.arrives(tool)
    ended = browser.cookies()["__Host-bp-session"]
    broker.parts.stores.sessions.revoke(fingerprint(ended))
    costs = []
    for cookies in ({"__Host-bp-session": ended}, {"__Host-bp-session": "x" * 43}):
        client = broker.app.test_client(use_cookies=False)
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
        with round_trips(monkeypatch) as trips:
            response = client.get(tool.url(prompt="none"), base_url=tool.issuer, headers={"Cookie": sent})
        assert answer_in(response.headers["Location"])["error"] == "login_required"
        costs.append(len(trips))
    assert costs[0] == costs[1]
