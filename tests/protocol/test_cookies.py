"""The broker's cookies and what they are bound to (A-33, SE-01, SE-02, SE-03, SE-05, SE-06)."""

from __future__ import annotations

import pytest

from broker.core.ids import fingerprint
from tests.support.app import ISSUER, Broker, start
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.outbox import takes_all
from tests.support.tool import Tool

SESSION, BROWSER = "__Host-bp-session", "__Host-bp-browser"


def set_cookies(browser: Browser, tool: Tool) -> dict[str, str]:
    """Every Set-Cookie header of a sign-in by name."""
    headers: dict[str, str] = {}
    urls = [tool.url(idp_hint="bundid")]
    while urls:
        response = browser.client.get(urls.pop(), base_url=ISSUER)
        headers |= {line.split("=")[0]: line for line in response.headers.getlist("Set-Cookie")}
        location = response.headers.get("Location", "")
        if location.startswith("/"):
            urls.append(location)
        elif location.startswith("https://hub.test"):
            urls.append(f"/callback?code=x&{location.partition('?')[2]}")
    return headers


def test_a_33_attributes_on_https(browser: Browser, tool: Tool) -> None:
    headers = set_cookies(browser, tool)

    assert {SESSION, BROWSER} <= headers.keys()
    for line in headers.values():
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes, line
        assert not any(part.startswith("domain") for part in attributes)
        assert len(line) < 4096


def test_a_33_plain_http_localhost_says_what_it_is(sqlite_url: str, clock: Clock) -> None:
    broker = start(sqlite_url, "fake://", clock, issuer="http://localhost:8000")
    browser = Browser(broker.app, "http://localhost:8000")
    browser.arrives(broker.tool())

    assert {"bp-insecure-dev-session", "bp-insecure-dev-browser"} <= browser.cookies().keys()
    assert not [name for name in browser.cookies() if name.startswith("__Host-")]
    broker.parts.stores.database.dispose()


def test_no_flask_session_cookie_and_no_cookie_for_machines(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    assert "session" not in browser.cookies()
    assert "Set-Cookie" not in tool.gets("/.well-known/openid-configuration").headers
    assert "Set-Cookie" not in tool.redeems(browser.opens(tool.url()).code).headers


def test_se_01_a_planted_session_cookie_is_worth_nothing(broker: Broker, tool: Tool) -> None:
    attacker, victim = broker.browser(), broker.browser()
    attacker.arrives(tool)
    planted = attacker.cookies()[SESSION]
    victim.client.set_cookie(SESSION, planted, domain="broker.test", secure=True, path="/")

    assert victim.opens(tool.url(prompt="none")).answer["error"] == "login_required", "the session is bound to the other browser"
    broker.hub.person = "max"
    victim.arrives(tool)
    assert victim.cookies()[SESSION] != planted


def test_se_01_every_sign_in_gets_a_new_id_and_the_old_one_dies(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)
    old = browser.cookies()[SESSION]

    browser.arrives(tool, prompt="login")

    assert browser.cookies()[SESSION] != old
    assert broker.parts.stores.sessions.find(fingerprint(old)) is None


@pytest.mark.parametrize("path", ["/continue/{0}", "/sign-in/{0}", "/consent/{0}", "/unmet/{0}"])
def test_se_02_a_request_in_progress_belongs_to_its_browser(broker: Broker, browser: Browser, tool: Tool, path: str) -> None:
    request_id = browser.client.get(tool.url(), base_url=ISSUER).headers["Location"].rpartition("/")[2]

    stop = broker.browser().opens(path.format(request_id))

    assert stop.response.status_code == 403
    assert stop.error_code == "BP-403-BROWSER"


def test_se_02_an_answer_of_the_hub_in_another_browser_signs_nobody_in(broker: Broker, browser: Browser, tool: Tool) -> None:
    hub = browser.sets_out(tool.url())
    other = broker.browser()
    other.opens("/")

    stop = other.comes_back(hub)

    assert stop.location is None
    assert stop.response.status_code in (403, 410)
    assert SESSION not in other.cookies()


def test_se_03_the_next_person_on_a_shared_device_gets_nothing_of_the_last(broker: Broker, browser: Browser, tool: Tool) -> None:
    first = tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])
    broker.hub.person = "max"

    second = tool.verifies(tool.redeems(browser.arrives(tool, prompt="login").code).get_json()["id_token"])

    assert second["sub"] != first["sub"]
    assert second["sid"] != first["sid"]
    assert [delivery.sub for delivery in takes_all(broker.parts.stores.outbox)] == [first["sub"]], "the first is signed out"


@pytest.mark.parametrize("query", ["signed_in_at=2099-01-01", "consented=1", "step=issue"])
def test_se_05_no_parameter_marks_a_step_done(browser: Browser, tool: Tool, query: str) -> None:
    location = browser.client.get(tool.url(), base_url=ISSUER).headers["Location"]

    assert browser.sets_out(f"{location}?{query}").is_at_hub


def test_an_unknown_request_is_said_to_be_over(browser: Browser) -> None:
    stop = browser.opens("/continue/unknown")

    assert stop.response.status_code == 410
    assert stop.error_code == "BP-410-REQUEST"


def test_several_tabs_do_not_disturb_each_other(broker: Broker, browser: Browser, tool: Tool) -> None:
    other = broker.tool("other")
    one, two = browser.sets_out(tool.url()), browser.sets_out(other.url())

    second = browser.presses(browser.comes_back(two), "consent-allow")
    first = browser.presses(browser.comes_back(one), "consent-allow")

    assert first.answer["state"] == tool.state
    assert second.answer["state"] == other.state


@pytest.mark.parametrize("value", ["", "x" * 5000, "\u00fc", "a;b", "../../etc"])
def test_garbage_in_our_cookies_counts_as_none(broker: Broker, tool: Tool, value: str) -> None:
    client = broker.app.test_client(use_cookies=False)
    header = f"{SESSION}={value}; {BROWSER}={value}".encode().decode("latin-1")

    response = client.get(tool.url(prompt="none"), base_url=ISSUER, headers={"Cookie": header})

    assert "error=login_required" in response.headers["Location"]
