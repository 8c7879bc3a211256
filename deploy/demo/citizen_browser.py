"""A citizen's browser without a screen: follows redirects, keeps cookies, submits forms by the ids that pages promise.

No script runs. What pages do by themselves in a browser is done here too: redirects, `meta refresh`, and forms whose only
purpose is to be posted on (SAML, `form_post`). Cookies marked Secure are sent to `localhost`, as browsers do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from lxml import html
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar, get_cookie_header

MOST_HOPS = 25
TIMEOUT_SECONDS = 30
Fields = Sequence[tuple[str, str]]
POSTED_ON = {"SAMLRequest", "SAMLResponse", "code", "error"}


class Lost(Exception):
    """The page is not what the citizen expected; the text says what was looked for and which page is shown."""


class LocalhostSession(requests.Session):
    """Keeps cookies as browsers do on localhost: those marked Secure go out over plain http as well (requests refuses that)."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = RequestsCookieJar(policy=DefaultCookiePolicy(secure_protocols=("https", "http")))
        self.headers["Accept-Language"] = "de"
        self.trust_env = False  # a proxy of the machine must not come between parts on localhost

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        prepared = super().prepare_request(request)
        prepared.headers.pop("Cookie", None)
        if cookies := get_cookie_header(self.kept, prepared):  # type: ignore[no-untyped-call]  # its stubs leave it open
            prepared.headers["Cookie"] = cookies
        return prepared

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer = super().send(request, **options)
        extract_cookies_to_jar(self.kept, request, answer.raw)  # type: ignore[no-untyped-call]
        return answer


@dataclass(slots=True)
class CitizenBrowser:
    """One browser of one citizen. `address`, `status` and `page` are those of the page shown now."""

    address: str = ""
    status: int = 0
    visited: list[str] = field(default_factory=list)
    _session: LocalhostSession = field(default_factory=LocalhostSession, repr=False)
    _page: html.HtmlElement | None = field(default=None, repr=False)
    _redirect: str = field(default="", repr=False)

    def opens(self, address: str) -> None:
        """Goes to an address, as typed or bookmarked."""
        self._load("GET", address, [])

    def follows(self, element_id: str) -> None:
        """Clicks a link."""
        target = self._element(element_id).get("href")
        if not target:
            raise Lost(f"{element_id} is no link on {self.where()}")
        self._load("GET", urljoin(self.address, target), [])

    def submits(self, element_id: str, fields: Mapping[str, str] | None = None) -> None:
        """Presses a button, or submits a form; `fields` are typed in before."""
        element = self._element(element_id)
        form = element if element.tag == "form" else self._form_of(element)
        typed = dict(fields or {})
        values = [(name, value) for name, value in _filled_in(form) if name not in typed] + list(typed.items())
        if element is not form and element.get("name"):
            values.append((element.get("name") or "", element.get("value") or ""))
        target = element.get("formaction") or form.get("action") or self.address
        self._load((element.get("formmethod") or form.get("method") or "get").upper(), urljoin(self.address, target), values)

    def shows(self, element_id: str) -> bool:
        """Whether the page has this element."""
        return bool(self._page is not None and self._page.xpath("//*[@id=$id]", id=element_id))

    def reads(self, element_id: str = "") -> str:
        """The text of an element, or of the whole page, with single spaces."""
        element = self._element(element_id) if element_id else self._page
        return " ".join(element.text_content().split()) if element is not None else ""

    def attribute(self, element_id: str, name: str) -> str:
        """An attribute of an element; empty if absent."""
        return str(self._element(element_id).get(name) or "")

    def finds(self, xpath: str) -> list[html.HtmlElement]:
        """Elements by XPath, for what carries no id."""
        return list(self._page.xpath(xpath)) if self._page is not None else []

    def asks(self, address: str) -> str:
        """Where an address would send the browser; the page shown stays."""
        return self._answer("GET", address, []).headers.get("Location", "")

    def forgets_everything(self) -> None:
        """Clears all cookies."""
        self._session.kept.clear()

    def where(self) -> str:
        """The page shown now, without its query: that may carry a code."""
        parts = urlsplit(self.address)
        title = " ".join((self._page.findtext(".//title") or "").split()) if self._page is not None else ""
        return f"{parts.scheme}://{parts.netloc}{parts.path} ({self.status}, {title or 'no title'})"

    def _load(self, method: str, address: str, values: Fields) -> None:
        for _ in range(MOST_HOPS):
            self._request(method, address, values)
            step = self._next_step()
            if step is None:
                return
            method, address, values = step
        raise Lost(f"more than {MOST_HOPS} redirects, the last to {self.where()}")

    def _request(self, method: str, address: str, values: Fields) -> None:
        self.visited.append(address)
        answer = self._answer(method, address, values)
        self.address, self.status = answer.url, answer.status_code
        self._redirect = answer.headers.get("Location", "") if answer.is_redirect else ""
        is_page = "html" in answer.headers.get("Content-Type", "") and bool(answer.content.strip())
        self._page = html.document_fromstring(answer.content, html.HTMLParser(encoding=answer.encoding)) if is_page else None

    def _answer(self, method: str, address: str, values: Fields) -> requests.Response:
        in_query, in_body = (list(values), None) if method == "GET" else (None, list(values))
        try:
            return self._session.request(method, address, params=in_query, data=in_body, allow_redirects=False, timeout=TIMEOUT_SECONDS)
        except requests.RequestException as away:
            raise Lost(f"{_place(address)} does not answer ({type(away).__name__})") from away

    def _next_step(self) -> tuple[str, str, Fields] | None:
        """Where the page goes on by itself, if it does."""
        if self._redirect:
            return "GET", urljoin(self.address, self._redirect), []
        if self._page is None:
            return None
        for refresh in self._page.xpath("//meta[translate(@http-equiv,'REFSH','refsh')='refresh']/@content"):
            target = str(refresh).partition("=")[2].strip()
            return "GET", urljoin(self.address, target), []
        for form in self._page.xpath("//form"):
            if _is_posted_on(form):
                return "POST", urljoin(self.address, form.get("action") or ""), list(_filled_in(form))
        return None

    def _element(self, element_id: str) -> html.HtmlElement:
        found = self._page.xpath("//*[@id=$id]", id=element_id) if self._page is not None else []
        if not found:
            raise Lost(f"nothing with the id {element_id} on {self.where()}")
        element: html.HtmlElement = found[0]
        return element

    def _form_of(self, button: html.HtmlElement) -> html.HtmlElement:
        if button.get("form"):
            return self._element(button.get("form") or "")
        for ancestor in button.iterancestors("form"):
            return ancestor
        raise Lost(f"{button.get('id')} belongs to no form on {self.where()}")


def _filled_in(form: html.HtmlElement) -> Iterator[tuple[str, str]]:
    """Name and value of every field as it stands, as a browser would send it; buttons only if they were pressed."""
    for element in form.xpath(".//input[@name] | .//textarea[@name] | .//select[@name]"):
        kind = element.get("type", "text") if element.tag == "input" else element.tag
        unchecked = kind in {"checkbox", "radio"} and element.get("checked") is None
        if kind in {"submit", "button", "image", "reset", "file"} or unchecked or element.get("disabled") is not None:
            continue
        value = element.value
        yield element.get("name"), "on" if value is None and kind in {"checkbox", "radio"} else str(value or "")


def _is_posted_on(form: html.HtmlElement) -> bool:
    """Whether the form has nothing to fill in and carries a protocol message: a script or the citizen just sends it on."""
    fields = form.xpath(".//input[@name] | .//textarea[@name] | .//select[@name]")
    hidden = [one for one in fields if one.get("type") == "hidden"]
    names = {one.get("name") for one in hidden}
    return len(hidden) == len(fields) and (form.get("method") or "").lower() == "post" and bool(names & POSTED_ON)


def _place(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
