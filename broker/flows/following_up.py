"""Following up: after a sign-out its browser may see, for minutes, what has become of it at each tool (LO-03, LO-08)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from broker.core.client import Client
from broker.core.errors import StoreUnavailable
from broker.core.ids import new_secret
from broker.core.ports import Clock
from broker.core.session import BrokerSession
from broker.core.sign_out_ticket import TICKET_LIFETIME, LeftTool, SignOutTicket, ToolOutcome, ToolState, outcomes
from broker.flows.signing_out import SignedOut
from broker.store.hub_logouts import HubLogouts
from broker.store.outbox import Outbox
from broker.store.sign_out_tickets import SignOutTickets


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sign-out is at its tools and at the hub, and how long to wait before looking again; None: nothing more will come, or not
    in time. `open_at_hub`: the hub is still being asked."""

    tools: tuple[ToolOutcome, ...] = ()
    open_at_hub: bool = False
    pause: timedelta | None = None

    @property
    def done(self) -> int:
        """At how many tools the citizen is signed out for certain."""
        return sum(tool.state is ToolState.DONE for tool in self.tools)

    @property
    def pending(self) -> bool:
        """Whether some tool or the hub is still being told."""
        return self.open_at_hub or self.tools_pending

    @property
    def tools_pending(self) -> bool:
        """Whether some tool is still being told."""
        return any(tool.state is ToolState.PENDING for tool in self.tools)


@dataclass(frozen=True, slots=True)
class FollowingUp:
    """Gives out tickets and reads the outbox for whoever shows one."""

    tickets: SignOutTickets
    outbox: Outbox
    hub_logouts: HubLogouts
    clock: Clock

    def ticket(self, session: BrokerSession, done: SignedOut, tools: Iterable[LeftTool], back: Client | None) -> SignOutTicket:
        """What there will be to look up about the end of this session; nothing is stored yet. `back`: the tool to return to."""
        now, leads_back = self.clock(), back is not None and bool(back.base_url)
        return SignOutTicket(
            secret=new_secret(),
            browser_id=session.browser_id,
            tools=tuple(tools),
            provider_alias=session.provider_alias,
            hub_confirmed=done.upstream_ended,
            made_at=now,
            expires_at=now + TICKET_LIFETIME,
            back_name=back.name if back and leads_back else "",
            back_url=back.base_url if back and leads_back else "",
            public_computer=session.public_computer,
            hub_kept=done.kept_at_hub,
            only_at=back.name if back and session.only_for else "",
            open_at_hub=done.open_at_hub,
        )

    def give_out(self, ticket: SignOutTicket) -> str | None:
        """Keep the ticket for its browser, in the place of an older one; the secret that stands for it.

        None in an outage of Redis: the citizen is signed out all the same, and learns no more than that.
        """
        try:
            self.tickets.add(ticket)
        except StoreUnavailable:
            return None
        return ticket.secret

    def pressed_twice(self, browser_id: str) -> str | None:
        """The secret of the ticket that this browser got seconds ago, for whoever presses the same button again; else None."""
        ticket = self.tickets.find_latest(browser_id)
        return ticket.secret if ticket and ticket.just_made(self.clock()) else None

    def look(self, secret: str, browser_id: str) -> tuple[SignOutTicket, Progress] | None:
        """The ticket of this secret and how far things are; None for another browser, and when the ticket is over.

        The frames in it are given out once. On a computer that others use too, the last news is the end of the ticket.
        Raises StoreUnavailable.
        """
        ticket = self.tickets.find(secret, browser_id)
        if ticket is None:
            return None
        progress = self.progress(ticket)
        if ticket.public_computer and not progress.pending:
            self.tickets.revoke(browser_id)
        elif ticket.frames and not ticket.frames_loaded:
            self.tickets.replace(replace(ticket, frames_loaded=True))
        return ticket, progress

    def progress(self, ticket: SignOutTicket) -> Progress:
        """How far things are by now."""
        found = outcomes(ticket.tools, self.outbox.list_told((tool.client_id, tool.sid) for tool in ticket.tools))
        progress = Progress(found, any(map(self.hub_logouts.is_open, ticket.open_at_hub)))
        return replace(progress, pause=ticket.pause(self.clock())) if progress.pending else progress

    def forget(self, browser_id: str) -> None:
        """There is a newer sign-out in this browser, which has nothing to look up."""
        self.tickets.revoke(browser_id)
