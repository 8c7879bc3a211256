"""Posting forms to addresses that tools registered, guarded by `outbound.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from broker.flows.outbound import CONNECT_SECONDS, LOOPBACK, TOTAL_SECONDS, Outbound, OutboundCall, RememberedNames

_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*"}


@dataclass(frozen=True, slots=True)
class Posting:
    """Sends forms. `private_hosts` are names of tools that may stand in a private network, e.g. the town hall's own."""

    private_hosts: tuple[str, ...] = ()
    connect_seconds: float = CONNECT_SECONDS
    total_seconds: float = TOTAL_SECONDS
    names: RememberedNames = field(default_factory=RememberedNames)

    def post(self, url: str, form: Mapping[str, str]) -> int:
        """The status of the answer, whose body is not read. Raises OutboundFailed."""
        near = (*self.private_hosts, *LOOPBACK)
        outbound = Outbound(near, near, self.connect_seconds, self.total_seconds, self.names.addresses)
        return outbound.ask(OutboundCall("POST", url, _HEADERS, urlencode(form))).status
