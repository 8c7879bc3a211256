"""One keep-alive connection, as a proxy in front of the broker holds it: HTTP without redirects, cookies kept."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def location(self) -> str:
        """Where a redirect leads. Fails for any other answer, with what it said."""
        assert self.status == 303, f"{self.status}: {self.body[:600]!r}"
        return self.headers["Location"]


@dataclass
class Wire:
    """Speaks to 127.0.0.1:`port` in the name of `host`, on one connection that is opened again when the server has closed it."""

    port: int
    host: str
    cookies: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Reply:
        """GET a path or an absolute address of this host."""
        return self._send("GET", address, None, headers or {})

    def post(self, address: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Reply:
        """POST a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", address, urlencode(form).encode(), {**(headers or {}), **kind})

    def forget_cookies(self) -> None:
        """From here on it is a browser nobody has used yet."""
        self.cookies.clear()

    def _send(self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = {"Host": self.host, **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            return self._exchange(method, path, body, sent)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):  # idle for too long: gunicorn hung up
            self._connection = None
            return self._exchange(method, path, body, sent)

    def _exchange(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        reply = Reply(answer.status, answer.headers, answer.read())
        for line in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return reply
