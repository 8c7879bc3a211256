"""Keys that sign what the broker issues, and their life: next, active, retired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class KeyState(StrEnum):
    """`next` is published but does not sign yet; `active` signs; `retired` only verifies what it once signed."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key pair for one algorithm. `private_jwk` is JSON text, sealed wherever it is stored; `kid` is the RFC 7638 thumbprint."""

    kid: str
    algorithm: str
    private_jwk: str
    state: KeyState
    created_at: datetime
    activate_at: datetime
    retire_at: datetime | None = None
