"""One brokered sign-in, step by step, seen from the citizen's browser: to Keycloak, to the citizen ID, back to the broker."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

import lxml.html
import requests
from lxml import etree

from deploy.demo.saml.vocabulary import NAMESPACES
from tests.live.scratch_realm import REDIRECT_URI


@dataclass(frozen=True)
class SentRequest:
    """The AuthnRequest that a citizen ID would receive."""

    action: str
    saml_request: str
    relay_state: str

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(base64.b64decode(self.saml_request))

    def attributes(self) -> dict[str, bool]:
        """The requested attributes in their order, and whether each is required."""
        found = self.root.iterfind(".//akdb:RequestedAttribute", NAMESPACES)
        return {one.get("Name", ""): one.get("RequiredAttribute") == "true" for one in found}

    def text(self, path: str) -> str | None:
        return self.root.findtext(path, namespaces=NAMESPACES)


@dataclass(frozen=True)
class Page:
    """A page of Keycloak at which the way ended."""

    status: int
    html: lxml.html.HtmlElement

    @classmethod
    def of(cls, answer: requests.Response) -> Page:
        assert "Location" not in answer.headers, "Keycloak goes to the broker instead of showing a page"
        return cls(answer.status_code, lxml.html.document_fromstring(answer.content))

    def text(self) -> str:
        return " ".join(self.html.text_content().split())

    def refresh(self) -> str:
        """Where the page takes everybody by itself."""
        return "".join(self.html.xpath("//meta[@http-equiv='refresh']/@content")).partition("url=")[2]

    def link(self, element_id: str) -> str:
        return "".join(self.html.xpath("//a[@id=$id]/@href", id=element_id))


class Realm(Protocol):
    """A realm of Keycloak."""

    @property
    def url(self) -> str: ...


@dataclass
class SignIn:
    """A sign-in that the broker begins in a fresh browser."""

    realm: Realm
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(8))
    browser: requests.Session = field(default_factory=requests.Session)

    def asks(self, provider: str, **parameters: str) -> SentRequest:
        """The broker sends the citizen to Keycloak; what Keycloak then has the browser post to the citizen ID."""
        return self._sent(self._begins(provider, parameters))

    def opens(self, url: str) -> SentRequest:
        """The same by an address of Keycloak's that the broker made itself."""
        return self._sent(self._follow(self._sends("GET", url)))

    def _sent(self, answer: requests.Response) -> SentRequest:
        page = Page.of(answer)
        form = page.html.get_element_by_id("saml-post-binding", None)
        assert form is not None, f"Keycloak asks no citizen ID but says ({page.status}): {page.text()}"
        fields = {one.get("name"): one.get("value") for one in form.iterfind(".//input")}
        return SentRequest(form.get("action"), fields["SAMLRequest"], fields["RelayState"])

    def is_refused(self, provider: str, **parameters: str) -> dict[str, str]:
        """The broker sends the citizen to Keycloak and gets them back at once."""
        return self.at_the_broker(self._begins(provider, parameters))

    def answers(self, action: str, response: bytes, relay_state: str) -> dict[str, str]:
        """The citizen ID's answer is posted; what the broker gets at its redirect URI."""
        return self.at_the_broker(self.posts(action, response, relay_state))

    def fails(self, action: str, response: bytes, relay_state: str) -> Page:
        """The citizen ID's answer is posted; the page that Keycloak shows."""
        return Page.of(self.posts(action, response, relay_state))

    def posts(self, action: str, response: bytes, relay_state: str) -> requests.Response:
        fields = {"SAMLResponse": base64.b64encode(response).decode(), "RelayState": relay_state}
        return self._follow(self._sends("POST", action, data=fields))

    def _begins(self, provider: str, parameters: dict[str, str]) -> requests.Response:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {"client_id": "broker", "response_type": "code", "scope": "openid", "redirect_uri": REDIRECT_URI}
        query |= {"state": self.state, "nonce": "n", "code_challenge": challenge, "code_challenge_method": "S256"}
        query |= {"prompt": "login", "kc_idp_hint": provider} | parameters
        url = f"{self.realm.url}/protocol/openid-connect/auth"
        return self._follow(self._sends("GET", url, params=query))

    def _follow(self, answer: requests.Response) -> requests.Response:
        for _ in range(8):
            target = answer.headers.get("Location", "")
            if not target or target.startswith(REDIRECT_URI):
                return answer
            answer = self._sends("GET", target)
        raise AssertionError("Keycloak redirects in circles")

    def _sends(self, method: str, url: str, **more: dict[str, str]) -> requests.Response:
        answer = self.browser.request(method, url, allow_redirects=False, timeout=60, **more)  # type: ignore[arg-type]
        for cookie in self.browser.cookies:
            cookie.secure = False  # Keycloak's cookies are Secure; browsers send them to localhost all the same
        return answer

    def at_the_broker(self, answer: requests.Response) -> dict[str, str]:
        """The parameters that this answer of Keycloak brings to the broker."""
        target = answer.headers.get("Location", "")
        assert target.startswith(REDIRECT_URI), f"Keycloak shows a page ({answer.status_code}) instead of going to the broker"
        return dict(parse_qsl(urlsplit(target).query))
