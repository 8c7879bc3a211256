"""Tools' logos, policies and terms on our pages: fetched once, served by us, never anything that could run (OP-10, OIDC Registration 2)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from broker.core.client_policy import Appearance
from broker.core.logo import media_type
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser
from tests.support.pictures import png
from tests.support.registrar import Registrar, invitation
from tests.support.tool import Tool

LOGO = "https://tool.test/logo.png"
PICTURE = png()
ADDRESS = f"/logo/{hashlib.sha256(PICTURE).hexdigest()}"
PAGES = {"policy_uri": "https://tool.test/privacy", "tos_uri": "https://tool.test/terms", "client_uri": "https://tool.test/about"}


@pytest.fixture
def shown(broker: Broker, registrar: Registrar) -> Tool:
    """A live tool with a logo and all its pages."""
    registrar.web.pages[LOGO] = PICTURE
    registrar.token = invitation(broker, live=True)
    return registrar.tool(registrar.made(logo_uri=LOGO, **PAGES))


def test_logo_policy_and_terms_are_shown_before_sign_in_and_at_consent(browser: Browser, registrar: Registrar, shown: Tool) -> None:
    choice = browser.opens(shown.url())
    consent = browser.signs_in(choice)
    for page in (choice, consent):
        assert f'<img class="tool-logo" src="{ADDRESS}" alt="">' in page.text
        assert LOGO not in page.text
        for link in PAGES.values():
            assert f'href="{link}" target="_blank" rel="noopener noreferrer"' in page.text
        assert "img-src 'self' data:;" in page.response.headers["Content-Security-Policy"]
    assert registrar.web.fetched == [LOGO]


def test_op_10_it_is_served_as_what_its_bytes_are(registrar: Registrar, shown: Tool) -> None:
    answer = shown.gets(ADDRESS)

    assert answer.data == PICTURE
    assert answer.mimetype == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("digest", ["0" * 64, "x", "..", "A" * 64, "%00", "a" * 3000])
def test_there_is_nothing_at_other_addresses(shown: Tool, digest: str) -> None:
    assert shown.gets(f"/logo/{digest}").status_code == 404


def test_op_10_what_is_no_picture_of_pixels_is_refused(registrar: Registrar) -> None:
    for content in (
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF",
        b"RIFF0000WAVE",
        b"\x00\x00\x01\x00",
        b"",
        PICTURE + bytes(64 * 1024),
    ):
        registrar.web.pages[LOGO] = content
        answer = registrar.registers(logo_uri=LOGO)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_client_metadata"), content[:20]


def test_a_logo_that_nobody_answers_for_is_not_shown_and_can_come_later(broker: Broker, registrar: Registrar) -> None:
    made = registrar.made(logo_uri=LOGO)
    assert made["logo_uri"] == LOGO
    assert _appearance(broker, made).logo == ""
    registrar.web.pages[LOGO] = PICTURE
    assert registrar.changes(made).status_code == 200
    assert _appearance(broker, made).logo == ADDRESS.removeprefix("/logo/")
    registrar.web.fetched.clear()
    assert registrar.changes(made).status_code == 200
    assert registrar.web.fetched == []
    assert registrar.changes(made, logo_uri=None).status_code == 200
    assert _appearance(broker, made) == Appearance()


def test_the_sandbox_says_unmistakably_what_it_is(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    broker.parts.stores.providers.replace_all([replace(PROVIDERS[0], sandbox=True)])
    sentences = {"de": "Das ist nur ein Test", "en": "This is only a test", "de-leicht": "Das ist nur ein Test"}
    tried, live = registrar.tool(registrar.made()), broker.tool("live")
    for language, sentence in sentences.items():
        choice = browser.opens(f"{tried.url()}&ui_locales={language}")
        assert sentence in choice.text
        assert "tool.test" in choice.text
        assert sentence not in browser.opens(f"{live.url()}&ui_locales={language}").text
    consent = browser.signs_in(browser.opens(tried.url()))
    assert "Das ist nur ein Test" in consent.text


def test_tools_kept_as_files_show_theirs_in_the_same_way(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    registrar.web.pages[LOGO] = PICTURE
    digest = broker.parts.self_registering.visiting.logo(LOGO)
    tool = broker.tool(appearance=Appearance(LOGO, digest, PAGES["policy_uri"], PAGES["tos_uri"]))
    page = browser.opens(tool.url()).text
    for shown in (f'src="{ADDRESS}"', PAGES["policy_uri"], PAGES["tos_uri"]):
        assert shown in page


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
        (b"\x89PNG", None),
        (b"<svg", None),
    ],
)
def test_kinds_are_known_by_their_first_bytes(start: bytes, kind: str | None) -> None:
    assert media_type(start) == kind


def _appearance(broker: Broker, made: dict[str, Any]) -> Appearance:
    return broker.parts.stores.clients.get(made["client_id"]).appearance
