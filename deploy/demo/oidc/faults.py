"""Ways in which an answer may be wrong. Each bends one fact of the plan; tests call them by name, the page offers them with
``--faults``. A relying party must survive every one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from deploy.demo.oidc.answer import AnswerPlan, SignedBy

Fault = Callable[[AnswerPlan], AnswerPlan]

SMUGGLED: Mapping[str, Any] = {
    # Names that mean something to a hub, to the broker or to tools, and that no citizen account has a say in (AL-02).
    "admin": True,
    "groups": ["admin", "moderators"],
    "roles": ["admin"],
    "realm_access": {"roles": ["admin"]},
    "bp_resident_of": ["01003000"],
    "bp_age_over": [65],
    "bp_subject_type": "organisation",
    "bp_vote_key": "chosen-by-the-account",
    "bp_attr_loa": {"bp_resident_of": "high"},
    "up_idp": "bundid",
    "up_principal": "somebody-else",
    "upstream": {"authn_context": "STORK-QAA-Level-4"},
    "identity_provider": "bundid",
    "identity_provider_identity": "somebody-else",
    "bp_upstream": "{}",
    "preferred_username": "admin",
    "username": "admin",
}


def _claims(**changes: Any) -> Fault:
    """Puts these claims; None takes one away."""

    def bend(plan: AnswerPlan) -> AnswerPlan:
        changed = {**plan.claims, **changes}
        return replace(plan, claims={name: value for name, value in changed.items() if value is not None})

    return bend


def _signed(by: SignedBy) -> Fault:
    return lambda plan: replace(plan, signed_by=by)


def _shifted(seconds: int) -> Fault:
    """As if the account's clock were off."""

    def bend(plan: AnswerPlan) -> AnswerPlan:
        return replace(plan, claims={**plan.claims, **{name: plan.claims[name] + seconds for name in ("iat", "exp", "auth_time")}})

    return bend


def _two_levels(plan: AnswerPlan) -> AnswerPlan:
    return _claims(acr=[plan.claims["acr"], "STORK-QAA-Level-4"])(plan)


def _two_audiences(plan: AnswerPlan) -> AnswerPlan:
    return _claims(aud=[plan.claims["aud"], "somebody-else"], azp="somebody-else")(plan)


FAULTS: Mapping[str, Fault] = {
    "wrong-audience": _claims(aud="somebody-else"),
    "two-audiences": _two_audiences,
    "wrong-issuer": _claims(iss="https://not-this-account.example"),
    "wrong-nonce": _claims(nonce="of-another-sign-in"),
    "without-nonce": _claims(nonce=None),
    "expired": _shifted(-3600),
    "issued-in-the-future": _shifted(3600),
    "alg-none": _signed(SignedBy.NOBODY),
    "unknown-kid": _signed(SignedBy.UNKNOWN_KID),
    "signed-by-stranger": _signed(SignedBy.STRANGER),
    "tampered": _signed(SignedBy.BEFORE_A_CHANGE),
    "without-subject": _claims(sub=None),
    "userinfo-of-another": lambda plan: replace(plan, userinfo={**plan.userinfo, "sub": "somebody-else", "given_name": "ANOTHER"}),
    "smuggled-claims": _claims(**SMUGGLED),
    "smuggled-in-address": lambda plan: _claims(address={**plan.claims.get("address", {}), "acr": "STORK-QAA-Level-4", "sub": "x"})(plan),
    "without-level": _claims(acr=None),
    "unknown-level": _claims(acr="STORK-QAA-Level-9"),
    "two-levels": _two_levels,
    "level-as-number": _claims(acr=4),
    "malformed-email": _claims(email="citizen@@post..example\r\nBcc: all@post.example"),
    "partial-birthdate": _claims(birthdate="1975"),
    "huge-claim": _claims(given_name="A" * 20_000),
}


def bend(plan: AnswerPlan, names: list[str]) -> AnswerPlan:
    """``plan`` with the named faults, one after the other; KeyError for an unknown name."""
    for name in names:
        plan = FAULTS[name](plan)
    return plan
