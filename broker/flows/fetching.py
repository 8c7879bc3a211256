"""Fetching what tools publish about themselves (keys, lists of redirect URIs), guarded by `outbound.py`; https only (A-46)."""

from __future__ import annotations

from dataclasses import dataclass

from broker.flows.outbound import CONNECT_SECONDS, TOTAL_SECONDS, Outbound, OutboundCall, OutboundFailed


class FetchFailed(Exception):
    """There was nothing to get. The text never says why: it would make us a scanner of other people's networks (OP-04).

    `reason` is a word for our own log.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("the address could not be fetched")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fetching:
    """Gets documents. `private_hosts` are names that may stand in a private network; times are seconds."""

    private_hosts: tuple[str, ...] = ()
    connect_seconds: float = CONNECT_SECONDS
    total_seconds: float = TOTAL_SECONDS

    def get(self, url: str, largest_bytes: int) -> bytes:
        """The document, at most so many bytes. Raises FetchFailed, also for a redirect and for every status but 200."""
        try:
            answer = self._outbound.ask(OutboundCall("GET", url, {"Accept": "application/json, */*"}, largest_bytes=largest_bytes))
        except OutboundFailed as failure:
            raise FetchFailed(str(failure)) from None
        if answer.status != 200:
            raise FetchFailed(f"status {answer.status}")
        return answer.body

    def check(self, url: str) -> None:
        """Raises FetchFailed for an address that `get` would never go to as names stand today: not https, not public (OP-01)."""
        try:
            self._outbound.check(url)
        except OutboundFailed as failure:
            raise FetchFailed(str(failure)) from None

    @property
    def _outbound(self) -> Outbound:
        return Outbound(self.private_hosts, (), self.connect_seconds, self.total_seconds)
