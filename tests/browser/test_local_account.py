"""The account without a citizen ID in a real browser, through Keycloak and the broker to a tool: link, passkey, and pages for everybody."""

from __future__ import annotations

import json
import subprocess

import pytest
import redis as redis_py
from playwright.sync_api import Browser

from tests.browser.accessibility import troubles_of
from tests.browser.resident import ResidentInChromium
from tests.support.stack import StartedStack, database_url

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.timeout(900)]


def test_a_passkey_signs_in_at_a_tool_after_a_link_made_the_account(chromium: Browser, stack: StartedStack) -> None:
    resident = ResidentInChromium.comes(chromium, stack.parts.mailbox_url)
    authenticator = resident.has_a_device_for_passkeys()
    resident.wants_to_sign_in(stack.tool_url("karte"))
    resident.asks_for_a_link("set-up-passkey")
    resident.opens_the_link()
    resident.page.click("#create")
    resident.page.click("#make-passkey")
    first = resident.agrees_if_asked()
    (kept,) = resident.device.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
    assert kept["isResidentCredential"], "found on the device without a name"
    resident.page.click("#logout")
    resident.page.wait_for_selector("#signed-out")

    resident.wants_to_sign_in(stack.tool_url("karte"))
    resident.page.click("#use-passkey")
    resident.page.click("#ask-passkey")
    again = resident.agrees_if_asked()
    assert (again["sub"], json.loads(again["acr"] or "")) == (first["sub"], "urn:bp:loa:basic")
    assert json.loads(again.get("email_verified") or "false") is False
    resident.page.click("#logout")
    resident.page.wait_for_selector("#signed-out")
    resident.page.context.close()
    assert places_that_know(stack, resident.address) == []


def test_without_a_passkey_on_the_device_a_link_still_does(chromium: Browser, stack: StartedStack) -> None:
    resident = ResidentInChromium.comes(chromium, stack.parts.mailbox_url)
    resident.has_a_device_for_passkeys()
    resident.wants_to_sign_in(stack.tool_url("karte"))
    resident.page.click("#use-passkey")
    resident.page.click("#ask-passkey")
    resident.page.wait_for_selector("#passkey-failed:visible")
    resident.page.click("#other-way")
    resident.asks_for_a_link()
    resident.opens_the_link()
    resident.page.click("#create")
    assert json.loads(resident.agrees_if_asked()["acr"] or "") == "urn:bp:loa:basic"
    resident.page.context.close()


def test_setting_up_a_passkey_can_be_left_for_later(chromium: Browser, stack: StartedStack) -> None:
    resident = ResidentInChromium.comes(chromium, stack.parts.mailbox_url)
    resident.wants_to_sign_in(stack.tool_url("karte"))
    resident.asks_for_a_link("set-up-passkey")
    resident.opens_the_link()
    resident.page.click("#create")
    resident.page.click("#without-passkey")
    resident.agrees_if_asked()
    resident.page.context.close()


def places_that_know(stack: StartedStack, address: str) -> list[str]:
    """Where the address still stands after sign-out, beside its account: the broker's stores, and every log."""
    dump = [str(stack.postgresql.program("pg_dump")), database_url(stack.postgresql, "participation")]
    places = {"the broker's database": subprocess.run(dump, check=True, capture_output=True, timeout=120).stdout}
    with redis_py.Redis.from_url(stack.redis.url) as client:
        places["Redis"] = b"".join(client.dump(key) or b"" for key in client.scan_iter())
    places |= {f"the log of {name}": content.encode() for name, content in stack.logs().items()}
    return [place for place, content in places.items() if address.encode() in content]


@pytest.mark.parametrize("locale", ["de-DE", "en-GB"])
def test_every_page_is_accessible(chromium: Browser, axe: str, stack: StartedStack, locale: str) -> None:
    """WCAG 2.0 to 2.2 A and AA and best practice."""
    resident, troubles = ResidentInChromium.comes(chromium, stack.parts.mailbox_url, locale), []

    def looks(page: str) -> None:
        resident.page.evaluate(axe)
        troubles.extend(f"{page}: {one}" for one in troubles_of(resident.page))

    resident.has_a_device_for_passkeys()
    resident.wants_to_sign_in(stack.tool_url("karte"))
    resident.page.click("summary")
    looks("start")
    resident.page.fill("#email", "nonsense")
    resident.page.click("#send")
    looks("start, with a malformed address")
    resident.page.click("#use-passkey")
    looks("passkey")
    resident.page.click("#other-way")
    resident.asks_for_a_link("set-up-passkey")
    looks("sent")
    resident.opens_the_link()
    looks("new")
    resident.page.click("#create")
    looks("passkey to set up")
    resident.page.click("#without-passkey")
    resident.agrees_if_asked()
    resident.page.click("#logout")
    resident.wants_to_sign_in(stack.tool_url("karte"))
    resident.asks_for_a_link("delete")
    resident.opens_the_link()
    looks("delete")
    resident.page.click("#delete")
    looks("deleted")
    elsewhere = ResidentInChromium.comes(chromium, stack.parts.mailbox_url, locale)
    elsewhere.address = resident.address
    elsewhere.opens_the_link()
    elsewhere.page.evaluate(axe)
    troubles += [f"link elsewhere: {one}" for one in troubles_of(elsewhere.page)]
    assert not troubles, "\n".join(troubles)
    resident.page.context.close()
    elsewhere.page.context.close()
