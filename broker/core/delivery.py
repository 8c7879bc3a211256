"""Logout deliveries: what a tool, or the hub, must still be told after a session ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class DeliveryState(StrEnum):
    """`pending` is tried again until it is `delivered`, or `failed` for good."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ToolSession:
    """A tool's part of a session: what the tool calls the citizen (`sub`) and the session (`sid`)."""

    client_id: str
    sub: str
    sid: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One back-channel logout of one tool session (OIDC Back-Channel Logout 1.0). `logout_id` groups those of one sign-out.

    `leased_until`: until then one worker is at it, and no other. `outcome` and `duration_ms` are of the last attempt: a status, or one
    word for why there was none.
    """

    id: str
    logout_id: str
    client_id: str
    sub: str
    sid: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    outcome: str = ""
    leased_until: datetime | None = None
    last_attempt_at: datetime | None = None
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class DeliverySummary:
    """What became of one tool's deliveries of a time; `pending` are all that wait, however long. `oldest_pending_at` is when the session
    ended that has waited longest; `median_ms` of the attempts that arrived, None where none did."""

    client_id: str
    delivered: int = 0
    failed: int = 0
    pending: int = 0
    oldest_pending_at: datetime | None = None
    median_ms: int | None = None


@dataclass(frozen=True, slots=True)
class HubLogout:
    """The end of a session that the hub must still be told of: by the ID token it gave (RP-Initiated Logout 1.0), about its session
    `upstream_sid`. `id` is one for each token, and tells nothing of it."""

    id: str
    upstream_sid: str
    id_token: str = field(repr=False)
