"""In which language a page speaks: German, English, or German in Leichte Sprache (easy language).

Order: the language link just pressed, the tool's `ui_locales` (OIDC Core 3.1.2.1), the cookie that remembers either, the browser, German.
Leichte Sprache is a second German catalogue (`leicht`) laid over the first, so that a sentence it lacks is still German.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, after_this_request, current_app, g, request
from flask_babel import Babel, Domain
from werkzeug.datastructures import MultiDict

from broker.web.reading import query_is_text

CATALOGUES = Path(__file__).parent / "translations"
_REMEMBERED_FOR = 180 * 24 * 3600


class Language(StrEnum):
    """The variants of every citizen page; the values are the keys of texts kept by locale in files (`names`, `labels`, `purpose`)."""

    GERMAN = "de"
    ENGLISH = "en"
    EASY_GERMAN = "de-leicht"

    @property
    def locale(self) -> str:
        """The tag for the `lang` attribute, and for others who are asked to speak it."""
        return "en" if self is Language.ENGLISH else "de"

    @property
    def formats(self) -> str:
        """The locale for texts, dates and times. English as it is written in Europe: 3 July 2026, 14:05."""
        return "en_GB" if self is Language.ENGLISH else self.locale

    @property
    def own_name(self) -> str:
        """What speakers call it; never translated."""
        return {"de": "Deutsch", "en": "English", "de-leicht": "Leichte Sprache"}[self.value]


_BY_VALUE = {language.value: language for language in Language}
_TAGS = {"de": Language.GERMAN, "en": Language.ENGLISH}
_POSTED_BY_TOOLS = ("/authorize", "/logout", "/protocol/openid-connect/auth", "/protocol/openid-connect/logout")
_EASY_TAGS = {"de-leicht", "de-simple", "de-x-leicht"}  # "simple" is the registered variant subtag (BCP 47)


def install(app: Flask, secure: bool) -> None:
    """Set up Babel, the choice of language and what templates need of it."""
    Babel(
        app,
        default_locale="de",
        default_timezone="Europe/Berlin",
        default_translation_directories=str(CATALOGUES),
        locale_selector=lambda: current_language().formats,
    )
    easy = Domain([str(CATALOGUES)] * 2, "messages;leicht")
    cookie = "__Host-bp-language" if secure else "bp-insecure-dev-language"

    def choose() -> None:
        if not _says_anything(request.environ, cookie) or not query_is_text():
            return
        remembered = request.cookies.get(cookie)
        chosen = _chosen(_BY_VALUE.get(remembered or ""))
        if chosen:
            g.language = chosen
        if chosen is Language.EASY_GERMAN:
            easy.as_default()
        if "language_asked_for" in g and remembered != chosen:
            after_this_request(remember)

    def adopt(tags: Iterable[str]) -> None:
        remembered = _BY_VALUE.get(request.cookies.get(cookie, ""))
        asked = _compatible(from_tags(tags), remembered)
        if asked and asked is not remembered:
            g.language = asked
            after_this_request(remember)

    def remember(response: Response) -> Response:
        response.set_cookie(cookie, g.language, max_age=_REMEMBERED_FOR, secure=secure, httponly=True, samesite="Lax")
        return response

    app.before_request(choose)
    app.extensions["adopt_language"] = adopt
    app.jinja_env.filters["in_language"] = in_language
    app.context_processor(lambda: {"language": current_language(), "language_links": language_links})


def adopt_language(tags: Iterable[str]) -> None:
    """Speak as a tool asked in what it pushed or signed; in an address `ui_locales` has been seen already."""
    current_app.extensions["adopt_language"](tags)


def current_language() -> Language:
    """The language of the page being made: what was chosen, else what the browser prefers (looked at only here: machines never ask)."""
    if "language" not in g:
        g.language = _preferred()
    language: Language = g.language
    return language


def in_language(texts: Mapping[str, str]) -> str:
    """The text in the page's language out of texts by locale; else German, else whatever there is."""
    for key in (current_language(), Language.GERMAN, *texts):
        if texts.get(key):
            return texts[key]
    return ""


def language_links() -> list[tuple[Language, str]]:
    """Each language with the address of this same page in it. Empty where asking again would not give this page (forms, the callback)."""
    if request.method != "GET" or g.get("shown_once"):
        return []
    return [(language, _address_in(language)) for language in Language]


def from_tags(tags: Iterable[str]) -> Language | None:
    """The first of these language tags (`ui_locales`, most wanted first) that the pages speak, else None."""
    for tag in tags:
        found = Language.EASY_GERMAN if tag.lower() in _EASY_TAGS else _TAGS.get(tag.lower().replace("_", "-").split("-")[0])
        if found:
            return found
    return None


def _says_anything(environ: Mapping[str, str], cookie: str) -> bool:
    """Whether the request can name a language at all; those of machines do not, and looking closer costs more than their answers."""
    query = environ.get("QUERY_STRING", "")
    return "lang=" in query or "ui_locales=" in query or cookie in environ.get("HTTP_COOKIE", "") or _is_posted_request()


def _is_posted_request() -> bool:
    return request.method == "POST" and request.path in _POSTED_BY_TOOLS


def _chosen(remembered: Language | None) -> Language | None:
    asked = _BY_VALUE.get(request.args.get("lang", "")) or _compatible(_asked_by_tool(), remembered)
    if asked:
        g.language_asked_for = True
    return asked or remembered


def _preferred() -> Language:
    found = from_tags(tag for tag, weight in request.accept_languages if weight > 0)
    return Language.ENGLISH if found is Language.ENGLISH else Language.GERMAN


def _asked_by_tool() -> Language | None:
    """`ui_locales` from the query; for the endpoints that take a tool's request as a form, from the form (OIDC Core 3.1.2.1)."""
    parameters = request.form if _is_posted_request() else request.args
    tags = parameters.get("ui_locales")
    return from_tags(tags.split()) if tags else None


def _compatible(asked: Language | None, remembered: Language | None) -> Language | None:
    """A tool that asks for German does not take Leichte Sprache away from a citizen who chose it."""
    return remembered if asked is Language.GERMAN and remembered is Language.EASY_GERMAN else asked


def _address_in(language: Language) -> str:
    query: MultiDict[str, Any] = MultiDict(request.args)
    query.setlist("lang", [language.value])
    return f"?{urlencode(list(query.items(multi=True)))}"  # relative: a path such as //evil.example never becomes an address (RU-10)
