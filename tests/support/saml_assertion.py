"""What a SAML assertion says, in plain words for tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from deploy.demo.saml.vocabulary import NAMESPACES
from tests.support.bundid_citizen import Posted
from tests.support.saml_sp import SamlSp


@dataclass(frozen=True)
class Assertion:
    """An opened assertion: values and trust words by attribute name, and the level of the login."""

    values: dict[str, str | None]
    trust: dict[str, str | None]
    authn_context: str | None


def opened(posted: Posted, sp: SamlSp, folder: Path) -> Assertion:
    """The assertion in ``posted`` as ``sp`` can read it."""
    root = etree.fromstring(sp.decrypted(posted.response, folder))
    attributes = root.findall(".//saml2:Attribute", NAMESPACES)
    return Assertion(
        values={a.get("Name", ""): a.findtext("saml2:AttributeValue", namespaces=NAMESPACES) for a in attributes},
        trust={a.get("Name", ""): a.get(f"{{{NAMESPACES['akdb']}}}TrustLevel") for a in attributes},
        authn_context=root.findtext(".//saml2:AuthnContextClassRef", namespaces=NAMESPACES),
    )
