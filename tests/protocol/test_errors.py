"""Error pages and what stands in the log: plain words, a code, a reference number, nothing secret (A-44)."""

from __future__ import annotations

import re

import pytest

from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.log import Log, written
from tests.support.tool import Tool


def test_the_pages_reference_number_is_in_the_log(browser: Browser, log: Log) -> None:
    stop = browser.opens("/authorize")

    shown = re.search(r'id="reference">([^<]+)<', stop.text)
    assert shown is not None
    line = next(line for line in log if line["request_id"] == shown[1])
    assert (line["route"], line["status"], line["error"]) == ("/authorize", 400, stop.error_code)
    assert stop.response.headers["X-Request-Id"] == shown[1]


def test_a_callers_request_id_is_not_taken_over(browser: Browser) -> None:
    response = browser.client.get("/authorize", base_url=ISSUER, headers={"X-Request-Id": "forged\u00fc"})

    assert response.headers["X-Request-Id"] != "forged\u00fc"


def test_a_44_a_whole_sign_in_leaves_no_secret_and_no_person_in_the_log(broker: Broker, browser: Browser, tool: Tool, log: Log) -> None:
    stop = browser.arrives(tool, login_hint="erika@example.org", scope="openid profile")
    answer = tool.redeems(stop.code).get_json()
    tool.asks_userinfo(answer["access_token"])
    browser.opens(tool.url(redirect_uri="https://evil.test/", login_hint="erika@example.org"))
    tool.redeems(stop.code)
    browser.opens("/logout", query_string={"id_token_hint": answer["id_token"]})

    text = written(log)
    secrets = [stop.code, answer["access_token"], answer["id_token"], tool.secret, tool.verifier, tool.state, tool.nonce]
    people = ["erika", "Erika", "example.org", "evil.test", "hub-token"]
    for datum in [*secrets, *browser.cookies().values(), *people]:
        assert datum not in text
    assert len(log) >= 8
    assert all({"route", "status", "ms", "request_id"} <= line.keys() for line in log)


def test_an_unforeseen_error_is_a_page_and_its_text_stays_out_of_the_log(
    broker: Broker, browser: Browser, tool: Tool, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Erika Mustermann could not be stored")

    monkeypatch.setattr(type(broker.parts.stores.providers), "list", fail)

    stop = browser.opens(tool.url())

    assert stop.answer["error"] == "server_error", "client and redirect URI were valid"
    text = written(log)
    assert "RuntimeError" in text
    assert "Mustermann" not in text


def test_html_pages_for_people_and_json_for_machines(browser: Browser, tool: Tool) -> None:
    assert browser.opens("/nowhere").error_code == "BP-404"
    assert browser.opens("/nowhere").response.mimetype == "text/html"
    for path in ("/token", "/userinfo"):
        response = tool.gets(path)
        assert response.mimetype == "application/json"
        assert response.get_json().keys() == {"error", "error_description"}


def test_error_descriptions_keep_to_the_protocols_characters(browser: Browser, tool: Tool) -> None:
    for changes in ({"prompt": "ü"}, {"claims": '{"ü"'}, {"scope": "ü"}, {"max_age": "x"}, {"code_challenge": None}):
        description = browser.opens(tool.url(**changes)).answer.get("error_description", "")
        assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*", description)


@pytest.mark.parametrize("markup", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "%3Cscript%3E"])
def test_ru_11_markup_is_never_reflected_as_markup(browser: Browser, tool: Tool, markup: str) -> None:
    pages = [
        browser.opens(tool.url(state=markup, login_hint=markup, response_mode="form_post", prompt="none")),
        browser.opens(tool.url(client_id=markup, state=markup)),
        browser.opens(f"/{markup}"),
        browser.opens("/", query_string={"lang": markup, "next": markup}),
    ]

    for page in pages:
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "{{7*7}}" not in page.text.replace('value="{{7*7}}"', "") or markup == "{{7*7}}"
        assert ">49<" not in page.text


@pytest.mark.parametrize("name", ["next", "return_to", "RelayState", "redirect", "url"])
@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test", "/\\evil.test", "%0d%0aLocation: https://evil.test"])
def test_ru_10_no_comfortable_return_address_is_followed(browser: Browser, tool: Tool, name: str, target: str) -> None:
    for path in ("/", "/authorize", "/logout", "/signed-out", "/upstream/return"):
        stop = browser.opens(path, query_string={name: target})
        assert stop.location is None
        assert "evil.test" not in stop.response.headers.get("Location", "")
