"""The answer as a plan: every fact of a response in one plain object, so that a test can bend exactly one of them."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from signxml.algorithms import SignatureMethod

from deploy.demo.bundid.authn_request import AuthnRequest
from deploy.demo.bundid.extension import RequestedAttribute
from deploy.demo.bundid.identity import Login, Value
from deploy.demo.bundid.vocabulary import BY_NAME, Attribute

VALID_FOR = dt.timedelta(minutes=5)


class SignedBy(StrEnum):
    """Whose key signs the assertion."""

    CURRENT = "current"
    NEXT = "next"
    STRANGER = "stranger"
    NOBODY = "nobody"


class KeyTransport(StrEnum):
    """How the content key is encrypted: XML Encryption 1.0 (SHA-1 inside OAEP, what most IdPs send) or 1.1 with SHA-256."""

    OAEP_MGF1P = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
    OAEP_SHA256 = "http://www.w3.org/2009/xmlenc11#rsa-oaep"


@dataclass(frozen=True, slots=True)
class Sealing:
    """How the response is signed and encrypted; the defaults are BundID's."""

    signed_by: SignedBy = SignedBy.CURRENT
    signature_method: SignatureMethod = SignatureMethod.SHA256_RSA_MGF1
    encrypt: bool = True
    key_transport: KeyTransport = KeyTransport.OAEP_MGF1P
    sign_response: bool = False
    tamper: tuple[str, str] | None = None
    wrap: bool = False


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """Everything a successful response says. Times are aware UTC."""

    issuer: str
    audience: str
    destination: str
    recipient: str
    in_response_to: str | None
    name_id: str
    session_index: str
    address: str
    issued_at: dt.datetime
    authenticated_at: dt.datetime
    not_before: dt.datetime
    not_on_or_after: dt.datetime
    authn_context: str
    attributes: Mapping[str, Value]
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


def new_id() -> str:
    """A SAML ID: an xs:ID must not begin with a digit."""
    return f"_{secrets.token_hex(20)}"


def plan_answer(request: AuthnRequest, login: Login, released: Mapping[Attribute, Value], now: dt.datetime, issuer: str) -> AnswerPlan:
    """The faithful answer to ``request``; of ``released`` only what was requested goes in."""
    asked = [BY_NAME[a.name] for a in request.extension.attributes if a.name in BY_NAME]
    return AnswerPlan(
        issuer=issuer,
        audience=request.provider.entity_id,
        destination=request.acs_url,
        recipient=request.acs_url,
        in_response_to=request.request_id,
        name_id=new_id(),
        session_index=new_id(),
        address="",
        issued_at=now,
        authenticated_at=now,
        not_before=now,
        not_on_or_after=now + VALID_FOR,
        authn_context=login.level.wire,
        attributes={a.value: released[a] for a in asked if a in released},
        friendly_names={a.value: a.friendly_name for a in asked},
    )


def missing_required(request: AuthnRequest, released: Mapping[Attribute, Value]) -> list[RequestedAttribute]:
    """The required attributes this login cannot give, in the order of the request."""
    known = {attribute.value for attribute in released}
    return [a for a in request.extension.attributes if a.required and a.name not in known]
