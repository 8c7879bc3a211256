"""What a browser may still look up about a sign-out: which tools it was about, and what has become of each (LO-03)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from broker.core.delivery import Delivery, DeliveryState

TICKET_LIFETIME = timedelta(minutes=10)
_SAME_PRESS = timedelta(seconds=10)
_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=3), timedelta(minutes=1)


class ToolState(StrEnum):
    """What has become of a tool's session. `sent`: the browser loaded its address, nobody knows with what success; `untold`: no way."""

    DONE = "done"
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    UNTOLD = "untold"


_WORST_FIRST = (ToolState.UNTOLD, ToolState.FAILED, ToolState.PENDING, ToolState.SENT, ToolState.DONE)


@dataclass(frozen=True, slots=True)
class LeftTool:
    """A tool's session that ended with the sign-out, and the address that the browser loads there, if it is told that way as well.

    `asked`: the tool asked for the sign-out itself, so it has ended its own session before.
    """

    client_id: str
    sid: str
    name: str
    asked: bool = False
    frontchannel: str = ""


@dataclass(frozen=True, slots=True)
class SignOutTicket:
    """A sign-out as the browser that was signed out may look it up. `secret` stands in the page's address, and in Redis only sealed.

    `hub_confirmed`: the hub said that its session has ended. `provider_alias`: the citizen ID of the session. `back_name` and `back_url`:
    the tool to return to, or empty. `frames_loaded`: the page with the frames has been given out. `hub_kept`: its session goes on for
    another sign-in of this browser. `only_at`: the tool that kept this session for itself, or empty. `open_at_hub`: ids of what the hub had
    not confirmed yet.
    """

    secret: str
    browser_id: str
    tools: tuple[LeftTool, ...]
    provider_alias: str
    hub_confirmed: bool
    made_at: datetime
    expires_at: datetime
    back_name: str = ""
    back_url: str = ""
    public_computer: bool = False
    frames_loaded: bool = False
    hub_kept: bool = False
    only_at: str = ""
    open_at_hub: tuple[str, ...] = ()

    @property
    def frames(self) -> tuple[str, ...]:
        """Addresses that the browser loads to tell tools, each once."""
        return tuple(dict.fromkeys(tool.frontchannel for tool in self.tools if tool.frontchannel))

    def just_made(self, now: datetime) -> bool:
        """Whether it is so young that whoever signs out once more has pressed the button twice."""
        return now - self.made_at < _SAME_PRESS

    def pause(self, now: datetime) -> timedelta | None:
        """How long to wait before looking again: the longer it takes the longer; None when the ticket would be over by then."""
        pause = min(max((now - self.made_at) / 2, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        return pause if now + pause < self.expires_at else None


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What has become of the sign-out at one tool. `attempts` and `next_attempt_at` while it is pending; `addresses` are those by which
    the browser told it, for whoever wants to open them: where nothing surer is known."""

    name: str
    state: ToolState
    addresses: tuple[str, ...] = ()
    attempts: int = 0
    next_attempt_at: datetime | None = None


def outcomes(tools: Iterable[LeftTool], deliveries: Iterable[Delivery]) -> tuple[ToolOutcome, ...]:
    """One outcome for each tool, by name. A tool with several sessions (entered before and after a step-up) is as far as its worst one."""
    known = {(delivery.client_id, delivery.sid): delivery for delivery in deliveries}
    worst: dict[str, ToolOutcome] = {}
    for tool in tools:
        found = _outcome(tool, known.get((tool.client_id, tool.sid)))
        worst[tool.client_id] = _worse(found, worst.get(tool.client_id, found))
    return tuple(sorted(worst.values(), key=lambda one: one.name))


def _outcome(tool: LeftTool, delivery: Delivery | None) -> ToolOutcome:
    if tool.asked or (delivery and delivery.state is DeliveryState.DELIVERED):
        return ToolOutcome(tool.name, ToolState.DONE)
    addresses = (tool.frontchannel,) if tool.frontchannel else ()
    if delivery and delivery.state is DeliveryState.PENDING:
        return ToolOutcome(tool.name, ToolState.PENDING, addresses, delivery.attempts, delivery.next_attempt_at)
    if addresses:
        return ToolOutcome(tool.name, ToolState.SENT, addresses)
    return ToolOutcome(tool.name, ToolState.FAILED if delivery else ToolState.UNTOLD)


def _worse(one: ToolOutcome, other: ToolOutcome) -> ToolOutcome:
    worse = min(one, other, key=lambda outcome: _WORST_FIRST.index(outcome.state))
    return replace(worse, addresses=tuple(dict.fromkeys((*other.addresses, *one.addresses))))
