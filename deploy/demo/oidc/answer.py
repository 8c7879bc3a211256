"""The answer as a plan: every fact of ID token and userinfo in one plain object, so that a test can bend exactly one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from deploy.demo.oidc.tokens import SigningKey, tampered, unsigned


class SignedBy(StrEnum):
    """How the ID token is signed."""

    OWN = "own"
    STRANGER = "stranger"
    UNKNOWN_KID = "unknown-kid"
    NOBODY = "nobody"
    BEFORE_A_CHANGE = "before-a-change"


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """Everything a successful sign-in answers."""

    claims: Mapping[str, Any]
    userinfo: Mapping[str, Any]
    signed_by: SignedBy = SignedBy.OWN


def id_token(plan: AnswerPlan, key: SigningKey) -> str:
    """The ID token of a plan."""
    match plan.signed_by:
        case SignedBy.NOBODY:
            return unsigned(plan.claims)
        case SignedBy.STRANGER:
            return key.sign_as_stranger(plan.claims)
        case SignedBy.UNKNOWN_KID:
            return key.sign(plan.claims, kid="nobody-knows-this-key")
        case SignedBy.BEFORE_A_CHANGE:
            return tampered(key.sign(plan.claims), {**plan.claims, "sub": "somebody-else"})
        case SignedBy.OWN:
            return key.sign(plan.claims)
