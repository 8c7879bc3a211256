"""Ways in which an answer may be wrong. Each bends one step of the plan; tests call them by name, the page offers them with
``--faults``. A relying party must survive every one of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from signxml.algorithms import SignatureMethod

from deploy.demo.bundid.answer import AnswerPlan, KeyTransport, SignedBy, new_id
from deploy.demo.bundid.identity import Value
from deploy.demo.bundid.vocabulary import Attribute, Level, Trust

Fault = Callable[[AnswerPlan], AnswerPlan]


def _seal(**changes: Any) -> Fault:
    return lambda plan: replace(plan, sealing=replace(plan.sealing, **changes))


def _set(**changes: Any) -> Fault:
    return lambda plan: replace(plan, **changes)


def _attribute(attribute: Attribute, change: Callable[[Value], Value | None]) -> Fault:
    """Changes one attribute if it is there; None removes it."""

    def bend(plan: AnswerPlan) -> AnswerPlan:
        attributes = dict(plan.attributes)
        value = attributes.pop(attribute.value, None)
        changed = change(value) if value else None
        return replace(plan, attributes=attributes | ({attribute.value: changed} if changed else {}))

    return bend


def _every_trust(trust: Any) -> Fault:
    return lambda plan: replace(plan, attributes={name: Value(value.text, trust) for name, value in plan.attributes.items()})


def _shifted(by: dt.timedelta) -> Fault:
    """As if the simulator's clock were off by ``by``."""
    times = ("issued_at", "authenticated_at", "not_before", "not_on_or_after")
    return lambda plan: replace(plan, **{name: getattr(plan, name) + by for name in times})


def _level(level: Level) -> Fault:
    """The whole login counts as ``level``."""
    attribute = _attribute(Attribute.QAA_LEVEL, lambda value: Value(level.wire, value.trust))
    return lambda plan: attribute(replace(plan, authn_context=level.wire))


def _spaced_oids(plan: AnswerPlan) -> AnswerPlan:
    spaced = {name.replace("urn:oid:", "urn:oid: "): value for name, value in plan.attributes.items()}
    return replace(plan, attributes=spaced)


def _tampered(plan: AnswerPlan) -> AnswerPlan:
    """The name identifier changes after signing: it is in every assertion and in it once."""
    return _seal(tamper=(plan.name_id, new_id()))(plan)


FAULTS: Mapping[str, Fault] = {
    "wrong-audience": _set(audience="https://somebody-else.example"),
    "wrong-issuer": _set(issuer="https://not-bundid.example/idp"),
    "wrong-recipient": _set(recipient="https://somebody-else.example/acs"),
    "wrong-destination": _set(destination="https://somebody-else.example/acs"),
    "wrong-in-response-to": lambda plan: replace(plan, in_response_to=new_id()),
    "unsolicited": _set(in_response_to=None),
    "expired": _shifted(dt.timedelta(minutes=-10)),
    "not-yet-valid": _shifted(dt.timedelta(minutes=10)),
    "clock-ahead-30s": _shifted(dt.timedelta(seconds=30)),
    "unsigned-assertion": _seal(signed_by=SignedBy.NOBODY),
    "signature-outside-only": _seal(signed_by=SignedBy.NOBODY, sign_response=True),
    "signed-by-stranger": _seal(signed_by=SignedBy.STRANGER),
    "signed-by-next-key": _seal(signed_by=SignedBy.NEXT),
    "tampered": _tampered,
    "signature-wrapping": _seal(wrap=True),
    "plain-assertion": _seal(encrypt=False),
    "rsa-sha256-signature": _seal(signature_method=SignatureMethod.RSA_SHA256),
    "oaep-sha256": _seal(key_transport=KeyTransport.OAEP_SHA256),
    "response-signed-too": _seal(sign_response=True),
    "level-basic": _level(Level.BASIC),
    "level-unknown": _set(authn_context="STORK-QAA-Level-9"),
    "qaa-above-context": _set(authn_context=Level.BASIC.wire),
    "without-qaa": _attribute(Attribute.QAA_LEVEL, lambda value: None),
    "without-bpk2": _attribute(Attribute.BPK2, lambda value: None),
    "without-trust": _every_trust(None),
    "unknown-trust-word": _every_trust("ERHABEN"),
    "low-trust": _every_trust(Trust.UNTERGEORDNET),
    "malformed-community-id": _attribute(Attribute.COMMUNITY_ID, lambda value: Value(value.text + "7", value.trust)),
    "foreign-community-id": _attribute(Attribute.COMMUNITY_ID, lambda value: Value("02501003000000", value.trust)),
    "partial-birthdate": _attribute(Attribute.BIRTHDATE, lambda value: Value(value.text[:4], value.trust)),
    "oid-with-space": _spaced_oids,
}


def bend(plan: AnswerPlan, names: list[str]) -> AnswerPlan:
    """``plan`` with the named faults, one after the other; KeyError for an unknown name."""
    for name in names:
        plan = FAULTS[name](plan)
    return plan
