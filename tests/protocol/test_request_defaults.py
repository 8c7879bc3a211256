"""What a record says where the request is silent, and the parameters that give hints (OIDC Registration 2, OIDC Core 3.1.2.1)."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from broker.core.client_policy import RequestPolicy, TokenPolicy
from broker.core.ids import fingerprint
from broker.core.provider import IdentityProvider
from broker.core.trust import TrustLevel
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser
from tests.support.tool import Tool, challenge_of

HIGH, LOW = TrustLevel.HIGH.acr, TrustLevel.LOW.acr


def wanted(broker: Broker, browser: Browser, tool: Tool, **asked: str) -> TrustLevel:
    """The level that the request, found by its stored form, would like."""
    location = browser.client.get(tool.url(**asked), base_url=tool.issuer).headers["Location"]
    browser_id = fingerprint(browser.cookies()["__Host-bp-browser"])
    return broker.parts.signing_in.resume(location.rpartition("/")[2], browser_id).wanted_trust


def test_default_max_age_counts_where_the_request_names_none(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(requests=RequestPolicy(default_max_age=60))
    browser.arrives(tool)
    broker.clock.advance(seconds=61)

    assert browser.opens(tool.url(prompt="none")).answer["error"] == "login_required"
    assert browser.opens(tool.url(prompt="none", max_age="3600")).code


def test_a_default_max_age_of_zero_asks_each_time(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(requests=RequestPolicy(default_max_age=0))
    browser.arrives(tool)

    assert browser.opens(tool.url(prompt="none")).answer["error"] == "login_required"


def test_default_acr_values_count_where_the_request_names_no_level(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(requests=RequestPolicy(default_acr_values=("urn:nobody:knows", HIGH)))

    assert wanted(broker, browser, tool) is TrustLevel.HIGH
    assert wanted(broker, browser, tool, acr_values=LOW) is TrustLevel.LOW
    assert wanted(broker, browser, tool, claims=json.dumps({"id_token": {"acr": {"value": LOW}}})) is TrustLevel.LOW


def test_the_order_of_wished_levels_is_the_tools_preference(broker: Broker, browser: Browser, tool: Tool) -> None:
    for values, level in ([HIGH, LOW], TrustLevel.HIGH), ([LOW, HIGH], TrustLevel.LOW), (["urn:x", HIGH, LOW], TrustLevel.HIGH):
        assert wanted(broker, browser, tool, claims=json.dumps({"id_token": {"acr": {"values": values}}})) is level


def test_of_several_essential_levels_the_lowest_is_enough(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.hub.trust = TrustLevel.LOW
    claims = json.dumps({"id_token": {"acr": {"essential": True, "values": [HIGH, LOW]}}})

    assert browser.arrives(tool, claims=claims).code


def test_any_of_several_subjects_will_do(broker: Broker, browser: Browser, tool: Tool) -> None:
    sub = tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])["sub"]

    for part in ("id_token", "userinfo"):
        mine = json.dumps({part: {"sub": {"values": ["somebody-else", sub]}}})
        others = json.dumps({part: {"sub": {"values": ["somebody-else", "another"]}}})
        assert browser.opens(tool.url(prompt="none", claims=mine)).code
        assert browser.opens(tool.url(prompt="none", claims=others)).answer["error"] == "login_required"


def test_subjects_that_exclude_one_another_are_invalid(browser: Browser, tool: Tool) -> None:
    claims = json.dumps({"id_token": {"sub": {"value": "one"}}, "userinfo": {"sub": {"values": ["two", "three"]}}})

    assert browser.opens(tool.url(claims=claims)).answer["error"] == "invalid_request"


def test_a_login_hint_is_passed_on_and_decides_nothing(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.sets_out(tool.url(login_hint="erika@example.org"))
    assert broker.hub.asked[-1].login_hint == "erika@example.org"

    browser.sets_out(tool.url())
    assert broker.hub.asked[-1].login_hint is None


@pytest.mark.parametrize("display", ["page", "popup", "touch", "wap", "nonsense"])
def test_display_and_claims_locales_are_taken_and_never_an_error(browser: Browser, tool: Tool, display: str) -> None:
    assert browser.arrives(tool, display=display, claims_locales="de en-GB").code


@pytest.mark.parametrize(("tags", "language"), [("en", "en"), ("fr en-US de", "en"), ("xx", "de"), ("de-DE en", "de")])
def test_ui_locales_choose_the_language_of_the_pages(browser: Browser, tool: Tool, tags: str, language: str) -> None:
    page = browser.opens(tool.url(ui_locales=tags))

    assert f'<html lang="{language}"' in page.text
    assert f'<html lang="{language}"' in browser.comes_back(browser.chooses(page)).text, "the consent page as well"


def test_registered_resources_become_the_audience_and_others_are_ignored(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=TokenPolicy(resources=("https://api.test/", "https://two.test/")))
    asked = [("resource", one) for one in ("https://graph.microsoft.com", "https://two.test/", "https://api.test/", "https://two.test/")]

    issued = broker.parts.stores.codes.take(browser.arrives_at(f"{tool.url()}&{urlencode(asked)}").code)

    assert issued is not None
    assert issued.audience == ("https://two.test/", "https://api.test/")


def test_resources_survive_a_form_from_another_site(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=TokenPolicy(resources=("https://api.test/",)))
    browser.arrives(tool, resource="https://api.test/")
    form = {**tool.parameters(), "resource": ["https://x.test", "https://api.test/"]}

    response = broker.app.test_client(use_cookies=False).post("/authorize", base_url=tool.issuer, data=form)

    issued = broker.parts.stores.codes.take(browser.opens(response.headers["Location"]).code)
    assert issued is not None
    assert issued.audience == ("https://api.test/",)


@pytest.mark.parametrize("thumbprint", ["", "x", "a" * 42, "a" * 44, "a" * 42 + "=", "ü" * 43])
def test_a_dpop_jkt_is_a_thumbprint(browser: Browser, tool: Tool, thumbprint: str) -> None:
    if thumbprint:
        assert browser.opens(tool.url(dpop_jkt=thumbprint)).answer["error"] == "invalid_request"
    else:
        assert browser.arrives(tool, dpop_jkt=thumbprint).code, "an empty parameter counts as absent"


def test_a_key_announced_at_authorize_is_needed_for_the_code(browser: Browser, tool: Tool) -> None:
    stop = browser.arrives(tool, dpop_jkt=challenge_of("somebody's key"))

    assert tool.redeems(stop.code).get_json()["error"] == "invalid_grant"


def test_every_sign_in_at_the_hub_is_a_new_one_and_an_old_one_is_not_taken_for_it(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)
    old = broker.clock()
    broker.clock.advance(minutes=5)
    hub, complete = broker.hub, broker.hub.complete
    hub.complete = lambda answer, proof: replace(complete(answer, proof), authenticated_at=old)  # type: ignore[method-assign]

    stop = browser.comes_back(browser.sets_out(tool.url(prompt="login")))

    assert stop.answer["error"] == "access_denied"


@pytest.mark.parametrize(
    ("prompt", "chooses", "agrees"),
    [
        ("login select_account", True, False),
        ("select_account consent", True, True),
        ("login consent select_account", True, True),
        ("login login", True, False),
    ],
)
def test_prompts_add_up(broker: Broker, browser: Browser, tool: Tool, prompt: str, chooses: bool, agrees: bool) -> None:
    broker.parts.stores.providers.replace_all(
        [*PROVIDERS, IdentityProvider("second", {"de": "Zweite"}, {"de": ""}, (), TrustLevel.HIGH, 2)]
    )
    browser.arrives(tool)

    page = browser.opens(tool.url(prompt=prompt, kc_idp_hint="bundid" if prompt == "login login" else None))
    assert ('id="provider-bundid"' in page.text) is (chooses and prompt != "login login")
    after = browser.comes_back(page if page.is_at_hub else browser.presses(page, "provider-bundid"))

    assert ('id="consent-allow"' in after.text) is agrees
    assert (browser.presses(after, "consent-allow") if agrees else after).code
