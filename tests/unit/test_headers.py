"""Security headers, made for each answer (A-11, A-36, SE-09, SE-12, RU-11)."""

from __future__ import annotations

import pytest
from flask import Flask, Response

from broker.web import headers


def _app(secure: bool = True) -> Flask:
    app = Flask("broker.web")
    headers.install(app, secure)
    app.add_url_rule("/plain", "plain", lambda: "x")
    return app


def _policy(app: Flask, uri: str) -> dict[str, str]:
    def view() -> str:
        headers.allow_form_action(uri)
        return "x"

    app.add_url_rule("/form", "form", view)
    return _parsed(app.test_client().get("/form").headers["Content-Security-Policy"])


def _parsed(policy: str) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in policy.split("; "))


def test_page_may_load_our_styles_and_nothing_else() -> None:
    policy = _parsed(_app().test_client().get("/plain").headers["Content-Security-Policy"])
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": "'self' data:",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }


def test_scripts_run_only_where_a_view_says_so() -> None:
    app = _app()

    def with_script() -> str:
        headers.allow_scripts()
        return "x"

    app.add_url_rule("/script", "script", with_script)
    client = app.test_client()
    assert "script-src 'self'" in client.get("/script").headers["Content-Security-Policy"]
    assert "script-src" not in client.get("/plain").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("https://tool.test/callback?x=1", "https://tool.test"),
        ("http://localhost:8091/callback", "http://localhost:8091"),
        ("https://someone@tool.test/callback", "https://tool.test"),
        ("de.musterstadt.app:/callback", "de.musterstadt.app:"),
    ],
)
def test_form_may_lead_to_the_origin_of_the_tool(uri: str, source: str) -> None:
    assert _policy(_app(), uri)["form-action"] == f"'self' {source}"


@pytest.mark.parametrize(
    "uri",
    [
        "https://tool.test; script-src *",
        "https://tool.test, default-src *",
        "https://tool.test 'unsafe-inline'/x",
        "https://[::1/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "*",
        "",
    ],
)
def test_nothing_else_can_get_into_the_policy(uri: str) -> None:
    assert _policy(_app(), uri)["form-action"] == "'self'"


def test_every_answer_is_private_by_default() -> None:
    """SE-09: also an error page."""
    for path in ("/plain", "/nowhere"):
        answer = _app().test_client().get(path).headers
        assert answer["Cache-Control"] == "no-store"
        assert "Cookie" in answer["Vary"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_view_may_make_its_answer_public() -> None:
    app = _app()
    app.add_url_rule("/keys", "keys", lambda: Response("{}", headers={"Cache-Control": "public, max-age=300"}))
    answer = app.test_client().get("/keys").headers
    assert answer["Cache-Control"] == "public, max-age=300"
    assert "Pragma" not in answer


def test_https_is_promised_only_where_it_is_used() -> None:
    assert "Strict-Transport-Security" in _app(secure=True).test_client().get("/plain").headers
    assert "Strict-Transport-Security" not in _app(secure=False).test_client().get("/plain").headers


@pytest.mark.parametrize(
    ("address", "caching"),
    [
        ("/static/broker.css?v=1", "public, max-age=31536000, immutable"),
        ("/static/broker.css", "public, max-age=3600"),
        ("/static/kern/fonts/FiraSans-Regular.woff2", "public, max-age=31536000, immutable"),
        ("/static/missing.css?v=1", "no-store"),
    ],
)
def test_static_files_are_kept_by_their_hash(address: str, caching: str) -> None:
    with _app().test_client().get(address) as answer:
        assert answer.headers["Cache-Control"] == caching
