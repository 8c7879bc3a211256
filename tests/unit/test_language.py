"""Which language a page speaks (OIDC Core 3.1.2.1 ui_locales; RU-10: a language link never leaves this site)."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from broker.web import i18n
from broker.web.i18n import Language, from_tags

_PAGE = (
    "{{ language }}|{{ _('Sign out') }}|{{ _('A service of %(operator)s', operator='<b>') }}|{{ texts | in_language }}|"
    "{{ language_links() | map('last') | list }}"
)
_TEXTS = {"de": "deutsch", "en": "english", "de-leicht": "leicht"}


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("broker.web")
    i18n.install(app, secure=False)
    app.url_map.merge_slashes = False

    def page(**_: str) -> str:
        return render_template_string(_PAGE, texts=_TEXTS)

    app.add_url_rule("/", "page", page)
    app.add_url_rule("/authorize", "authorize", page, methods=["GET", "POST"])
    app.register_error_handler(404, lambda error: page())
    return app.test_client()


def _language(response: TestResponse) -> str:
    return response.text.split("|")[0]


def test_german_is_the_default(client: FlaskClient) -> None:
    assert client.get("/").text.startswith("de|Abmelden|Ein Angebot von: &lt;b&gt;|deutsch|")


def test_browser_that_prefers_english_gets_english(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept-Language": "fr, en-GB;q=0.8, de;q=0.5"})
    assert page.text.startswith("en|Sign out|A service of &lt;b&gt;|english|")


def test_leichte_sprache_is_its_own_catalogue(client: FlaskClient) -> None:
    assert client.get("/?lang=de-leicht").text.startswith("de-leicht|Abmelden|Diese Internet-Seite ist von: &lt;b&gt;|leicht|")


def test_chosen_language_is_remembered_for_the_next_page(client: FlaskClient) -> None:
    client.get("/?lang=de-leicht")
    cookie = client.get_cookie("bp-insecure-dev-language")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert _language(client.get("/")) == "de-leicht"


def test_page_that_was_not_asked_for_a_language_sets_no_cookie(client: FlaskClient) -> None:
    client.get("/", headers={"Accept-Language": "en"})
    assert client.get_cookie("bp-insecure-dev-language") is None


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_tool_decides_by_ui_locales(client: FlaskClient, method: str) -> None:
    asked = {"ui_locales": "fr en-US de"}
    page = client.post("/authorize", data=asked) if method == "POST" else client.get("/authorize", query_string=asked)
    assert _language(page) == "en"
    assert _language(client.get("/")) == "en"


def test_tool_that_asks_for_german_leaves_leichte_sprache_alone(client: FlaskClient) -> None:
    client.get("/?lang=de-leicht")
    assert _language(client.get("/authorize?ui_locales=de-DE")) == "de-leicht"
    assert _language(client.get("/authorize?ui_locales=en")) == "en"


def test_link_just_pressed_wins_over_ui_locales(client: FlaskClient) -> None:
    assert _language(client.get("/authorize?ui_locales=en&lang=de")) == "de"


@pytest.mark.parametrize("value", ["", "xx", "de_DE.UTF-8", "../../etc", "<script>", "de\x00", "x" * 5000])
def test_unknown_language_is_ignored(client: FlaskClient, value: str) -> None:
    assert _language(client.get("/", query_string={"lang": value, "ui_locales": value})) == "de"
    client.set_cookie("bp-insecure-dev-language", "nonsense")
    assert _language(client.get("/")) == "de"


@pytest.mark.parametrize("path", ["/", "//evil.test/x", "/%5Cevil.test", "/%0d%0aX: y"])
def test_language_link_stays_on_this_page(client: FlaskClient, path: str) -> None:
    """RU-10: relative to wherever the page is, so no path makes it an address of another site."""
    links = client.get(f"{path}?state=a%26b&lang=en").text.split("|")[4]
    assert "?state=a%26b&amp;lang=de-leicht" in links
    assert "evil" not in links


def test_page_that_was_posted_offers_no_links(client: FlaskClient) -> None:
    assert client.post("/authorize").text.endswith("|[]")


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (["de-AT"], Language.GERMAN),
        (["EN"], Language.ENGLISH),
        (["de-simple", "en"], Language.EASY_GERMAN),
        (["fr", "de-Leicht"], Language.EASY_GERMAN),
        (["fr", "nl"], None),
        ([], None),
    ],
)
def test_language_tags(tags: list[str], language: Language | None) -> None:
    assert from_tags(tags) is language
