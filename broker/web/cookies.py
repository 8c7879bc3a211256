"""The broker's cookies (A-33, SE-01, SE-06): which browser this is, and who is signed in. Random values; their meaning is on the server.

All die with the browser window: nothing about a citizen should wait on a shared computer. The one exception, which citizen ID to show
first, is set only by a citizen who ticks it, and says nothing of who they are. Only https gives `__Host-`; on plain-http localhost the
names say what they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, after_this_request, g, request

from broker.core.ids import fingerprint, new_secret

_CHOICE_SECONDS = 180 * 24 * 3600
_LONGEST = 100  # ours are 43 characters; anything longer is not ours


@dataclass(frozen=True, slots=True)
class Cookies:
    """Reads and writes the cookies of the request at hand; `secure` says whether the issuer is https."""

    secure: bool

    @property
    def session_name(self) -> str:
        """Name of the cookie that stands for a signed-in citizen."""
        return "__Host-bp-session" if self.secure else "bp-insecure-dev-session"

    @property
    def browser_name(self) -> str:
        """Name of the cookie that ties requests in progress to the browser that began them."""
        return "__Host-bp-browser" if self.secure else "bp-insecure-dev-browser"

    def session_id(self) -> str | None:
        """Fingerprint of the session cookie: the session's id in the store. None without a cookie."""
        value = _read(self.session_name)
        return fingerprint(value) if value else None

    def known_browser_id(self) -> str | None:
        """Fingerprint of the browser cookie, or None for a browser that has none yet."""
        value: str | None = g.get("new_browser") or _read(self.browser_name)
        return fingerprint(value) if value else None

    def browser_id(self) -> str:
        """Fingerprint of the browser cookie; a browser that has none gets one with this answer."""
        return self.known_browser_id() or fingerprint(self._begin_browser())

    def start_session(self, response: Response, token: str | None, *, public_computer: bool) -> None:
        """Sign the browser in with this answer: `token` is the secret whose fingerprint is the session's id; None for a session that no
        cookie knows. Where others use the computer too, what this device remembered of anybody's choice goes."""
        if token:
            self._write(response, self.session_name, token)
        if public_computer:
            self.forget_choice(response)

    def end_session(self, response: Response) -> None:
        """Take the session cookie back, and all pages that the browser kept of us (LO-08); other cookies stay.

        Only a real end does that, never an outage (A-47).
        """
        response.delete_cookie(self.session_name, secure=self.secure, httponly=True, samesite="Lax")
        response.headers["Clear-Site-Data"] = '"cache"'

    @property
    def request_name(self) -> str:
        """Name of the cookie that tells the sign-in in progress to a citizen whom the hub's error page sent home."""
        return "__Host-bp-request" if self.secure else "bp-insecure-dev-request"

    def request_in_progress(self) -> str | None:
        """Id of the request that this browser was last sent to the hub for."""
        return _read(self.request_name)

    def remember_request(self, response: Response, request_id: str) -> None:
        """The hub's pages cannot say which sign-in they interrupt; the browser can."""
        self._write(response, self.request_name, request_id)

    @property
    def choice_name(self) -> str:
        """Name of the cookie that holds the citizen ID this device is to show first."""
        return "__Host-bp-citizen-id" if self.secure else "bp-insecure-dev-citizen-id"

    def remembered_choice(self) -> str | None:
        """Alias of the citizen ID chosen the last time, if the citizen wanted it remembered. Untrusted: it only orders a page."""
        return _read(self.choice_name)

    def remember_choice(self, response: Response, alias: str) -> None:
        """Show this citizen ID first from now on, for half a year since it was last used."""
        self._write(response, self.choice_name, alias, _CHOICE_SECONDS)

    def forget_choice(self, response: Response) -> None:
        """Show the citizen IDs in their usual order again."""
        response.delete_cookie(self.choice_name, secure=self.secure, httponly=True, samesite="Lax")

    def _begin_browser(self) -> str:
        value: str = new_secret()
        g.new_browser = value

        def remember(response: Response) -> Response:
            self._write(response, self.browser_name, value)
            return response

        after_this_request(remember)
        return value

    def _write(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        response.set_cookie(name, value, max_age=seconds, secure=self.secure, httponly=True, samesite="Lax", path="/")


def _read(name: str) -> str | None:
    """A cookie that came with two values is none: one was planted, and nobody can tell which (SE-08)."""
    values = set(request.cookies.getlist(name))
    value = values.pop() if len(values) == 1 else None
    return value if value and len(value) <= _LONGEST and value.isascii() else None
