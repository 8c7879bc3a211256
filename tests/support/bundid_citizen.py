"""A citizen at the simulated BundID's pages, without a browser: follows links and forms by their ids."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import lxml.html
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from deploy.demo.saml.vocabulary import NAMESPACES


@dataclass(frozen=True)
class Posted:
    """What the simulator makes the browser post to the service provider."""

    action: str
    relay_state: str
    response: bytes

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.response)

    @property
    def status(self) -> tuple[str, ...]:
        """The status codes from outer to inner, without their common prefix."""
        codes = self.root.iterfind(".//saml2p:StatusCode", NAMESPACES)
        return tuple(code.get("Value", "").rpartition(":")[2] for code in codes)

    def text(self, path: str) -> str | None:
        element = self.root.find(path, NAMESPACES)
        return None if element is None else element.text


def posted_in(page: TestResponse) -> Posted:
    """The message that a page posts on."""
    form = lxml.html.document_fromstring(page.get_data()).get_element_by_id("saml-message")
    fields = {field.get("name"): field.get("value") for field in form.iterfind("input")}
    return Posted(form.get("action"), fields["RelayState"], base64.b64decode(fields.get("SAMLResponse") or fields["SAMLRequest"]))


@dataclass
class BundidCitizen:
    """Somebody with a browser window at the simulator."""

    client: FlaskClient
    page: TestResponse | None = field(default=None)

    def arrives(self, sso_path: str, saml_request: str, relay_state: str = "state-1") -> TestResponse:
        """Comes from the service provider with a request; the first page shown."""
        fields = {"SAMLRequest": saml_request, "RelayState": relay_state}
        return self._shown(self.client.post(sso_path, data=fields, follow_redirects=True))

    def sees(self, element_id: str) -> str | None:
        """The text of the element with that id, None if there is none."""
        found = self._html().get_element_by_id(element_id, None)
        return None if found is None else " ".join(found.text_content().split())

    def offered(self, prefix: str) -> list[str]:
        """The rest of all ids beginning with ``prefix``, in the order of the page."""
        return [str(found)[len(prefix) :] for found in self._html().xpath("//*/@id") if str(found).startswith(prefix)]

    def chooses(self, means: str, person: str) -> None:
        """Picks means and test citizen; stands at the review page then."""
        self._shown(self.client.get(self._html().get_element_by_id(f"means-{means}").get("href")))
        self._presses(f"person-{person}")

    def confirms(self, *faults: str) -> Posted:
        self._presses("confirm", fault=list(faults))
        return self._posted()

    def cancels(self, button: str = "cancel") -> Posted:
        self._presses(button)
        return self._posted()

    def _presses(self, button_id: str, **more: object) -> None:
        button = self._html().get_element_by_id(button_id)
        form = button.iterancestors("form").__next__()
        fields = dict(more) | ({button.get("name"): button.get("value")} if button.get("name") else {})
        target = form.get("action") or self.at().request.path
        self._shown(self.client.post(target, data=fields, follow_redirects=True))

    def _posted(self) -> Posted:
        return posted_in(self.at())

    def _shown(self, page: TestResponse) -> TestResponse:
        self.page = page
        return page

    def at(self) -> TestResponse:
        """The page the citizen is looking at."""
        if self.page is None:
            raise AssertionError("the citizen has not arrived anywhere yet")
        return self.page

    def _html(self) -> lxml.html.HtmlElement:
        return lxml.html.document_fromstring(self.at().get_data(as_text=True))
