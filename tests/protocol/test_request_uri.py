"""`request_uri` at the authorization endpoint: what was pushed, once, by its own client, in time (RFC 9126 4; A-12, PK-06, PK-07)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from broker.core.client_policy import RequestPolicy
from broker.core.errors import StoreUnavailable
from broker.oidc.request_source import REFERENCE
from broker.store.redis import Redis
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.tool import Tool, at_authorize


def test_pk_06_a_reference_is_used_once(browser: Browser, tool: Tool) -> None:
    url = tool.pushed_url()
    browser.arrives_at(url)

    again = browser.opens(url)

    assert again.response.status_code == 400
    assert again.location is None
    assert again.error_code == "BP-400-REQUEST-REFERENCE"


def test_pk_06_a_page_in_between_can_be_loaded_again(browser: Browser, tool: Tool) -> None:
    hub = browser.client.get(tool.pushed_url(), base_url=ISSUER).headers["Location"]

    first, second = browser.opens(hub), browser.opens(hub)

    assert 'id="provider-bundid"' in first.text
    assert 'id="provider-bundid"' in second.text


def test_pk_06_the_tools_link_can_be_opened_again_until_it_is_answered(browser: Browser, tool: Tool) -> None:
    """RFC 9126 4, FAPI 2.0: used up at the point of authorization, not by loading a page; else a reload would end the sign-in."""
    url = tool.pushed_url()
    browser.opens(url)

    answered = browser.arrives_at(url)

    assert answered.code
    assert browser.opens(url).error_code == "BP-400-REQUEST-REFERENCE"


def test_pk_06_of_two_browsers_on_the_way_the_second_gets_no_answer(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool()
    url = tool.pushed_url()
    first, second = broker_everywhere.browser(), broker_everywhere.browser()
    waiting = second.opens(url)

    assert first.arrives_at(url).code
    stop = second.signs_in(waiting)
    while 'id="consent-allow"' in stop.text:
        stop = second.presses(stop, "consent-allow")

    assert (stop.location, stop.error_code) == (None, "BP-400-REQUEST-REFERENCE")


def test_pk_06_a_citizen_who_said_no_has_answered_too(browser: Browser, tool: Tool) -> None:
    url = tool.pushed_url()
    page = browser.signs_in(browser.opens(url))

    assert browser.presses(page, "consent-deny").answer["error"] == "access_denied"
    assert browser.opens(url).error_code == "BP-400-REQUEST-REFERENCE"


def test_pk_06_two_browsers_at_once_one_of_them_gets_in(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool()
    url = tool.pushed_url(prompt="none")

    answers = [broker_everywhere.browser().client.get(url, base_url=ISSUER).status_code for _ in range(3)]

    assert sorted(answers) == [303, 400, 400]


def test_pk_06_an_expired_reference_is_our_page(broker: Broker, browser: Browser, tool: Tool) -> None:
    url = tool.pushed_url()
    broker.clock.advance(seconds=90)

    stop = browser.opens(url)

    assert (stop.response.status_code, stop.location) == (400, None)


def test_a_reference_lives_as_long_as_it_says(broker: Broker, browser: Browser, tool: Tool) -> None:
    url = tool.pushed_url()
    broker.clock.advance(seconds=89)

    assert browser.arrives_at(url).code


def test_pk_06_another_client_gets_nothing_and_burns_nothing(broker: Broker, browser: Browser, tool: Tool) -> None:
    other = broker.tool("other")
    reference = tool.pushes().get_json()["request_uri"]

    assert browser.opens(at_authorize(other, reference)).location is None
    assert browser.opens(f"/authorize?{urlencode({'request_uri': reference})}").error_code == "BP-400-CLIENT"
    assert browser.arrives_at(at_authorize(tool, reference)).code


@pytest.mark.parametrize("reference", [REFERENCE, REFERENCE + "x", REFERENCE + "a" * 43, REFERENCE + "../" * 9, REFERENCE + "%00"])
def test_pk_06_an_unknown_reference_is_our_page(browser: Browser, tool: Tool, reference: str) -> None:
    stop = browser.opens(at_authorize(tool, reference, redirect_uri=tool.client.redirect_uris[0]))

    assert (stop.response.status_code, stop.location) == (400, None)


def test_pk_06_only_what_was_pushed_counts(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)
    reference = tool.pushes().get_json()["request_uri"]
    beside = {"state": "outside", "nonce": "outside", "redirect_uri": "https://evil.test/", "scope": "x", "prompt": "none login"}

    stop = browser.opens(at_authorize(tool, reference, **beside))

    assert stop.location is not None
    assert stop.location.startswith(tool.client.redirect_uris[0])
    assert stop.answer["state"] == tool.state
    assert tool.verifies(tool.redeems(stop.code).get_json()["id_token"])["nonce"] == tool.nonce


def test_a_doubled_reference_is_our_page(browser: Browser, tool: Tool) -> None:
    url = tool.pushed_url()

    stop = browser.opens(f"{url}&{urlsplit(url).query}")

    assert (stop.response.status_code, stop.location) == (400, None)


def test_a_tool_changed_meanwhile_is_judged_as_it_is_now(broker: Broker, browser: Browser, tool: Tool) -> None:
    url = tool.pushed_url()
    broker.changes(tool, redirect_uris=("https://tool.test/elsewhere",))

    assert browser.opens(url).error_code == "BP-400-REDIRECT"


@pytest.mark.parametrize("changes", [{"requests": RequestPolicy(require_pushed=True)}, {"fapi": True}])
def test_pk_07_a_client_that_has_to_push_gets_nothing_by_a_plain_request(
    broker: Broker, browser: Browser, changes: dict[str, object]
) -> None:
    tool = broker.tool("strict", **changes)

    plain = browser.opens(tool.url())

    assert plain.answer["error"] == "invalid_request"
    assert plain.answer["state"] == tool.state
    assert browser.arrives_at(tool.pushed_url()).code


def test_a_form_from_another_site_keeps_its_reference_for_the_get(broker: Broker, browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)
    form = {name: values[0] for name, values in parse_qs(urlsplit(tool.pushed_url()).query).items()}

    response = broker.app.test_client(use_cookies=False).post("/authorize", base_url=ISSUER, data=form)

    assert browser.opens(response.headers["Location"]).code


def test_head_does_not_use_a_reference_up(browser: Browser, tool: Tool) -> None:
    url = tool.pushed_url()

    assert browser.client.head(url, base_url=ISSUER).status_code == 405
    assert browser.arrives_at(url).code


def test_a_ui_locale_that_was_pushed_chooses_the_language(browser: Browser, tool: Tool) -> None:
    page = browser.opens(tool.pushed_url(ui_locales="en de"))

    assert '<html lang="en"' in page.text


def test_f_01_an_outage_uses_no_reference_up(browser: Browser, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    url = tool.pushed_url()

    def away(*_: object) -> None:
        raise StoreUnavailable("Redis: away")

    with monkeypatch.context() as patched:
        patched.setattr(Redis, "get", away)
        stop = browser.opens(url)
    assert (stop.response.status_code, stop.location, stop.error_code) == (503, None, "BP-503-STORE")
    assert stop.response.headers["Retry-After"]
    assert browser.arrives_at(url).code
