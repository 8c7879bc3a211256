"""The whole application in a real browser, as in the demo: Chromium lets every redirect after a form through, with scripts and without."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask, request
from playwright.sync_api import Browser, Page

from broker.core.client import ClientClaim
from broker.core.client_policy import LogoutPolicy
from broker.core.ports import UpstreamRedirect
from broker.core.trust import TrustLevel
from tests.browser.conftest import FLAGS
from tests.support.app import Broker, start
from tests.support.clock import Clock
from tests.support.outbox import worker_delivers
from tests.support.services import free_port
from tests.support.serving import serving
from tests.support.tool import Tool

pytestmark = pytest.mark.browser
_AXE = "rules => axe.run(document, {runOnly: rules}).then(found => found.violations.map(one => one.id))"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


@dataclass
class Town:
    """A broker, a hub and a tool, each at an origin of its own."""

    broker: Broker
    tool: Tool
    tool_url: str
    heard: list[str]


def _hub(issuer: str) -> Flask:
    """A page with one link back, where a citizen ID would be."""
    hub = Flask("hub")

    @hub.get("/realms/citizens/auth")
    def auth() -> str:
        return f'<!doctype html><title>hub</title><a id="back" href="{issuer}/callback?state={request.args["state"]}&code=x">back</a>'

    return hub


def _tool(heard: list[str]) -> Flask:
    tool = Flask("tool")
    tool.add_url_rule("/out", "out", lambda: heard.append(request.full_path) or "out")
    tool.add_url_rule("/bye", "bye", lambda: "bye")
    tool.add_url_rule("/callback", "callback", lambda: "arrived: " + ",".join(sorted(request.values)), methods=["GET", "POST"])
    return tool


@pytest.fixture
def town(sqlite_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    issuer, hub, tool_url = (f"http://localhost:{free_port()}" for _ in range(3))
    broker = start(sqlite_url, "fake://", clock, issuer=issuer, hub_issuer=f"{hub}/realms/citizens")
    begin = broker.hub.begin
    monkeypatch.setattr(broker.hub, "begin", lambda asked: _at(begin(asked), hub))
    broker.issuer = issuer
    purpose = ClientClaim("given_name", {"de": "Für die Anrede."})
    tool = broker.tool(
        redirect_uris=(f"{tool_url}/callback",),
        claims=(purpose,),
        minimum_trust=TrustLevel.LOW,
        post_logout_redirect_uris=(f"{tool_url}/bye",),
        logout=LogoutPolicy(f"{tool_url}/out", frontchannel_session_required=True),
    )
    heard: list[str] = []
    port = int(issuer.rsplit(":", 1)[1])
    with (
        serving(broker.app, port),
        serving(_hub(issuer), int(hub.rsplit(":", 1)[1])),
        serving(_tool(heard), int(tool_url.rsplit(":", 1)[1])),
    ):
        yield Town(broker, tool, tool_url, heard)
    broker.parts.stores.database.dispose()


def _at(redirect: UpstreamRedirect, hub: str) -> UpstreamRedirect:
    return replace(redirect, url=redirect.url.replace("https://hub.test", f"{hub}/realms/citizens"))


def _opens_consent(page: Page, town: Town, **changes: str) -> None:
    page.goto(town.broker.issuer + town.tool.url(scope="openid profile", prompt="select_account", **changes))
    page.click("#provider-bundid")
    page.click("#back")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize(("button", "told"), [("consent-allow", "code"), ("consent-deny", "error")])
def test_citizen_gets_to_the_tool_and_back(chromium: Browser, town: Town, scripts: bool, button: str, told: str) -> None:
    """Choice, hub, consent, tool: each form's answer leaves for another origin, which `form-action` has to allow."""
    page = chromium.new_page(java_script_enabled=scripts, locale="de-DE")
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text))
    _opens_consent(page, town)
    assert "Für die Anrede." in page.inner_text("main")
    page.click(f"#{button}")
    page.wait_for_url(f"{town.tool_url}/callback?**")
    assert re.match(rf"arrived: .*\b{told}\b", page.inner_text("body"))
    assert not [text for text in blocked if "Content Security Policy" in text]
    page.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_form_post_reaches_the_tool(chromium: Browser, town: Town, scripts: bool) -> None:
    page = chromium.new_page(java_script_enabled=scripts, locale="de-DE")
    _opens_consent(page, town, response_mode="form_post")
    page.click("#consent-allow")
    if not scripts:
        page.click("#form-post-continue")
    page.wait_for_url(f"{town.tool_url}/callback")
    assert page.inner_text("body") == "arrived: code,iss,state"
    page.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_front_channel_logout_reaches_the_tool_and_goes_on(chromium: Browser, town: Town, scripts: bool) -> None:
    page = chromium.new_page(java_script_enabled=scripts, locale="de-DE")
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text))
    _opens_consent(page, town)
    page.click("#consent-allow")
    page.wait_for_url(f"{town.tool_url}/callback?**")
    code = parse_qs(urlsplit(page.url).query)["code"][0]
    hint = town.tool.redeems(code).get_json()["id_token"]

    page.goto(f"{town.broker.issuer}/logout?{urlencode({'id_token_hint': hint, 'post_logout_redirect_uri': f'{town.tool_url}/bye'})}")
    if not scripts:
        page.click("#logout-continue")
    page.wait_for_url(f"{town.tool_url}/bye")

    (heard,) = town.heard
    assert parse_qs(urlsplit(heard).query) == {"iss": [town.broker.issuer], "sid": [town.tool.verifies(hint)["sid"]]}
    assert not [text for text in blocked if "Content Security Policy" in text]
    page.close()


def test_lo_08_back_after_signing_out_shows_nothing_personal(chromium: Browser, town: Town) -> None:
    """Not from the browser's cache, and not from the pages it keeps alive for going back (which Playwright switches off, we do not)."""
    remembering = chromium.browser_type.launch(
        executable_path=shutil.which("chromium"), args=FLAGS, ignore_default_args=["--disable-back-forward-cache"]
    )
    page = remembering.new_page(locale="de-DE")
    _opens_consent(page, town)
    page.click("#consent-allow")
    page.wait_for_url(f"{town.tool_url}/callback?**")
    page.goto(f"{town.broker.issuer}/account/sessions")
    assert "Chrome, " in page.inner_text("main")
    page.goto(f"{town.broker.issuer}/logout")
    page.click("#logout-confirm")
    page.wait_for_selector("#signed-out")
    seen = []
    for _ in range(2):
        page.go_back(wait_until="load")
        seen.append(page.inner_text("body"))
    assert page.url.endswith("/account/sessions")
    assert page.locator("#account-sign-in").count() == 1
    assert not [text for text in seen if "Chrome, " in text or town.tool.client.name in text]
    remembering.close()


def test_lo_08_the_last_page_renews_itself_without_scripts_and_back_shows_nothing_to_the_next_citizen(
    chromium: Browser, town: Town
) -> None:
    town.broker.changes(town.tool, logout=LogoutPolicy())
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page, next_one = context.new_page(), context.new_page()
    _opens_consent(page, town)
    page.click("#consent-allow")
    page.wait_for_url(f"{town.tool_url}/callback?**")
    assert town.tool.redeems(parse_qs(urlsplit(page.url).query)["code"][0]).status_code == 200
    page.goto(f"{town.broker.issuer}/logout")
    page.click("#logout-confirm")
    page.wait_for_selector('[data-state="pending"]')

    worker_delivers(town.broker, lambda url, form: 200)
    page.wait_for_selector('[data-state="done"]')  # nobody touched the page
    page.goto(f"{town.tool_url}/bye")
    town.broker.hub.person = "max"
    _opens_consent(next_one, town)
    page.go_back()

    assert page.inner_text("h1") == "You are signed out"
    assert town.tool.client.name not in page.inner_text("main")
    context.close()


def test_a_tool_that_does_not_answer_holds_nobody_up(chromium: Browser, pages_url: str) -> None:
    """The script goes on after seconds, without the frame."""
    page = chromium.new_page()
    page.clock.install()
    page.route("**/frontchannel?sid=s", lambda route: None)
    page.route("**/bye", lambda route: route.fulfill(body="bye"))
    page.goto(f"{pages_url}/page/signed-out-frames", wait_until="commit")
    page.wait_for_selector("#logout-continue")
    page.clock.run_for(5000)
    page.wait_for_url("https://karte.musterstadt.example/bye")
    page.close()


def test_level_too_low_and_cancel_lead_back_to_the_tool(chromium: Browser, town: Town) -> None:
    town.broker.hub.trust = TrustLevel.BASIC
    page = chromium.new_page()
    _opens_consent(page, town)
    page.click("#unmet-back")
    page.wait_for_url(f"{town.tool_url}/callback?error=unmet_authentication_requirements**")
    page.goto(town.broker.issuer + town.tool.url(prompt="select_account"))
    page.click("#sign-in-cancel")
    page.wait_for_url(f"{town.tool_url}/callback?error=access_denied**")
    page.close()


def test_pages_with_real_data_have_no_findings(chromium: Browser, axe: str, town: Town) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 740}, locale="de-DE")
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        page.evaluate(axe)
        found[name] = page.evaluate(_AXE, _RULES)

    page.goto(town.broker.issuer + town.tool.url(scope="openid profile", prompt="select_account"))
    look("choice")
    page.click("#provider-bundid")
    page.click("#back")
    look("consent")
    page.click("#consent-allow")
    page.wait_for_url(f"{town.tool_url}/callback?**")
    page.goto(f"{town.broker.issuer}/logout")
    look("sign out?")
    page.click("#logout-confirm")
    look("signed out")
    assert page.inner_text("h1") == "Sie sind abgemeldet"
    page.goto(f"{town.broker.issuer}/nowhere")
    look("no such page")
    assert found == {key: [] for key in found}
    page.close()
