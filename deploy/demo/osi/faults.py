"""Ways in which an answer of Servicekonto SH may be wrong: those of every SAML answer, and those of this dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from signxml.algorithms import SignatureMethod

from deploy.demo.osi.identity import structured
from deploy.demo.osi.vocabulary import Attribute, Level
from deploy.demo.saml.answer import AnswerPlan, Value
from deploy.demo.saml.faults import ASSERTION_SIGNATURE, ENVELOPE, Fault, attribute, seal, state
from deploy.demo.saml.vocabulary import NAMEID_TRANSIENT


def _says(name: Attribute, text: str) -> Fault:
    return attribute(name.value, lambda value: Value(text))


def _without(name: Attribute) -> Fault:
    return attribute(name.value, lambda value: None)


def _again(name: Attribute, value: Value) -> Fault:
    """The attribute stands twice, the second time with another value."""
    return lambda plan: replace(plan, more_attributes=(*plan.more_attributes, (name.value, value)))


def _low(plan: AnswerPlan) -> AnswerPlan:
    """The whole login is only low."""
    return _says(Attribute.ASSURANCE_LEVEL, Level.LOW.wire)(replace(plan, authn_context=Level.LOW.wire))


FAULTS: Mapping[str, Fault] = {
    **ENVELOPE,
    **ASSERTION_SIGNATURE,
    "pss-signature": seal(signature_method=SignatureMethod.SHA256_RSA_MGF1),
    "level-low": _low,
    "level-unknown": state(authn_context="http://eidas.europa.eu/LoA/highest"),
    "assurance-above-context": state(authn_context=Level.LOW.wire),
    "two-assurance-levels": _again(Attribute.ASSURANCE_LEVEL, Value(Level.LOW.wire)),
    "without-assurance-level": _without(Attribute.ASSURANCE_LEVEL),
    "empty-name-id": state(name_id=""),
    "transient-name-id": state(name_id_format=NAMEID_TRANSIENT),
    "two-residences": _again(Attribute.PLACE_OF_RESIDENCE, structured("PlaceOfResidenceType", {"ZipCode": "23552", "City": "Lübeck"})),
    "residence-as-text": _says(Attribute.PLACE_OF_RESIDENCE, "23552 Lübeck"),
    "huge-residence": attribute(
        Attribute.PLACE_OF_RESIDENCE.value, lambda value: structured("PlaceOfResidenceType", {"City": "Lübeck" * 10_000})
    ),
    "german-birthdate": _says(Attribute.DATE_OF_BIRTH, "04.03.1987"),
    "unknown-principal-type": _says(Attribute.PRINCIPAL_TYPE, "Robot"),
}
