"""Security headers of every answer, the Content Security Policy made for each answer alone (A-11, A-36, SE-09, SE-12).

A view that shows a form whose answer redirects elsewhere names the target with `allow_form_action`, one that loads a tool's page into its
own names it with `allow_frame`; a view whose page needs one of our script files calls `allow_scripts`. An answer that says `public` in
Cache-Control by itself (discovery, keys) keeps it; all else is never stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Response, after_this_request, g

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

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
_POLICY = "Content-Security-Policy"
_YEAR = 31_536_000

Headers = list[tuple[str, str]]


def install(app: Flask, secure: bool) -> None:
    """Add the headers to every answer of the app; `secure` says whether the issuer is https, so that HSTS may be promised."""
    promises = [("Strict-Transport-Security", f"max-age={_YEAR}")] if secure else []
    app.wsgi_app = _Hardened(app.wsgi_app, [*_ALWAYS.items(), *promises])  # type: ignore[method-assign]


class _Hardened:
    """Around the application, where headers are a plain list: a dozen of them through Flask's would be a tenth of a sign-in."""

    def __init__(self, application: WSGIApplication, always: Headers) -> None:
        self._application, self._always = application, always

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        static = environ["PATH_INFO"].startswith("/static/")

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            kept = _cached_file(headers, environ) if static and status < "400" else _uncached(headers)
            present = {name for name, _ in kept}
            kept += [header for header in self._always if header[0] not in present]
            if _POLICY not in present:
                kept.append((_POLICY, _policy()))
            return start_response(status, kept, exc_info)

        return self._application(environ, start)


def allow_form_action(uri: str) -> None:
    """Let this answer's form lead to the origin of `uri`, which must come from a validated request or a setting.

    Browsers apply `form-action` to the redirects after a form as well, so the tool's own redirect URI has to be named here.
    """
    _named("form_action_origins").append(uri)


def allow_frame(uri: str) -> None:
    """Let this answer load `uri`, which must come from a tool's record, into a frame."""
    _named("frame_origins").append(_source(uri))


def allow_scripts() -> None:
    """Let this answer run our own script files (the form_post page)."""
    g.allow_scripts = True
    _announce_policy()


def _named(kind: str) -> list[str]:
    """The addresses of one kind that this answer's policy will name."""
    if kind not in g:
        setattr(g, kind, [])
        _announce_policy()
    uris: list[str] = g.get(kind)
    return uris


def _announce_policy() -> None:
    """Let the answer at hand, whatever comes of it, carry a policy of its own."""

    @after_this_request
    def announce(response: Response) -> Response:
        form_actions, frames = (tuple(g.get(kind, ())) for kind in ("form_action_origins", "frame_origins"))
        response.headers[_POLICY] = _policy(form_actions, frames, "allow_scripts" in g)
        return response


@lru_cache(maxsize=256)
def _policy(form_actions: tuple[str, ...] = (), frames: tuple[str, ...] = (), scripts: bool = False) -> str:
    parts = [
        "default-src 'none'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        " ".join(["form-action 'self'", *_sources(form_actions)]),
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
    if scripts:
        parts.insert(1, "script-src 'self'")
    if frames:
        parts.insert(1, " ".join(["frame-src", *_sources(frames)]))
    return "; ".join(parts)


def _sources(uris: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(_source, uris))))


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


def _uncached(headers: Headers) -> Headers:
    """Never stored, unless the view called its answer public by itself."""
    if any(name == "Cache-Control" and value.startswith("public") for name, value in headers):
        return headers
    vary = ", ".join(dict.fromkeys([*(value for name, value in headers if name == "Vary"), "Cookie"]))
    kept = [header for header in headers if header[0] not in ("Cache-Control", "Pragma", "Vary")]
    return [*kept, ("Cache-Control", "no-store"), ("Pragma", "no-cache"), ("Vary", vary)]


def _cached_file(headers: Headers, environ: WSGIEnvironment) -> Headers:
    """A file asked for by its content hash never changes, nor does a font; other names are asked for again after an hour."""
    lasting = environ.get("QUERY_STRING", "").startswith("v=") or environ["PATH_INFO"].endswith(".woff2")
    caching = f"public, max-age={_YEAR}, immutable" if lasting else "public, max-age=3600"
    return [*(header for header in headers if header[0] != "Cache-Control"), ("Cache-Control", caching)]
