"""Ways in which an answer of Mein Unternehmenskonto may be wrong: those of every SAML answer, and those of this dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from deploy.demo.muk.identity import structured
from deploy.demo.muk.vocabulary import Attribute
from deploy.demo.saml.answer import AnswerPlan, SignedBy, Value
from deploy.demo.saml.faults import ENCRYPTION, ENVELOPE, Fault, attribute, seal, state


def _says(name: Attribute, text: str) -> Fault:
    return attribute(name.value, lambda value: Value(text))


def _without(name: Attribute) -> Fault:
    return attribute(name.value, lambda value: None)


def _again(name: Attribute, value: Value) -> Fault:
    """The attribute stands twice, the second time with another value."""
    return lambda plan: replace(plan, more_attributes=(*plan.more_attributes, (name.value, value)))


def _parts(name: Attribute, change: Callable[[dict[str, str]], dict[str, str]]) -> Fault:
    """Changes the elements of a structured value."""

    def changed(value: Value) -> Value:
        assert value.structure is not None
        parts = {key: part for key, part in value.structure.parts.items() if isinstance(part, str)}
        return structured(value.structure.type_name, change(parts))

    return attribute(name.value, changed)


def _tampered(plan: AnswerPlan) -> AnswerPlan:
    """The response says another time than what was signed."""
    return seal(tamper_response=("<saml2p:Status>", '<saml2p:Status xml:lang="de">'))(plan)


FAULTS: Mapping[str, Fault] = {
    **ENVELOPE,
    **ENCRYPTION,
    "unsigned-response": seal(response_signed_by=SignedBy.NOBODY),
    "response-signed-by-stranger": seal(response_signed_by=SignedBy.STRANGER),
    "response-signed-by-next-key": seal(response_signed_by=SignedBy.NEXT),
    "response-tampered": _tampered,
    "assertion-signed-instead": seal(response_signed_by=SignedBy.NOBODY, signed_by=SignedBy.CURRENT),
    "assertion-signed-too": seal(signed_by=SignedBy.CURRENT),
    "without-name-id": state(name_id=""),
    "transient-name-id": state(name_id_format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"),
    "without-organisation-key": _without(Attribute.ORGANISATION_KEY),
    "two-organisation-keys": _again(Attribute.ORGANISATION_KEY, Value("du-ffffffffffffffffffffffffffffffffffffffff")),
    "test-account": _says(Attribute.TEST_ACCOUNT, "true"),
    "without-test-word": _without(Attribute.TEST_ACCOUNT),
    "without-levels": lambda plan: _without(Attribute.AUTHENTICATION)(_without(Attribute.IDENTIFICATION)(plan)),
    "authentication-unknown": _says(Attribute.AUTHENTICATION, "unantastbar"),
    "identification-low": _says(Attribute.IDENTIFICATION, "niedrig"),
    "two-levels": _again(Attribute.AUTHENTICATION, Value("hoch")),
    "two-acting-persons": _again(Attribute.ACTING_PERSON, structured("HandelndePersonType", {"Vorname": "Zweite", "Nachname": "Person"})),
    "without-acting-person": _without(Attribute.ACTING_PERSON),
    "malformed-birthdate": _parts(Attribute.ACTING_PERSON, lambda parts: parts | {"Geburtsdatum": "20.13.1977"}),
    "acting-person-as-text": _says(Attribute.ACTING_PERSON, "Vera Vorstand"),
    "huge-address": _parts(Attribute.ADDRESS, lambda parts: parts | {"Adressergaenzung": "A" * 60_000}),
}
