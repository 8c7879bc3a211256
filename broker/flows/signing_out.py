"""Signing out: the grants, the session, the hub's session, and every tool that is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from broker.core.client import Client
from broker.core.ids import new_id
from broker.core.ports import Upstream
from broker.core.session import BrokerSession, EndedBy
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

    `kept_at_hub`: the hub was not asked, because another sign-in needs its session.
    """

    tools: ToolsOfSession
    upstream_ended: bool
    kept_at_hub: bool = False

    def along_with(self, others: Iterable[SignedOut]) -> SignedOut:
        """This end and those of sessions elsewhere, as one."""
        ends = tuple(others)
        elsewhere = (replace(tool, elsewhere=True) for end in ends for tool in end.tools.entered)
        tools = ToolsOfSession((*self.tools.entered, *elsewhere))
        return replace(self, tools=tools, upstream_ended=self.upstream_ended and all(end.upstream_ended for end in ends))


@dataclass(frozen=True, slots=True)
class SigningOut:
    """Ends a session everywhere. The order makes every interruption safe: what is not done yet is done when the sign-out is repeated."""

    outbox: Outbox
    sessions: Sessions
    clients: Clients
    upstream: Upstream

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
        self.outbox.end_session(session.id, new_id(), untold, by)
        return self.finish(session, by, successor)

    def finish(self, session: BrokerSession, by: EndedBy, successor: BrokerSession | None = None) -> SignedOut:
        """The rest of a sign-out whose end stands in SQL already: the session with all it holds goes, here and at the hub."""
        tools, kept = self.tools_of(session.id), by is not EndedBy.HUB and self._is_needed_at_hub(session, successor)
        self.sessions.revoke(session.id)
        return SignedOut(tools, kept or by is EndedBy.HUB or self._ended_at_hub(session), kept)

    def _is_needed_at_hub(self, session: BrokerSession, successor: BrokerSession | None) -> bool:
        """Whether a session that must not end with this one hangs on the same session of the hub, which has one for each browser
        (Keycloak 26): whose sign-in came after it, the common one beside a tool's own, or another tool's own. The last of them ends it."""
        if session.upstream_sid is None:
            return False
        if successor is not None and successor.upstream_sid == session.upstream_sid:
            return True
        return any(other.only_for != session.only_for for other in self.sessions.find_by_upstream(session.upstream_sid))

    def leave(self, session: BrokerSession, client: Client, *, told: bool) -> ToolsOfSession:
        """Sign out of one tool; the session and all other tools go on. `told`: it has to be told, for it did not end its own before.

        What the tool knew of the session, for the browser to tell it. Raises StoreUnavailable; then nothing has happened.
        """
        sids = self.outbox.leave_session(session.id, client.client_id, new_id(), told=told)
        return ToolsOfSession(tuple(SignedInTool(client, sid) for sid in sids))

    def _ended_at_hub(self, session: BrokerSession) -> bool:
        """Whether nothing is left of it there: nothing ever was, it ended after the sign-in, or it does now. Of a lost one nobody knows."""
        token = session.upstream_id_token
        return not session.lost and (token is None or self.upstream.end_session(token))

    def tools_of(self, session_id: str) -> ToolsOfSession:
        """The tools this session let the citizen into, as far as they still take part. Raises StoreUnavailable."""
        found = ((self.clients.find(one.client_id), one.sid) for one in self.outbox.list_tool_sessions(session_id))
        return ToolsOfSession(tuple(SignedInTool(client, sid) for client, sid in found if client and client.takes_part))

    def hand_over(self, old: BrokerSession, new: BrokerSession) -> None:
        """The same person signed in anew: tools of the old session hang on the new one from now on, so that its end reaches them."""
        self.outbox.hand_over_session(old.id, new.id)


def _names(tools: Iterable[SignedInTool]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tool.client.name for tool in tools))
