"""The described realm with its three dialects of SAML, and answers as whoever knows a citizen ID's key could write them.

No simulator is asked: the tests write every byte of an answer themselves, which a simulator would not do for them.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
from cryptography import x509
from lxml import etree
from signxml.algorithms import SignatureMethod

from broker.upstream.keycloak_connection import KeycloakConnection
from broker.upstream.realm import RealmReconciler
from broker.upstream.realm_files import load_realms
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.saml.answer import VALID_FOR, AnswerPlan, Sealing, SignedBy, Structure, Value, new_id
from deploy.demo.saml.encryption import encrypt_assertion
from deploy.demo.saml.keys import Keys
from deploy.demo.saml.metadata import build_metadata
from deploy.demo.saml.response import ResponseWriter
from deploy.demo.saml.vocabulary import NAMEID_TRANSIENT, NAMESPACES, SAML, SAMLP
from tests.live.described_realm import describe
from tests.live.scratch_realm import BPK2, redeemed
from tests.live.sign_in import Page, SentRequest, SignIn
from tests.support.realm_config import ENVIRON
from tests.support.saml_sp import QAA, rsa_pair

ATTACKER, VICTIM = "the-key-of-the-attacker-himself", "the-key-of-somebody-else"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
KEYS = Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests")
PLACE = Structure("urn:osi", "AddressType", {"StreetAddress": "Breite Straße 1", "ZipCode": "23552", "City": "Lübeck"})


@dataclass(frozen=True)
class Dialect:
    """How one citizen ID writes: where its metadata stands, who it says it is, what it signs and what it calls a person by."""

    alias: str
    metadata_url: str
    entity_id: str
    sealing: Sealing
    name_id_format: str = PERSISTENT
    level: str = "http://eidas.europa.eu/LoA/high"

    def attributes(self, person: str) -> dict[str, Value]:
        if self.alias == "bundid":
            return {BPK2: Value(person, "NORMAL"), QAA: Value(self.level, "HOCH")}
        return {"AssuranceLevel": Value(self.level), "PlaceOfResidence": Value("", structure=PLACE)}


BUNDID = Dialect("bundid", "http://localhost:8082/idp", "http://localhost:8082/idp", Sealing(), NAMEID_TRANSIENT, "STORK-QAA-Level-4")
SH = Dialect(
    "sh",
    "http://localhost:8084/webidp/metadata/metadata",
    "urn:dataport:osi:servicekonto:idp:demo:sh",
    Sealing(encrypt=False, signature_method=SignatureMethod.RSA_SHA256),
)
MUK = Dialect(
    "muk",
    "http://localhost:8085/ekona",
    "http://localhost:8085/ekona",
    Sealing(signed_by=SignedBy.NOBODY, response_signed_by=SignedBy.CURRENT),
)
DIALECTS = (BUNDID, SH, MUK)


@dataclass
class SamlHub:
    """A realm of the given Keycloak as `realm-config/` describes it, with these citizen IDs."""

    url: str
    certificates: dict[str, x509.Certificate] = field(default_factory=dict)

    def begins(self, dialect: Dialect, **parameters: str) -> Attempt:
        sign_in = SignIn(self)
        return Attempt(self, dialect, sign_in, sign_in.asks(dialect.alias, **parameters))

    def opens(self, dialect: Dialect, url: str) -> Attempt:
        """The citizen's browser at the address to which the broker sends it."""
        sign_in = SignIn(self)
        return Attempt(self, dialect, sign_in, sign_in.opens(url))

    def id_token(self, code: str, verifier: str) -> dict[str, Any]:
        return redeemed(self.url, ENVIRON["BROKER_HUB_CLIENT_SECRET"], code, verifier)

    def certificate(self, alias: str) -> x509.Certificate:
        """For whom an answer is encrypted."""
        if alias not in self.certificates:
            metadata = etree.fromstring(requests.get(f"{self.url}/broker/{alias}/endpoint/descriptor", timeout=30).content)
            found = metadata.findtext(".//md:KeyDescriptor[@use='encryption']//ds:X509Certificate", namespaces=NAMESPACES)
            self.certificates[alias] = x509.load_der_x509_certificate(base64.b64decode(found or ""))
        return self.certificates[alias]


@dataclass(frozen=True)
class Attempt:
    """One sign-in that Keycloak has sent to the citizen ID, waiting for an answer."""

    hub: SamlHub
    dialect: Dialect
    sign_in: SignIn
    request: SentRequest

    def plan(self, person: str = ATTACKER, **changes: Any) -> AnswerPlan:
        """The faithful answer for a person, with what a test changes of it."""
        now = dt.datetime.now(dt.UTC)
        endpoint = f"{self.hub.url}/broker/{self.dialect.alias}/endpoint"
        usual = AnswerPlan(
            issuer=self.dialect.entity_id,
            audience=self.request.text("saml2:Issuer") or "",
            destination=endpoint,
            recipient=endpoint,
            in_response_to=self.request.root.get("ID"),
            name_id=person,
            name_id_format=self.dialect.name_id_format,
            session_index=new_id(),
            issued_at=now,
            authenticated_at=now,
            not_before=now,
            not_on_or_after=now + VALID_FOR,
            authn_context=self.dialect.level,
            attributes=self.dialect.attributes(person),
            sealing=self.dialect.sealing,
        )
        return replace(usual, **changes)

    def written(self, plan: AnswerPlan) -> bytes:
        certificate = self.hub.certificate(self.dialect.alias) if plan.sealing.encrypt else None
        return ResponseWriter(KEYS).success(plan, certificate)

    def opened(self, plan: AnswerPlan) -> etree._Element:
        """The answer with its assertion not encrypted yet, to be wrapped and then `sealed`."""
        return etree.fromstring(self.written(replace(plan, sealing=replace(plan.sealing, encrypt=False))))

    def sealed(self, response: etree._Element) -> bytes:
        """The tree as it is sent: in this dialect's way, every assertion that stands in the message itself is encrypted."""
        if self.dialect.sealing.encrypt:
            certificate, transport = self.hub.certificate(self.dialect.alias), self.dialect.sealing.key_transport
            for parent in (response, *response.iterfind(f"{{{SAMLP}}}Extensions")):
                for assertion in parent.findall(f"{{{SAML}}}Assertion"):
                    text = encrypt_assertion(etree.tostring(assertion, encoding="unicode"), certificate, transport)
                    parent.replace(assertion, etree.fromstring(text))
        return etree.tostring(response)

    def outcome(self, response: bytes) -> str:
        """Who Keycloak takes the sender for; empty when it refuses, which it has to do on a page with the way home."""
        answer = self.sign_in.posts(self.plan().destination, response, self.request.relay_state)
        if "Location" not in answer.headers:
            page = Page.of(answer)
            # What Keycloak cannot even parse ends in a bare 500. Only whoever made it gets to see that.
            assert page.status in (400, 500), f"{page.status}: {page.text()}"
            assert page.refresh() or page.status == 500, "no way home"
            return ""
        parameters = self.sign_in.at_the_broker(answer)
        assert "code" in parameters, parameters
        principal: str = self.hub.id_token(parameters["code"], self.sign_in.verifier)["up_principal"]
        return principal


@contextmanager
def saml_hub(keycloak: KeycloakServer, folder: Path, *published: str) -> Iterator[SamlHub]:
    """The realm; `published` are the keys in the metadata of every citizen ID."""
    described = describe(keycloak, folder)
    aliases = ", ".join(one.alias for one in DIALECTS)
    described.config.replace("environments/local.yaml", "identity_providers: [", f"identity_providers: [{aliases}] # [")
    parts = "AssuranceLevel PlaceOfResidence/ZipCode PlaceOfResidence/City"
    described.config.replace("identity-providers/sh.yaml", "attributes: ${requested_attributes}", f"attributes: {parts}")
    metadata = {
        one.metadata_url: build_metadata(
            one.entity_id, "http://localhost:1/sso", [getattr(KEYS, name) for name in published or ("signing",)]
        )
        for one in DIALECTS
    }
    desired = load_realms(described.config.folder, "local", ENVIRON, metadata.__getitem__)[-1]
    RealmReconciler(KeycloakConnection(described.access, described.name), desired).apply()
    yield SamlHub(f"{keycloak.base_url}/realms/{described.name}")
