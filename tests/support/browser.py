"""A citizen's browser: keeps cookies, follows redirects inside the broker, presses the buttons that the pages show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.tool import Tool, answer_in

_FORM = re.compile(r"<form\b(?P<attributes>[^>]*)>(?P<body>.*?)</form>", re.DOTALL)
_INPUT = re.compile(r"<input\b(?P<attributes>[^>]*)>", re.DOTALL)
_BUTTON = re.compile(r"<button\b(?P<attributes>[^>]*)>", re.DOTALL)
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')


@dataclass
class Stop:
    """Where a chain of redirects ended: a page of the broker, or an address elsewhere (`location`)."""

    response: TestResponse
    location: str | None

    @property
    def is_at_hub(self) -> bool:
        """Whether the browser was sent to sign in."""
        return self.location is not None and self.location.startswith("https://hub.test/")

    @property
    def answer(self) -> dict[str, str]:
        """The parameters that were handed to a tool."""
        assert self.location is not None, f"ended on a page of the broker: {self.response.status} {self.text[:400]}"
        return answer_in(self.location)

    @property
    def code(self) -> str:
        """The authorization code that was handed to a tool."""
        answer = self.answer
        assert "code" in answer, f"no code but {answer}"
        return answer["code"]

    @property
    def text(self) -> str:
        """The page."""
        return self.response.get_data(as_text=True)

    @property
    def error_code(self) -> str | None:
        """The catalogue's code on an error page."""
        found = re.search(r'id="error-code">([^<]+)<', self.text)
        return found[1] if found else None


class Browser:
    """One browser with its own cookies."""

    def __init__(self, app: Flask, issuer: str) -> None:
        self.issuer = issuer
        self.client: FlaskClient = app.test_client()

    def uses(self, device: str, address: str = "") -> Browser:
        """This is what the browser calls itself from now on, and where it is; itself."""
        self.client.environ_base["HTTP_USER_AGENT"] = device
        if address:
            self.client.environ_base["REMOTE_ADDR"] = address
        return self

    def opens(self, url: str, **options: Any) -> Stop:
        """GET, and on through the broker's own redirects."""
        return self._followed(self.client.get(url, base_url=self.issuer, **options))

    def posts(self, url: str, form: dict[str, str], **options: Any) -> Stop:
        """POST a form, and on through the broker's own redirects."""
        return self._followed(self.client.post(url, base_url=self.issuer, data=form, **options))

    def presses(self, page: Stop, button_id: str, **filled: str) -> Stop:
        """Press a button of a page by its id, with the form's hidden fields and what was filled in."""
        action, fields = form_of(page.text, button_id)
        return self.posts(action, {**fields, **filled})

    def comes_back(self, hub: Stop, **changes: str) -> Stop:
        """Return from the hub with the `state` it was given there."""
        assert hub.is_at_hub, hub
        assert hub.location is not None
        answer = {"state": answer_in(hub.location)["state"], "code": "from-the-hub", **changes}
        return self._followed(self.client.get("/callback", base_url=self.issuer, query_string=answer))

    def signs_in(self, start: Stop, alias: str = "bundid") -> Stop:
        """From a choice page (if there is one) through the citizen ID to whatever comes after it."""
        return self.comes_back(self.chooses(start, alias))

    def chooses(self, start: Stop, alias: str = "bundid") -> Stop:
        """From a choice page (if there is one) to the hub."""
        return start if start.is_at_hub else self.presses(start, f"provider-{alias}")

    def sets_out(self, url: str, alias: str = "bundid") -> Stop:
        """From an address to the hub, choosing a citizen ID on the way."""
        return self.chooses(self.opens(url), alias)

    def arrives(self, tool: Tool, **changes: str | None) -> Stop:
        """From the tool's request through whatever is asked (citizen ID, consent) to the answer, or to a page that stops the way."""
        return self.arrives_at(tool.url(**changes))

    def arrives_at(self, url: str) -> Stop:
        """The same for a request that somebody else made."""
        stop = self.opens(url)
        for _ in range(4):
            if stop.is_at_hub:
                stop = self.comes_back(stop)
            elif 'id="provider-bundid"' in stop.text:
                stop = self.presses(stop, "provider-bundid")
            elif 'id="consent-allow"' in stop.text:
                stop = self.presses(stop, "consent-allow")
        return stop

    def cookies(self) -> dict[str, str]:
        """Names and values of the cookies."""
        return {cookie.key: cookie.value for cookie in self.client._cookies.values()}

    def _followed(self, response: TestResponse) -> Stop:
        for _ in range(10):
            location = response.headers.get("Location")
            if location is None or response.status_code not in (302, 303):
                return Stop(response, None)
            if not _is_ours(location, self.issuer):
                return Stop(response, location)
            assert response.status_code == 303, "our redirects turn any method into GET (A-10)"
            response = self.client.get(location, base_url=self.issuer)
        raise AssertionError("the broker's redirects do not end")


def form_of(page: str, button_id: str) -> tuple[str, dict[str, str]]:
    """Action and fields of the form that holds a button, the button's own name and value included."""
    for form in _FORM.finditer(page):
        for button in _BUTTON.finditer(form["body"]):
            pressed = _attributes(button["attributes"])
            if pressed.get("id") == button_id:
                fields = dict(_fields(form["body"]))
                if "name" in pressed:
                    fields[pressed["name"]] = pressed.get("value", "")
                return _attributes(form["attributes"])["action"], fields
    raise AssertionError(f"no button {button_id} on the page: {page[:2000]}")


def _fields(form: str) -> list[tuple[str, str]]:
    """Boxes count as a browser counts them: only when ticked."""
    found = (one["attributes"] for one in _INPUT.finditer(form))
    inputs = (_attributes(text) for text in found if 'type="checkbox"' not in text or " checked" in text)
    return [(one["name"], one.get("value", "")) for one in inputs if "name" in one]


def _attributes(text: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(text)}


def _is_ours(location: str, issuer: str) -> bool:
    parts = urlsplit(location)
    return not (parts.scheme or parts.netloc) or f"{parts.scheme}://{parts.netloc}" == issuer
