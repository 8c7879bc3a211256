"""Initial access tokens (RFC 7591 3): who may register how many clients, and what these may be at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from broker.core.client import ClientStatus


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an administrator decided beforehand about the clients that come with it. `token_hash` is the keyed hash of the token.

    `status` is what they become: in the sandbox, or live at once. `basic_profile`: as OpenID Connect's Basic profile has it, without PKCE
    and with unverified e-mail addresses called so. `public_subject`: they may ask for subject type `public`.
    """

    token_hash: str
    label: str
    status: ClientStatus
    uses_left: int
    created_at: datetime
    expires_at: datetime
    basic_profile: bool = False
    public_subject: bool = False
