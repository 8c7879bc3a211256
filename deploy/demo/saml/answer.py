"""The answer as a plan: every fact of a response in one plain object, so that a test can bend exactly one of them."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from signxml.algorithms import SignatureMethod

from deploy.demo.saml.receiving import Asked
from deploy.demo.saml.vocabulary import NAMEFORMAT_URI, NAMEID_TRANSIENT

VALID_FOR = dt.timedelta(minutes=5)
Tree = Mapping[str, "str | Tree"]
"""Elements by local name: a text, or elements again."""


class SignedBy(StrEnum):
    """Whose key signs."""

    CURRENT = "current"
    NEXT = "next"
    STRANGER = "stranger"
    NOBODY = "nobody"


class KeyTransport(StrEnum):
    """How the content key is encrypted: XML Encryption 1.0 (SHA-1 inside OAEP, what most IdPs send) or 1.1 with SHA-256."""

    OAEP_MGF1P = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
    OAEP_SHA256 = "http://www.w3.org/2009/xmlenc11#rsa-oaep"


@dataclass(frozen=True, slots=True)
class Structure:
    """An attribute value made of elements: their namespace, the name of their XML Schema type, and what is inside."""

    namespace: str
    type_name: str
    parts: Tree


@dataclass(frozen=True, slots=True)
class Value:
    """One attribute value: a text, or a structure in its place. ``trust`` is the akdb word; None: the sender says none."""

    text: str
    trust: str | None = None
    structure: Structure | None = None


@dataclass(frozen=True, slots=True)
class Sealing:
    """How the response is signed and encrypted; the defaults are BundID's: the assertion signed by PSS, then encrypted."""

    signed_by: SignedBy = SignedBy.CURRENT
    signature_method: SignatureMethod = SignatureMethod.SHA256_RSA_MGF1
    encrypt: bool = True
    key_transport: KeyTransport = KeyTransport.OAEP_MGF1P
    response_signed_by: SignedBy = SignedBy.NOBODY
    tamper: tuple[str, str] | None = None
    tamper_response: tuple[str, str] | None = None
    wrap: bool = False


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """Everything a successful response says. Times are aware UTC. ``more_attributes`` follow the others, also under a name twice."""

    issuer: str
    audience: str
    destination: str
    recipient: str
    in_response_to: str | None
    name_id: str
    session_index: str
    issued_at: dt.datetime
    authenticated_at: dt.datetime
    not_before: dt.datetime
    not_on_or_after: dt.datetime
    address: str = ""
    name_id_format: str = NAMEID_TRANSIENT
    authn_context: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    more_attributes: tuple[tuple[str, Value], ...] = ()
    attribute_name_format: str = NAMEFORMAT_URI
    friendly_names: Mapping[str, str] = field(default_factory=dict)
    sealing: Sealing = Sealing()


@dataclass(frozen=True, slots=True)
class ErrorPlan:
    """Everything an error response says. ``detail`` is the JSON text of akdb:StatusDetail."""

    issuer: str
    destination: str
    in_response_to: str | None
    issued_at: dt.datetime
    sub_status: str
    message: str
    detail: str | None = None
    # Keycloak accepts an unsigned response only where a signed assertion is inside, so an error is signed itself.
    sign_response: bool = True
    signature_method: SignatureMethod = SignatureMethod.SHA256_RSA_MGF1


def new_id() -> str:
    """A SAML ID: an xs:ID must not begin with a digit."""
    return f"_{secrets.token_hex(20)}"


def blank_plan(asked: Asked, issuer: str, now: dt.datetime) -> AnswerPlan:
    """A faithful answer to ``asked`` that says nothing of a person yet; the dialect fills in name, level and attributes."""
    return AnswerPlan(
        issuer=issuer,
        audience=asked.provider.entity_id,
        destination=asked.acs_url,
        recipient=asked.acs_url,
        in_response_to=asked.request_id,
        name_id=new_id(),
        session_index=new_id(),
        issued_at=now,
        authenticated_at=now,
        not_before=now,
        not_on_or_after=now + VALID_FOR,
    )
