"""Security headers of every answer, the Content Security Policy made for each answer alone (A-11, A-36, SE-09, SE-12).

A view that shows a form whose answer redirects elsewhere names the target with `allow_form_action`; a view whose page needs one of our
script files calls `allow_scripts`. An answer that says `public` in Cache-Control by itself (discovery, keys) keeps it; all else is never
stored.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")  # what may stand in a policy: no space, semicolon, comma or quote can get in
_SCHEME = re.compile(r"[a-z][a-z0-9.+-]*")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_YEAR = 31_536_000


def install(app: Flask, secure: bool) -> None:
    """Add the headers to every answer of the app; `secure` says whether the issuer is https, so that HSTS may be promised."""

    always = [*_ALWAYS.items(), *([("Strict-Transport-Security", f"max-age={_YEAR}")] if secure else [])]

    def add_headers(response: Response) -> Response:
        _set_caching(response)
        present = {name.lower() for name, _ in response.headers}
        policy = _policy(tuple(g.get("form_action_origins", ())), "allow_scripts" in g)
        response.headers.extend((name, value) for name, value in always if name.lower() not in present)
        response.headers["Content-Security-Policy"] = policy
        return response

    app.after_request(add_headers)


def allow_form_action(uri: str) -> None:
    """Let this answer's form lead to the origin of `uri`, which must come from a validated request or a setting.

    Browsers apply `form-action` to the redirects after a form as well, so the tool's own redirect URI has to be named here.
    """
    _form_actions().append(uri)


def allow_scripts() -> None:
    """Let this answer run our own script files (the form_post page)."""
    g.allow_scripts = True


def _form_actions() -> list[str]:
    if "form_action_origins" not in g:
        g.form_action_origins = []
    origins: list[str] = g.form_action_origins
    return origins


@lru_cache(maxsize=256)
def _policy(form_actions: tuple[str, ...], scripts: bool) -> str:
    targets = dict.fromkeys(filter(None, map(_source, form_actions)))
    parts = [
        "default-src 'none'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        " ".join(["form-action 'self'", *targets]),
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
    if scripts:
        parts.insert(1, "script-src 'self'")
    return "; ".join(parts)


def _source(uri: str) -> str:
    """The policy's name for where a URI leads: its origin, or only its scheme for an app's private one; empty if it cannot be named."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    if parts.scheme in ("http", "https"):
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}" if _HOST.fullmatch(host) else ""
    return f"{parts.scheme}:" if _SCHEME.fullmatch(parts.scheme) and "." in parts.scheme else ""


def _set_caching(response: Response) -> None:
    if request.endpoint == "static" and response.status_code < 400:
        _cache_static(response)
    elif not response.headers.get("Cache-Control", "").startswith("public"):
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"
        if "Vary" in response.headers:
            response.vary.add("Cookie")
        else:
            response.headers["Vary"] = "Cookie"


def _cache_static(response: Response) -> None:
    """A file asked for by its content hash never changes, nor does a font; other names are asked for again after an hour."""
    lasting = "v" in request.args or request.path.endswith(".woff2")
    response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if lasting else "public, max-age=3600"
