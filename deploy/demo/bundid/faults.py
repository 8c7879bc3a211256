"""Ways in which an answer of BundID or BayernID may be wrong: those of every SAML answer, and those of this dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from deploy.demo.bundid.vocabulary import Attribute, Level, Trust
from deploy.demo.saml.answer import AnswerPlan, Value
from deploy.demo.saml.faults import ASSERTION_SIGNATURE, ENCRYPTION, ENVELOPE, Fault, attribute, state


def _every_trust(trust: str | None) -> Fault:
    return lambda plan: replace(plan, attributes={name: Value(value.text, trust) for name, value in plan.attributes.items()})


def _level(level: Level) -> Fault:
    """The whole login counts as ``level``."""
    qaa = attribute(Attribute.QAA_LEVEL.value, lambda value: Value(level.wire, value.trust))
    return lambda plan: qaa(replace(plan, authn_context=level.wire))


def _spaced_oids(plan: AnswerPlan) -> AnswerPlan:
    spaced = {name.replace("urn:oid:", "urn:oid: "): value for name, value in plan.attributes.items()}
    return replace(plan, attributes=spaced)


FAULTS: Mapping[str, Fault] = {
    **ENVELOPE,
    **ASSERTION_SIGNATURE,
    **ENCRYPTION,
    "level-basic": _level(Level.BASIC),
    "level-unknown": state(authn_context="STORK-QAA-Level-9"),
    "qaa-above-context": state(authn_context=Level.BASIC.wire),
    "without-qaa": attribute(Attribute.QAA_LEVEL.value, lambda value: None),
    "without-bpk2": attribute(Attribute.BPK2.value, lambda value: None),
    "without-trust": _every_trust(None),
    "unknown-trust-word": _every_trust("ERHABEN"),
    "low-trust": _every_trust(Trust.UNTERGEORDNET),
    "malformed-community-id": attribute(Attribute.COMMUNITY_ID.value, lambda value: Value(value.text + "7", value.trust)),
    "foreign-community-id": attribute(Attribute.COMMUNITY_ID.value, lambda value: Value("02501003000000", value.trust)),
    "partial-birthdate": attribute(Attribute.BIRTHDATE.value, lambda value: Value(value.text[:4], value.trust)),
    "oid-with-space": _spaced_oids,
}
