"""The authorization endpoint as a whole: what it takes, what it answers (OIDC Core 3.1.2, RFC 9207; A-06, RU-08, RU-15, RU-16)."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode, urlsplit

import pytest

from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.tool import Tool, answer_in


def test_a_newcomer_gets_to_the_tool_with_state_and_iss(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool()

    stop = broker_everywhere.browser().arrives(tool)

    assert stop.answer.keys() == {"code", "state", "iss"}
    assert stop.answer["state"] == tool.state
    assert stop.answer["iss"] == ISSUER
    assert stop.response.status_code == 303


def test_a_second_sign_in_is_silent_and_stores_no_request(broker_everywhere: Broker) -> None:
    tool, browser = broker_everywhere.tool(), broker_everywhere.browser()
    browser.arrives(tool)

    response = browser.client.get(tool.url(), base_url=ISSUER)

    assert "code" in answer_in(response.headers["Location"])


def test_ru_16_post_equals_get(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    stop = browser.posts("/authorize", tool.parameters())

    assert stop.code


def test_a_form_from_another_site_comes_again_as_a_get_so_that_its_session_counts(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)
    before = browser.cookies()
    without_cookies = broker.app.test_client(use_cookies=False)  # what SameSite=Lax makes of a cross-site POST

    response = without_cookies.post("/authorize", base_url=ISSUER, data=tool.parameters(state="a b&c=ü"))

    assert response.status_code == 303
    assert "Set-Cookie" not in response.headers, "the browser's own cookies must survive"
    assert browser.cookies() == before
    stop = browser.opens(response.headers["Location"])
    assert stop.code
    assert stop.answer["state"] == "a b&c=ü"


def test_ru_16_head_issues_no_code(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    response = browser.client.head(tool.url(), base_url=ISSUER)

    assert response.status_code == 405
    assert "Location" not in response.headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_ru_16_other_methods_are_refused(browser: Browser, tool: Tool, method: str) -> None:
    response = browser.client.open(tool.url(), method=method, base_url=ISSUER)

    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize(
    "state",
    ["x" * 64, "s" * 900, "s t&<\"'>+%20%/?#=;", "äöü€𝄞", "login", "..;/", "\u200b", '{"a":1}'],
)
def test_state_and_nonce_come_back_exactly(browser: Browser, tool: Tool, state: str) -> None:
    stop = browser.arrives(tool, state=state, nonce=state)

    assert stop.answer["state"] == state
    assert tool.verifies(tool.redeems(stop.code).get_json()["id_token"])["nonce"] == state


def test_absent_state_stays_absent(browser: Browser, tool: Tool) -> None:
    assert "state" not in browser.arrives(tool, state=None).answer


def test_form_post_carries_the_exact_values(browser: Browser, tool: Tool) -> None:
    state = "s t&<\"'>+%20"
    browser.arrives(tool)

    stop = browser.opens(tool.url(response_mode="form_post", state=state))

    assert stop.response.status_code == 200
    fields = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', stop.text)
    }
    assert fields["state"] == state
    assert fields["iss"] == ISSUER
    assert fields["code"]
    policy = stop.response.headers["Content-Security-Policy"]
    assert "form-action 'self' https://tool.test" in policy
    assert "script-src 'self'" in policy


def test_errors_travel_by_form_post_as_well(browser: Browser, tool: Tool) -> None:
    stop = browser.opens(tool.url(response_mode="form_post", prompt="none"))

    assert 'name="error" value="login_required"' in stop.text
    assert f'name="iss" value="{ISSUER}"' in stop.text


def test_a_registered_query_is_kept_and_extended(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(redirect_uris=("https://tool.test/cb?tenant=a%20b",))

    stop = browser.arrives(tool)

    assert stop.location is not None
    assert stop.location.startswith("https://tool.test/cb?tenant=a%20b&code=")


@pytest.mark.parametrize("mode", ["fragment", "web_message", "jwt", "nonsense"])
def test_ru_12_other_response_modes_are_refused_by_query(browser: Browser, tool: Tool, mode: str) -> None:
    answer = browser.opens(tool.url(response_mode=mode)).answer

    assert answer["error"] == "invalid_request"
    assert answer["iss"] == ISSUER


def test_a_response_mode_the_record_excludes_is_refused(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(response_modes=("query",))

    assert browser.opens(tool.url(response_mode="form_post")).answer["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("response_type", "error"),
    [
        (None, "invalid_request"),
        ("token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
        ("code id_token", "unsupported_response_type"),
        ("code,id_token", "unsupported_response_type"),
        ("none", "unsupported_response_type"),
        ("CODE", "unsupported_response_type"),
    ],
)
def test_ru_12_only_response_type_code_exists(browser: Browser, tool: Tool, response_type: str | None, error: str) -> None:
    browser.arrives(tool)

    answer = browser.opens(tool.url(response_type=response_type)).answer

    assert answer["error"] == error
    assert answer["state"] == tool.state
    assert "code" not in answer


@pytest.mark.parametrize("name", ["response_type", "scope", "nonce", "state", "prompt", "code_challenge", "claims", "max_age"])
def test_ru_08_a_doubled_parameter_is_refused(browser: Browser, tool: Tool, name: str) -> None:
    doubled = f"{tool.url(claims='{}', max_age='100', prompt='login')}&{urlencode({name: 'again'})}"

    answer = browser.opens(doubled).answer

    assert answer["error"] == "invalid_request"
    assert ("state" in answer) == (name != "state"), "of two states neither is the tool's"


def test_ru_08_query_and_form_are_never_merged(browser: Browser, tool: Tool) -> None:
    stop = browser.posts("/authorize?" + urlencode({"redirect_uri": "https://evil.test/"}), tool.parameters())

    assert stop.response.status_code == 400
    assert stop.location is None


def test_unknown_parameters_are_ignored_also_doubled(browser: Browser, tool: Tool) -> None:
    url = f"{tool.url(resource='https://graph.microsoft.com')}&approval_prompt=auto&x=1&x=2&resource=https://other.test"

    assert browser.arrives(tool).code
    assert browser.opens(url).code


def test_empty_parameters_count_as_absent(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    assert browser.opens(tool.url(prompt="", max_age="", login_hint="", acr_values="")).code


@pytest.mark.parametrize(
    ("name", "error"),
    [("request", "request_not_supported"), ("request_uri", "request_uri_not_supported"), ("registration", "registration_not_supported")],
)
def test_pk_06_what_a_client_may_not_send_is_refused_without_a_fetch(browser: Browser, tool: Tool, name: str, error: str) -> None:
    assert browser.opens(tool.url(**{name: "https://tool.test/object"})).answer["error"] == error


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "s" * 100_000),
        ("state", "a\r\nSet-Cookie: x=1"),
        ("state", "a\x00b"),
        ("nonce", "n" * 10_000),
        ("login_hint", "l" * 600),
        ("acr_values", "a" * 2000),
        ("prompt", "\x01"),
    ],
)
def test_ru_15_oversized_and_control_characters_are_invalid(browser: Browser, tool: Tool, name: str, value: str) -> None:
    stop = browser.opens(tool.url(**{name: value}))

    assert stop.answer["error"] == "invalid_request"
    assert stop.location is not None
    assert "\r" not in stop.location
    assert "Set-Cookie: x" not in str(stop.response.headers)


@pytest.mark.parametrize("raw", ["%FF", "%ED%A0%80", "%C0%AF"])
def test_ru_15_invalid_utf_8_is_invalid(browser: Browser, tool: Tool, raw: str) -> None:
    assert browser.opens(f"{tool.url(state=None)}&state={raw}").answer["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("scope", "error"),
    [
        (None, "invalid_scope"),
        ("profile", "invalid_scope"),
        ("openid " + "x " * 10_000, "invalid_scope"),
        ("openid " + "y" * 65_000, "invalid_scope"),
    ],
)
def test_in_07_scope_without_openid_or_absurd_is_invalid(browser: Browser, tool: Tool, scope: str | None, error: str) -> None:
    answer = browser.opens(tool.url(scope=scope)).answer

    assert answer["error"] == error


def test_cn_08_unknown_and_foreign_scopes_are_left_out_and_the_answer_says_so(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(scopes=("openid", "profile"))

    stop = browser.arrives(tool, scope="eligibility profile openid openid nonsense offline_access")

    assert tool.redeems(stop.code).get_json()["scope"] == "profile openid"


def test_openid_is_not_granted_to_a_client_without_it(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(scopes=("profile",))

    assert browser.opens(tool.url()).answer["error"] == "invalid_scope"


def test_login_hint_ui_locales_and_display_break_nothing(browser: Browser, tool: Tool) -> None:
    stop = browser.arrives(tool, login_hint="erika@example.org", ui_locales="fr-CA fr xx-nonsense", display="wap", claims_locales="de")

    assert stop.code


def test_no_cors_on_the_authorization_endpoint(browser: Browser, tool: Tool) -> None:
    response = browser.client.get(tool.url(), base_url=ISSUER, headers={"Origin": "https://tool.test"})

    assert not [name for name, _ in response.headers if name.lower().startswith("access-control")]


def test_a_code_is_long_and_never_cached(browser: Browser, tool: Tool) -> None:
    stop = browser.arrives(tool)

    assert len(stop.code) >= 22  # 128 bits in base64url
    assert stop.response.headers["Cache-Control"] == "no-store"
    assert urlsplit(stop.location or "").fragment == ""
