"""The device grant from the device's side (RFC 8628; protocol.md 6.2, A-05, A-15, CO-01, CO-03, CO-08, CN-11)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from broker.core.client import ClientStatus
from broker.core.client_policy import AuthMethod, GrantType, TokenPolicy
from broker.core.errors import StoreUnavailable
from broker.core.trust import TrustLevel
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.device import DEVICES_ONLY, Device, asks_for_codes, begins, device_tool, enters, goes_on, lets_in
from tests.support.tool import Tool


@pytest.fixture
def tafel(broker: Broker) -> Tool:
    """A tool whose devices may wait."""
    return device_tool(broker)


@pytest.fixture
def device(tafel: Tool) -> Device:
    """One of them, waiting."""
    return begins(tafel)


def test_a_device_gets_its_tokens_once_a_citizen_has_let_it_in(broker_everywhere: Broker) -> None:
    tool, browser = device_tool(broker_everywhere), broker_everywhere.browser()
    device = begins(tool)
    assert device.hears() == "authorization_pending"

    end = lets_in(browser, device)
    answer = device.polls().get_json()

    assert 'id="device-connected"' in end.text
    assert (answer["token_type"], answer["scope"]) == ("Bearer", "openid profile")
    claims = tool.verifies(answer["id_token"])
    assert "nonce" not in claims
    assert claims["acr"] == TrustLevel.HIGH.acr
    assert tool.asks_userinfo(answer["access_token"]).get_json()["sub"] == claims["sub"]


def test_what_the_device_is_told(device: Device) -> None:
    told = device.told
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", told["user_code"])
    assert len(told["device_code"]) == 43
    assert told["verification_uri"] == f"{ISSUER}/device"
    assert told["verification_uri_complete"] == f"{ISSUER}/device?user_code={told['user_code']}"
    assert (told["expires_in"], told["interval"]) == (900, 5)


def test_codes_are_never_cached_and_never_the_same(tafel: Tool) -> None:
    first, second = asks_for_codes(tafel), asks_for_codes(tafel)
    assert first.headers["Cache-Control"] == "no-store"
    assert not set(first.get_json().values()) & (set(second.get_json().values()) - {f"{ISSUER}/device", 900, 5})


@pytest.mark.parametrize("method", [AuthMethod.ANY_SECRET, AuthMethod.NONE])
def test_public_and_confidential_tools_may_have_devices(broker: Broker, method: AuthMethod) -> None:
    device = begins(device_tool(broker, auth_method=method))
    lets_in(broker.browser(), device)
    assert device.hears() == "token"


def test_a_15_cn_11_the_grant_is_off_unless_the_record_lists_it(broker: Broker, tool: Tool) -> None:
    """The same at both endpoints: `unauthorized_client`, and no code is given."""
    begun = asks_for_codes(tool)
    assert (begun.status_code, begun.get_json()["error"]) == (400, "unauthorized_client")
    polled = Device(tool, {"device_code": "x" * 43}).polls()
    assert (polled.status_code, polled.get_json()["error"]) == (400, "unauthorized_client")


def test_cn_11_a_code_of_a_device_is_no_authorization_code_and_the_reverse(broker: Broker) -> None:
    both = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.DEVICE_CODE))
    tool, browser = broker.tool("both", tokens=both), broker.browser()
    device = begins(tool)
    lets_in(browser, device)
    assert tool.redeems(device.told["device_code"]).get_json()["error"] == "invalid_grant"
    assert device.polls(device_code=browser.arrives(tool).code).get_json()["error"] == "invalid_grant"


def test_only_the_client_itself_may_begin(tafel: Tool) -> None:
    for headers in ({}, tafel.basic(secret="wrong")):
        refused = asks_for_codes(tafel, headers, client_id=tafel.client.client_id)
        assert (refused.status_code, refused.get_json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "x" * 2000}, "invalid_request"),
        ({"scope": ["openid", "openid"]}, "invalid_request"),
        ({"scope": "openid\x00"}, "invalid_request"),
        ({"resource": "https://api.test/"}, "invalid_target"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused_at_once(tafel: Tool, form: dict[str, str], error: str) -> None:
    refused = asks_for_codes(tafel, **form)
    assert (refused.status_code, refused.get_json()["error"]) == (400, error)


def test_other_methods_and_bodies_are_refused(tafel: Tool) -> None:
    client = tafel.app.test_client(use_cookies=False)
    assert client.get("/device_authorization", base_url=ISSUER).status_code == 405
    sent = client.post("/device_authorization", base_url=ISSUER, json={"scope": "openid"}, headers=tafel.basic())
    assert (sent.status_code, sent.get_json()["error"]) == (400, "invalid_request")


def test_scopes_that_the_tool_may_not_have_are_left_out(broker: Broker, tafel: Tool) -> None:
    device = begins(tafel, scope="openid email nonsense")
    lets_in(broker.browser(), device)
    assert device.polls().get_json()["scope"] == "openid"


@pytest.mark.parametrize("changed", ["", "x" * 43, "flipped", "cut", "padded"])
def test_co_07_a_code_that_was_never_given_is_unknown(device: Device, changed: str) -> None:
    code = device.told["device_code"]
    sent = {"flipped": code[1:] + code[0], "cut": code[:-1], "padded": code + "="}.get(changed, changed)
    refused = device.polls(device_code=sent)
    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_grant" if sent else "invalid_request")


def test_co_01_a_second_use_is_refused_and_revokes_the_first(broker: Broker, device: Device) -> None:
    lets_in(broker.browser(), device)
    token = device.polls().get_json()["access_token"]
    assert device.tool.asks_userinfo(token).status_code == 200
    assert device.hears() == "invalid_grant"
    assert device.tool.asks_userinfo(token).status_code == 401


def test_co_03_another_clients_device_code_is_used_up_by_it(broker: Broker, device: Device) -> None:
    other = device_tool(broker, "other")
    lets_in(broker.browser(), device)
    assert Device(other, device.told).hears() == "invalid_grant"
    assert device.hears() == "invalid_grant"


def test_co_02_of_many_calls_at_once_one_gets_tokens(broker_everywhere: Broker) -> None:
    device = begins(device_tool(broker_everywhere))
    lets_in(broker_everywhere.browser(), device)
    with ThreadPoolExecutor(16) as pool:
        heard = list(pool.map(lambda _: device.hears(), range(32)))
    assert heard.count("token") == 1
    assert set(heard) <= {"token", "authorization_pending", "slow_down", "invalid_grant"}


@pytest.mark.parametrize("button", ["device-refuse", "sign-in-cancel", "consent-deny"])
def test_a_citizen_who_says_no_anywhere_is_heard_by_the_device(broker: Broker, device: Device, button: str) -> None:
    browser = broker.browser()
    page = enters(browser, device)
    if button != "device-refuse":
        page = browser.presses(page, "device-confirm")
    if button == "consent-deny":
        page = browser.signs_in(page)
    end = browser.presses(page, button)
    assert 'id="device-refused"' in end.text
    assert [device.hears(), device.hears()] == ["access_denied", "access_denied"]


def test_a_level_that_is_not_reached_is_explained_and_then_told_to_the_device(broker: Broker) -> None:
    broker.hub.trust = TrustLevel.BASIC
    device, browser = begins(device_tool(broker, minimum_trust=TrustLevel.HIGH)), broker.browser()
    page = browser.signs_in(browser.presses(enters(browser, device), "device-confirm"))
    assert 'id="unmet-back"' in page.text
    assert device.hears() == "authorization_pending"
    assert 'id="device-refused"' in browser.presses(page, "unmet-back").text
    assert device.hears() == "access_denied"


def test_co_08_a_tool_suspended_meanwhile_gets_nothing(broker: Broker, tafel: Tool, device: Device) -> None:
    lets_in(broker.browser(), device)
    broker.changes(tafel, status=ClientStatus.SUSPENDED)
    assert device.polls().status_code == 401


def test_co_08_a_grant_taken_from_the_tool_meanwhile_gives_nothing(broker: Broker, tafel: Tool, device: Device) -> None:
    browser = broker.browser()
    page = enters(browser, device)
    broker.changes(tafel, tokens=replace(DEVICES_ONLY, grant_types=()))
    assert browser.presses(page, "device-confirm").response.status_code == 410
    assert device.hears() == "unauthorized_client"


def test_co_08_a_session_that_ended_meanwhile_gives_nothing(broker: Broker, device: Device) -> None:
    browser = broker.browser()
    lets_in(browser, device)
    broker.parts.stores.sessions.revoke(broker.session_of(browser).id)
    assert [device.hears(), device.hears()] == ["invalid_grant", "invalid_grant"]


def test_a_47_an_outage_at_the_gate_is_told_and_the_device_may_try_again(
    broker: Broker, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    lets_in(broker.browser(), device)

    def away(grant: object) -> bool:
        raise StoreUnavailable("SQL")

    with monkeypatch.context() as patched:
        patched.setattr(type(broker.parts.stores.grants), "add", lambda self, grant: away(grant))
        refused = device.polls()
    assert (refused.status_code, refused.get_json()["error"]) == (503, "temporarily_unavailable")
    assert refused.headers["Retry-After"]
    assert device.hears() == "token"


def test_the_citizen_is_asked_for_every_device_anew(broker: Broker, tafel: Tool) -> None:
    """A-15: neither a session nor an earlier agreement lets a further device in silently."""
    browser = broker.browser()
    lets_in(browser, begins(tafel))
    second = begins(tafel)
    page = browser.presses(enters(browser, second), "device-confirm")
    assert 'id="consent-allow"' in page.text
    assert second.hears() == "authorization_pending"
    goes_on(browser, page)
    assert second.hears() == "token"


def test_signing_out_ends_what_the_device_got(broker: Broker, browser: Browser, device: Device) -> None:
    lets_in(browser, device)
    token = device.polls().get_json()["access_token"]
    browser.presses(browser.opens("/logout"), "logout-confirm")
    assert device.tool.asks_userinfo(token).status_code == 401


def test_offline_access_lets_a_device_go_on_after_the_browser_signed_out(broker: Broker, browser: Browser) -> None:
    """The device is not where the citizen signed in; what it may do without a session, they agreed to (OIDC Core 11)."""
    grants = TokenPolicy(grant_types=(GrantType.DEVICE_CODE, GrantType.REFRESH_TOKEN))
    tool = device_tool(broker, tokens=grants, scopes=("openid", "profile", "offline_access"))
    device = begins(tool, scope="openid profile offline_access")
    lets_in(browser, device)
    answer = device.polls().get_json()
    browser.presses(browser.opens("/logout"), "logout-confirm")

    refreshed = tool.calls_token({"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}, tool.basic()).get_json()

    assert tool.verifies(refreshed["id_token"])["sub"] == tool.verifies(answer["id_token"])["sub"]
    assert tool.asks_userinfo(refreshed["access_token"]).status_code == 200


def test_without_the_citizens_word_there_is_no_refresh_token(broker: Broker) -> None:
    device = begins(device_tool(broker), scope="openid offline_access")
    lets_in(broker.browser(), device)
    answer = device.polls().get_json()
    assert "refresh_token" not in answer
    assert answer["scope"] == "openid"


def test_a_47_without_redis_a_device_hears_of_an_outage(broker: Broker, device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: object, *command: object) -> object:
        raise StoreUnavailable("Redis")

    monkeypatch.setattr(type(broker.parts.stores.redis), "_ask", away)
    for response in (device.polls(), asks_for_codes(device.tool)):
        assert (response.status_code, response.get_json()["error"]) == (503, "temporarily_unavailable")
        assert response.headers["Retry-After"]
