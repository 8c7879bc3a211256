"""Ways in which an answer may be wrong, whatever its dialect. Each bends one step of the plan; tests call them by name, the pages
offer them with ``--faults``. A relying party must survive every one of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from signxml.algorithms import SignatureMethod

from deploy.demo.saml.answer import AnswerPlan, KeyTransport, SignedBy, Value, new_id

Fault = Callable[[AnswerPlan], AnswerPlan]


def seal(**changes: Any) -> Fault:
    """Signed or encrypted in another way."""
    return lambda plan: replace(plan, sealing=replace(plan.sealing, **changes))


def state(**changes: Any) -> Fault:
    """The plan's own fields say something else."""
    return lambda plan: replace(plan, **changes)


def attribute(name: str, change: Callable[[Value], Value | None]) -> Fault:
    """Changes one attribute if it is there; None removes it."""

    def bend(plan: AnswerPlan) -> AnswerPlan:
        attributes = dict(plan.attributes)
        value = attributes.pop(name, None)
        changed = change(value) if value else None
        return replace(plan, attributes=attributes | ({name: changed} if changed else {}))

    return bend


def shifted(by: dt.timedelta) -> Fault:
    """As if the simulator's clock were off by ``by``."""
    times = ("issued_at", "authenticated_at", "not_before", "not_on_or_after")
    return lambda plan: replace(plan, **{name: getattr(plan, name) + by for name in times})


def _tampered(plan: AnswerPlan) -> AnswerPlan:
    """The name identifier changes after signing: it is in every assertion and in it once."""
    return seal(tamper=(plan.name_id, new_id()))(plan)


ENVELOPE: Mapping[str, Fault] = {
    "wrong-audience": state(audience="https://somebody-else.example"),
    "wrong-issuer": state(issuer="https://somebody-else.example/idp"),
    "wrong-recipient": state(recipient="https://somebody-else.example/acs"),
    "wrong-destination": state(destination="https://somebody-else.example/acs"),
    "wrong-in-response-to": lambda plan: replace(plan, in_response_to=new_id()),
    "unsolicited": state(in_response_to=None),
    "expired": shifted(dt.timedelta(minutes=-10)),
    "not-yet-valid": shifted(dt.timedelta(minutes=10)),
    "clock-ahead-30s": shifted(dt.timedelta(seconds=30)),
}
"""Wrong towards every relying party, however the answer is signed and encrypted."""

ASSERTION_SIGNATURE: Mapping[str, Fault] = {
    "unsigned-assertion": seal(signed_by=SignedBy.NOBODY),
    "signature-outside-only": seal(signed_by=SignedBy.NOBODY, response_signed_by=SignedBy.CURRENT),
    "signed-by-stranger": seal(signed_by=SignedBy.STRANGER),
    "signed-by-next-key": seal(signed_by=SignedBy.NEXT),
    "tampered": _tampered,
    "signature-wrapping": seal(wrap=True),
    "response-signed-too": seal(response_signed_by=SignedBy.CURRENT),
}
"""For citizen IDs that sign the assertion."""

ENCRYPTION: Mapping[str, Fault] = {
    "plain-assertion": seal(encrypt=False),
    "rsa-sha256-signature": seal(signature_method=SignatureMethod.RSA_SHA256),
    "oaep-sha256": seal(key_transport=KeyTransport.OAEP_SHA256),
}
"""For citizen IDs that encrypt, and sign by PSS."""


def bend(plan: AnswerPlan, names: Iterable[str], faults: Mapping[str, Fault]) -> AnswerPlan:
    """``plan`` with the named faults, one after the other; KeyError for an unknown name."""
    for name in names:
        plan = faults[name](plan)
    return plan
