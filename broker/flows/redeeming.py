"""Redeeming a voucher: a sign-in without a citizen ID, on a page of ours instead of the hub's."""

from __future__ import annotations

from datetime import datetime

from broker.core.ids import keyed_hash
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from broker.core.voucher import VOUCHER


def bearer_of(code: str, voucher_key: bytes, at: datetime) -> UpstreamIdentity:
    """Whoever holds this code, of whom nothing else is known; at level basic. No way leads from the identity back to the code."""
    return UpstreamIdentity(VOUCHER, keyed_hash(voucher_key, "code", code), TrustLevel.BASIC, (), {}, at)
