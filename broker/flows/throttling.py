"""Throttling those who fail: a source that keeps failing is told to stop, and nobody else notices (CL-07).

Only failures count and only failures are refused: whoever proves who they are is served, also from an address that others abuse, so that
nobody can lock out a tool by guessing in its name. Our secrets cannot be guessed; this keeps guessers from costing much, and visible.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from broker.core.errors import StoreUnavailable
from broker.core.oauth_errors import TooManyAttempts
from broker.store.attempts import Attempts

WINDOW = timedelta(minutes=1)
MOST_FAILURES = 100


@dataclass(frozen=True, slots=True)
class Throttling:
    """Counts what failed. A success costs nothing here."""

    attempts: Attempts

    def failed(self, kind: str, address: str) -> None:
        """Count a failure of this kind from this address. Raises TooManyAttempts from the hundredth and first within a minute on.

        While Redis is away nothing is counted: the failure is told as it is.
        """
        try:
            count = self.attempts.add(kind, source_of(address), WINDOW)
        except StoreUnavailable:
            return
        if count > MOST_FAILURES:
            raise TooManyAttempts

    def came(self, kind: str, address: str, remembered: timedelta) -> int:
        """Count what costs us something whatever comes of it; how often it came from this source of late. Raises StoreUnavailable."""
        return self.attempts.add(kind, source_of(address), remembered)


def source_of(address: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 that an IPv6 host may choose from."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((ip, 64), strict=False)) if isinstance(ip, ipaddress.IPv6Address) else str(ip)
