"""A simulated Unternehmenskonto with one registered service provider, and somebody to use it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lxml import etree

from deploy.demo.muk.app import create_app
from deploy.demo.muk.simulator import METADATA_PATH, SSO_PATH, Settings, Simulator
from deploy.demo.persons import load_persons
from deploy.demo.saml.keys import Keys
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.support.bundid_citizen import BundidCitizen, Posted
from tests.support.saml_sp import Asks, SamlSp, rsa_pair

BASE_URL = "http://localhost:8085"
ACS = "https://keycloak.luebeck.example/realms/citizens/broker/muk/endpoint"


@dataclass
class MukPlace:
    """The simulator, its service provider and its clock."""

    folder: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    now: dt.datetime = dt.datetime(2026, 11, 26, 10, 0, tzinfo=dt.UTC)

    def __post_init__(self) -> None:
        self.sp = SamlSp(BASE_URL + SSO_PATH, acs_url=ACS)
        metadata = self.folder / "sp.xml"
        metadata.write_text(self.sp.metadata())
        settings = Settings(BASE_URL + METADATA_PATH, BASE_URL, (str(metadata),), show_faults=True)
        self.keys = Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests")
        self.simulator = Simulator(replace(settings, **self.options), self.keys, load_persons(), lambda: self.now)
        self.app = create_app(self.simulator)

    def visitor(self, **asks: Any) -> BundidCitizen:
        """Somebody at the first page, sent there with a signed request without any extension."""
        visitor = BundidCitizen(self.app.test_client())
        visitor.arrives(SSO_PATH, self.sp.signed(self.sp.request(self.now, Asks(**{"extension": False, "level": None} | asks))))
        return visitor

    def answer(self, certificate: str, *faults: str) -> Posted:
        """The whole way of somebody who agrees."""
        visitor = self.visitor()
        visitor.chooses("elster", certificate)
        return visitor.confirms(*faults)

    def opened(self, posted: Posted) -> etree._Element:
        """The response with its assertion in clear."""
        is_encrypted = b"EncryptedAssertion" in posted.response
        return etree.fromstring(self.sp.decrypted(posted.response, self.folder)) if is_encrypted else posted.root


def values_of(root: etree._Element) -> dict[str, Any]:
    """Attributes of an opened response: texts, and structured values by the local names of their elements."""
    found: dict[str, Any] = {}
    for attribute in root.iterfind(".//saml2:Attribute", NAMESPACES):
        value = attribute.find("saml2:AttributeValue", NAMESPACES)
        assert value is not None
        parts = {etree.QName(part).localname: part.text for part in value}
        found[attribute.get("Name", "")] = parts or value.text
    return found
