"""The pages on which a citizen lets a device in: nothing happens unasked, and nobody guesses (RFC 8628 3.3, 5; A-15, CN-10, SE-11)."""

from __future__ import annotations

import re

import pytest

from broker.core.client import Operator
from broker.flows.authorizing_devices import MOST_GUESSES
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.device import Device, begins, device_tool, enters, goes_on, lets_in


@pytest.fixture
def device(broker: Broker) -> Device:
    """A device of a named tool, waiting."""
    return begins(device_tool(broker, name="Infotafel", operator=Operator("Stadt Musterstadt")))


def test_a_15_the_question_names_tool_operator_code_time_and_place_and_warns(browser: Browser, device: Device) -> None:
    page = enters(browser, device)
    for expected in (
        "Infotafel",
        "Stadt Musterstadt",
        device.user_code,
        "10:00 Uhr",
        "127.0.0.1",
        "Hat Ihnen jemand diesen Code geschickt?",
    ):
        assert expected in page.text, expected
    assert device.hears() == "authorization_pending"


@pytest.mark.parametrize("lang", ["en", "de-leicht"])
def test_cn_10_the_warning_is_there_in_every_language(browser: Browser, device: Device, lang: str) -> None:
    sentence = {"en": "Did somebody send you this code?", "de-leicht": "Haben Sie den Code von anderen Menschen?"}[lang]
    browser.opens(f"/device?lang={lang}")
    assert sentence in enters(browser, device).text


def test_the_complete_address_fills_in_the_code_and_does_no_more(browser: Browser, device: Device) -> None:
    page = browser.opens(device.told["verification_uri_complete"])
    assert f'value="{device.user_code}"' in page.text
    assert "Infotafel" not in page.text
    assert 'id="device-confirm"' in browser.presses(page, "device-continue").text


@pytest.mark.parametrize("change", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code.replace('-', ' ')} "])
def test_a_code_may_be_typed_in_any_way_that_is_still_that_code(browser: Browser, device: Device, change: object) -> None:
    assert callable(change)
    assert 'id="device-confirm"' in enters(browser, device, change(device.user_code)).text


@pytest.mark.parametrize("typed", ["", "BCDF", "BCDF-GHJA", "BCDF-GHJ0", "<script>alert(1)</script>", "ü" * 8, "B" * 500, "BCDF-GHJK\x00"])
def test_what_cannot_be_a_code_is_asked_for_again(browser: Browser, device: Device, typed: str) -> None:
    page = enters(browser, device, typed)
    assert 'aria-invalid="true"' in page.text
    assert "<script" not in page.text
    assert 'id="device-continue"' in page.text


def test_nothing_is_begun_without_the_citizens_yes(broker: Broker, browser: Browser, device: Device) -> None:
    """Looking at the question, also by its address, changes nothing; only the button does."""
    for _ in range(3):
        browser.opens(f"/device/confirm?user_code={device.user_code}")
    assert broker.hub.asked == []
    assert device.hears() == "authorization_pending"


@pytest.mark.parametrize("token", ["", "forged", None])
@pytest.mark.parametrize("path", ["/device", "/device/confirm"])
def test_se_11_a_form_without_our_token_does_nothing(browser: Browser, device: Device, path: str, token: str | None) -> None:
    form = {"user_code": device.user_code, "decision": "confirm"} | ({"csrf_token": token} if token is not None else {})
    refused = browser.posts(path, form)
    assert (refused.response.status_code, refused.error_code) == (403, "BP-403-FORM")
    assert 'id="device-confirm"' in enters(browser, device).text


def test_a_code_is_taken_up_by_one_browser_only(broker: Broker, device: Device) -> None:
    first, second = broker.browser(), broker.browser()
    shown = enters(second, device)
    first.presses(enters(first, device), "device-confirm")
    assert second.presses(shown, "device-confirm").response.status_code == 410
    assert "Es gibt kein Gerät mit diesem Code" in enters(second, device).text


def test_a_second_press_of_the_button_leads_to_the_same_sign_in(broker: Broker, browser: Browser, device: Device) -> None:
    question = enters(browser, device)
    first, second = (browser.presses(question, "device-confirm").response.request.path for _ in range(2))
    assert first == second
    again = browser.presses(enters(browser, device), "device-confirm")
    assert again.response.request.path == first
    goes_on(browser, again)
    assert device.hears() == "token"


def test_a_device_taken_up_elsewhere_cannot_be_sent_away(broker: Broker, browser: Browser, device: Device) -> None:
    stranger = broker.browser()
    shown = enters(stranger, device)
    browser.presses(enters(browser, device), "device-confirm")
    assert stranger.presses(shown, "device-refuse").response.status_code == 410
    assert device.hears() == "authorization_pending"


def test_a_28_the_way_and_its_end_belong_to_the_browser_that_confirmed(broker: Broker, browser: Browser, device: Device) -> None:
    end = lets_in(browser, device)
    request_id = end.response.request.path.rsplit("/", 1)[1]
    for path in ("continue", "device/done", "consent", "sign-in"):
        foreign = broker.browser().opens(f"/{path}/{request_id}")
        assert (foreign.response.status_code, foreign.error_code) == (403, "BP-403-BROWSER"), path


def test_the_end_can_be_opened_again_and_comes_early_for_nobody(browser: Browser, device: Device) -> None:
    question = browser.presses(enters(browser, device), "device-confirm")
    request_id = question.response.request.path.rsplit("/", 1)[1]
    assert 'id="provider-bundid"' in browser.opens(f"/device/done/{request_id}").text
    consent = browser.signs_in(question)
    assert 'id="device-connected"' in browser.presses(consent, "consent-allow").text
    assert device.hears() == "token"
    for path in ("device/done", "continue"):
        assert 'id="device-connected"' in browser.opens(f"/{path}/{request_id}").text
    assert device.tool.asks_userinfo("x" * 43).status_code == 401


def test_the_end_of_an_ordinary_sign_in_is_not_here(broker: Broker, browser: Browser) -> None:
    page = browser.opens(broker.tool().url())
    request_id = page.response.request.path.rsplit("/", 1)[1]
    assert 'id="provider-bundid"' in browser.opens(f"/device/done/{request_id}").text


def test_yes_without_a_decision_is_no_yes(browser: Browser, device: Device) -> None:
    refused = browser.presses(enters(browser, device), "device-confirm", decision="perhaps")
    assert refused.response.status_code == 400
    assert device.hears() == "authorization_pending"


def test_a_15_a_guesser_is_stopped_also_before_a_right_code(broker: Broker, device: Device, clock: Clock) -> None:
    guesser = broker.browser()
    for _ in range(MOST_GUESSES):
        assert "Es gibt kein Gerät" in enters(guesser, device, "BBBB-BBBB").text
    for typed in ("BBBB-BBBB", device.user_code):
        stopped = enters(broker.browser(), device, typed)
        assert (stopped.response.status_code, stopped.error_code) == (429, "BP-429-GUESSES")
        assert device.user_code not in stopped.text


def test_a_52_guesses_from_one_address_lock_nobody_elsewhere_out(broker: Broker, device: Device) -> None:
    guesser, citizen = broker.browser(), broker.browser()
    for _ in range(MOST_GUESSES + 1):
        enters(guesser, device, "BBBB-BBBB")
    citizen.client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert 'id="device-confirm"' in enters(citizen, device).text


def test_right_codes_are_no_guesses(broker: Broker) -> None:
    tool = device_tool(broker)
    for _ in range(MOST_GUESSES + 2):
        assert 'id="device-confirm"' in enters(broker.browser(), begins(tool)).text


def test_no_code_of_either_kind_is_kept_in_clear(broker: Broker, browser: Browser, device: Device) -> None:
    lets_in(browser, device)
    client = broker.parts.stores.redis._client
    for key in client.scan_iter("*"):
        content = key + (client.dump(key) or b"")  # of whatever type it is
        assert device.user_code.encode() not in content
        assert device.told["device_code"].encode() not in content


def test_markup_in_a_tools_name_is_text(broker: Broker, browser: Browser) -> None:
    page = enters(browser, begins(device_tool(broker, name="<b>Tafel</b>", operator=Operator("<i>Stadt</i>"))))
    assert not re.search(r"<[bi]>(Tafel|Stadt)", page.text)
    assert "&lt;b&gt;Tafel" in page.text
