"""`verified_claims` (OpenID Connect for Identity Assurance 1.0): what a tool gets and was vouched for once more, with how well and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from broker.core.claim import ClaimData
from broker.core.trust import TrustLevel

VERIFIED_CLAIMS = "verified_claims"
TRUST_FRAMEWORK = "eidas"
"""Whose levels `assurance_level` names: low, substantial, high."""


def verified_claims(
    values: Mapping[str, ClaimData], levels: Mapping[str, TrustLevel], at: datetime
) -> dict[str, Any] | list[dict[str, Any]] | None:
    """The values of the claims that `levels` names at low or more, in one object per level, highest first; None where there are none.

    `at` is when the citizen ID vouched for them, which it does anew at each sign-in.
    """
    found = [level for level in sorted(TrustLevel, reverse=True) if level > TrustLevel.BASIC and level in levels.values()]
    objects = [_object(level, {name: values[name] for name in levels if levels[name] is level}, at) for level in found]
    return objects if len(objects) > 1 else next(iter(objects), None)


def _object(level: TrustLevel, claims: dict[str, ClaimData], at: datetime) -> dict[str, Any]:
    time = at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    return {"verification": {"trust_framework": TRUST_FRAMEWORK, "assurance_level": level.word, "time": time}, "claims": claims}
