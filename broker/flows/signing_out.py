"""Signing out: the grants, the session, the hub's session, and every tool that is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from broker.core.client import Client
from broker.core.ids import new_id
from broker.core.session import BrokerSession, EndedBy
from broker.flows.ending_at_hub import EndingAtHub
from broker.store.clients import Clients
from broker.store.outbox import Outbox
from broker.store.sessions import Sessions


@dataclass(frozen=True, slots=True)
class SignedInTool:
    """A tool that a session let somebody into, and what it calls that session. `elsewhere`: in another browser than the one at hand, which
    can load nothing there."""

    client: Client
    sid: str
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class ToolsOfSession:
    """The tools of one session, and which of them can be told of its end."""

    entered: tuple[SignedInTool, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the tools are called."""
        return _names(self.entered)

    def include(self, client: Client) -> bool:
        """Whether this tool is one of them."""
        return any(tool.client.client_id == client.client_id for tool in self.entered)

    @property
    def out_of_reach(self) -> tuple[str, ...]:
        """Names of those that only the session's own browser could tell: not told where it is ended from elsewhere."""
        return _names(tool for tool in self.entered if not tool.client.backchannel_logout_uri)

    def untold(self, asked_by: Client | None) -> tuple[str, ...]:
        """Names of those that there is no way to tell. The one that asked for the sign-out knows anyway."""
        asking = asked_by.client_id if asked_by else None
        return _names(tool for tool in self.entered if not tool.client.can_be_told and tool.client.client_id != asking)


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What a sign-out did: the tools it was about, and whether nothing of it stands in doubt at the hub.

    `kept_at_hub`: the hub was not asked, because another sign-in needs its session. `open_at_hub`: ids of what it has not confirmed yet,
    and will be asked again.
    """

    tools: ToolsOfSession
    upstream_ended: bool
    kept_at_hub: bool = False
    open_at_hub: tuple[str, ...] = ()

    def along_with(self, others: Iterable[SignedOut]) -> SignedOut:
        """This end and those of sessions elsewhere, as one. What nobody will hear more of leaves all of it in doubt."""
        ends = tuple(others)
        in_doubt = any(not (end.upstream_ended or end.open_at_hub) for end in (self, *ends))
        still_open = () if in_doubt else (*self.open_at_hub, *(one for end in ends for one in end.open_at_hub))
        elsewhere = (replace(tool, elsewhere=True) for end in ends for tool in end.tools.entered)
        tools = ToolsOfSession((*self.tools.entered, *elsewhere))
        ended = self.upstream_ended and all(end.upstream_ended for end in ends)
        return replace(self, tools=tools, upstream_ended=ended, open_at_hub=still_open)


@dataclass(frozen=True, slots=True)
class SigningOut:
    """Ends a session everywhere. The order makes every interruption safe: what is not done yet is done when the sign-out is repeated."""

    outbox: Outbox
    sessions: Sessions
    clients: Clients
    at_hub: EndingAtHub

    def end(
        self,
        session: BrokerSession,
        asked_by: Client | None = None,
        by: EndedBy = EndedBy.CITIZEN,
        successor: BrokerSession | None = None,
    ) -> SignedOut:
        """End the session at the broker and at the hub and queue a logout for every tool but `asked_by`, which ended its own before.

        Where the hub itself said so, it is not asked; its session stays also while another one needs it, as `successor` may.
        Raises StoreUnavailable; then the citizen is still signed in and is told so. A hub that does not answer stops nothing.
        """
        untold = asked_by.client_id if asked_by and not asked_by.logout.told_when_asking else None
        heard = by is EndedBy.HUB
        left = () if heard else self.at_hub.left_open([session], successor)
        self.outbox.end_session(session.id, new_id(), untold, by, left)
        tools = self.tools_of(session.id)
        self.sessions.revoke(session.id)
        kept = not heard and self.at_hub.is_needed(session, successor)
        if not (heard or kept or left) and (left := self.at_hub.left_open([session], successor)):
            self.at_hub.note(left)  # what needed it has ended at the same moment
        still_open = tuple(logout.id for logout in left if not self.at_hub.tell(logout))
        still_open += tuple(one for one in session.left_at_hub if self.at_hub.hub_logouts.is_open(one))
        return SignedOut(tools, not (session.lost or still_open), kept, still_open)

    def end_unwaited(self, session_id: str, by: EndedBy) -> None:
        """End a session of which nobody sees the last page: the worker tells the hub. Raises StoreUnavailable; then nothing has happened,
        or all that counts."""
        session = self.sessions.find_even_over(session_id)
        self.outbox.end_session(session_id, new_id(), by=by, at_hub=self.at_hub.left_open([session] if session else []))
        self.sessions.revoke(session_id)

    def finish(self, session_id: str) -> None:
        """The rest of a sign-out whose end stands in SQL already: what Redis holds of it goes. Raises StoreUnavailable."""
        if session := self.sessions.find_even_over(session_id):
            self.at_hub.note(self.at_hub.left_open([session]))  # who signed in at the very moment of the end was not known there yet
            self.sessions.revoke(session_id)

    def leave(self, session: BrokerSession, client: Client, *, told: bool) -> ToolsOfSession:
        """Sign out of one tool; the session and all other tools go on. `told`: it has to be told, for it did not end its own before.

        What the tool knew of the session, for the browser to tell it. Raises StoreUnavailable; then nothing has happened.
        """
        sids = self.outbox.leave_session(session.id, client.client_id, new_id(), told=told)
        return ToolsOfSession(tuple(SignedInTool(client, sid) for sid in sids))

    def tools_of(self, session_id: str) -> ToolsOfSession:
        """The tools this session let the citizen into, as far as they still take part. Raises StoreUnavailable."""
        found = ((self.clients.find(one.client_id), one.sid) for one in self.outbox.list_tool_sessions(session_id))
        return ToolsOfSession(tuple(SignedInTool(client, sid) for client, sid in found if client and client.takes_part))

    def hand_over(self, old: BrokerSession, new: BrokerSession) -> None:
        """The same person signed in anew: tools of the old session hang on the new one from now on, so that its end reaches them.

        What the old one had at the hub ends, unless the new one, or another, hangs on it.
        """
        self.outbox.hand_over_session(old.id, new.id)
        for logout in self.at_hub.left_open([old], new):
            self.at_hub.leave(logout)


def _names(tools: Iterable[SignedInTool]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tool.client.name for tool in tools))
