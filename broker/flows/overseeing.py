"""Overseeing sessions: which an account has, ending one or all of them, at most so many at a time, none beyond its time.

Ending one here is the same sign-out as everywhere: grants, tools, the hub (`signing_out.py`). What has ended is dead at once, for its
grants are revoked in the transaction that notes the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from broker.core.client import Client
from broker.core.delivery import HubLogout, ToolSession
from broker.core.ids import keyed_hash, new_id, same
from broker.core.ports import Clock
from broker.core.session import BrokerSession, EndedBy, RegisteredSession, Visit
from broker.core.trust import TrustLevel
from broker.flows.signing_out import SignedOut, SigningOut
from broker.flows.throttling import source_of
from broker.store.session_register import SessionRegister

SESSIONS_PER_ACCOUNT = 10

_ENDED_AT_A_TIME = 200
_SWEPT = timedelta(minutes=2)
"""Longer than a code lives, and than it takes to redeem one."""


@dataclass(frozen=True, slots=True)
class SessionOverview:
    """A session as its citizen sees it: what is on record, and the names of the tools it opened. Those `out_of_reach` are not told when
    it is ended from another browser; `only_for` is the name of the one tool it counts for, or empty."""

    session: RegisteredSession
    tools: tuple[str, ...]
    out_of_reach: tuple[str, ...]
    only_for: str = ""


@dataclass(frozen=True, slots=True)
class Overseeing:
    """`network_key` hides from where an account signs in; `most` is how many sessions it may have at a time, the oldest goes when one
    more begins."""

    register: SessionRegister
    signing_out: SigningOut
    clock: Clock
    network_key: bytes
    most: int = SESSIONS_PER_ACCOUNT

    def note(self, session: BrokerSession, visit: Visit) -> None:
        """Put a session that is about to begin on the register."""
        self.register.add(
            RegisteredSession(
                session_id=session.id,
                subject_id=session.subject_id,
                provider_alias=session.provider_alias,
                trust=session.trust,
                device=session.device,
                network=visit.network,
                network_hash=self.network_hash(session.subject_id, visit.address),
                public_computer=session.public_computer,
                only_for=session.only_for,
                created_at=self.clock(),
                expires_at=session.expires_at,
            )
        )

    def network_hash(self, subject_id: str, address: str) -> str:
        """What tells whether two sign-ins of one account came over the same connection, and nothing else; empty for no address."""
        return keyed_hash(self.network_key, subject_id, source_of(address)) if address else ""

    def own_session(self, client: Client, named: ToolSession | None, browser_id: str) -> BrokerSession | None:
        """The session that a tool keeps for itself: the one that it names, wherever that is, else the one in this browser.

        Raises StoreUnavailable.
        """
        sessions, session_id = self.signing_out.sessions, self.register.find_id(named) if named else None
        session = sessions.find(session_id) if session_id else None
        return session if session and session.only_for == client.client_id else sessions.find_own(browser_id, client.client_id)

    def sign_out(
        self,
        session: BrokerSession,
        asked_by: Client | None = None,
        by: EndedBy = EndedBy.CITIZEN,
        successor: BrokerSession | None = None,
    ) -> SignedOut:
        """End a session as `SigningOut.end` does. At a public computer that leaves nothing behind: what tools keep for themselves in the
        same browser ends before it."""
        if session.public_computer and not session.only_for:
            self._end_beside(session, by, successor)
        return self.signing_out.end(session, asked_by, by, successor)

    def end_surplus(self, subject_id: str) -> int:
        """End the oldest sessions beyond what an account may have; how many."""
        surplus = self.register.live(subject_id, self.clock())[self.most :]
        for old in surplus:
            self._end(old.session_id, EndedBy.TOO_MANY)
        return len(surplus)

    def list(self, subject_id: str) -> Sequence[SessionOverview]:
        """An account's sessions, the newest first."""
        found = self.register.live(subject_id, self.clock())
        return [self._overview(session) for session in found]

    def find(self, subject_id: str, handle: str) -> RegisteredSession | None:
        """The account's session that a form calls by this handle."""
        return next((one for one in self.register.live(subject_id, self.clock()) if same(one.handle, handle)), None)

    def why_ended(self, session_id: str) -> EndedBy | None:
        """Who or what ended a session that is no longer there; None for what nobody has to be told. Raises StoreUnavailable."""
        known = self.register.find(session_id)
        if known is None or known.ended_by == EndedBy.REPLACED:
            return None
        if known.ended_at is not None:
            return EndedBy(known.ended_by)
        return EndedBy.TIME if known.expires_at <= self.clock() else None

    def end_left_alone(self, session_id: str) -> bool:
        """End a session that was left alone at a public computer, with all that hangs on it: whoever comes there next need not be who
        signed in. Whether it was one; one that Redis has lost counts as left alone. Raises StoreUnavailable."""
        session = self.signing_out.sessions.find_even_over(session_id)
        if session:
            left_alone = session.public_computer and not session.live(self.clock())
        else:
            known = self.register.find(session_id)
            left_alone = known is not None and known.public_computer and known.ended_at is None
        if left_alone:
            self._end_wholly(session_id, EndedBy.TIME)
        return left_alone

    def remnant(self, session_id: str, browser_id: str) -> BrokerSession | None:
        """A session that Redis has lost, as far as the register knows it: worth nothing but to be ended, with its tools (F-03).

        What was open at the hub nobody can end any more. Raises StoreUnavailable.
        """
        known = self.register.find(session_id)
        if known is None or known.ended_at is not None or known.expires_at <= self.clock():
            return None
        return BrokerSession(
            id=known.session_id,
            browser_id=browser_id,
            subject_id=known.subject_id,
            provider_alias=known.provider_alias,
            trust=TrustLevel.NONE,
            amr=(),
            claims={},
            authenticated_at=known.created_at,
            last_seen_at=known.created_at,
            expires_at=known.expires_at,
            public_computer=known.public_computer,
            only_for=known.only_for,
            lost=True,
        )

    def seen_on(self, session: BrokerSession, device: str) -> BrokerSession:
        """The session as it counts on the device that its cookie came from just now. What that changes is written down once."""
        seen = session.seen_on(device)
        if seen is not session:
            self.register.note_other_device(session.id, seen.other_device)
            self.signing_out.sessions.replace(seen)
        return seen

    def share(self, session: BrokerSession) -> None:
        """The citizen says that others use this computer too: from now on the session is as one that began at a public computer, with what
        tools keep for themselves in the same browser. It never gets longer by that, and one that is so already stays as it is.

        Raises StoreUnavailable; said again, the rest is done. What was given for longer before goes on (`outlasting`).
        """
        now = self.clock()
        for one in (*self._beside(session), session):
            if not one.public_computer:
                shared = one.touched(now).at_public_computer(now)
                self.register.note_public_computer(shared.id, shared.expires_at)
                self.signing_out.sessions.shorten(shared)

    def outlasting(self, session: BrokerSession) -> tuple[str, ...]:
        """Names of the tools that keep access without the citizen when this session ends. Raises StoreUnavailable."""
        found = map(self.signing_out.clients.find, self.register.without_citizen(session.id, self.clock()))
        return tuple(client.name for client in found if client and client.takes_part)

    def end(self, subject_id: str, session_id: str, by: EndedBy = EndedBy.CITIZEN) -> SignedOut | None:
        """End one session of this account, at a public computer with what tools keep for themselves beside it. None if it has none of
        that id, which another account's is not told apart from.

        Raises StoreUnavailable; then nothing has happened, or all that counts: what Redis still holds of an ended session lets nobody in
        (`Judging.judge`).
        """
        if all(one.session_id != session_id for one in self.register.live(subject_id, self.clock())):
            return None
        return self._end_wholly(session_id, by)

    def left_at_hub(self, subject_id: str) -> Sequence[HubLogout]:
        """What the hub has to be told when all sessions of this account end together."""
        live = self.register.live(subject_id, self.clock())
        found = (self.signing_out.sessions.find_even_over(one.session_id) for one in live)
        return self.signing_out.at_hub.left_open([session for session in found if session])

    def end_all(self, subject_id: str, by: EndedBy, but: str | None = None) -> Sequence[SignedOut]:
        """End every session of this account, except the one named `but`; what became of each."""
        ids = [one.session_id for one in self.register.live(subject_id, self.clock()) if one.session_id != but]
        return [self._end(session_id, by) for session_id in ids]

    def end_everybody(self, by: EndedBy) -> int:
        """End every session there is now, not those that begin meanwhile; how many. Can be repeated."""
        ended, now = 0, self.clock()
        while ids := self.register.everybody(now, _ENDED_AT_A_TIME):
            self._end_unwaited(ids, by)
            ended += len(ids)
        return ended

    def end_expired(self) -> int:
        """Pronounce the end of sessions whose time is over, so that their tools and the hub hear of it; how many (the worker's task)."""
        ids = self.register.over(self.clock(), _ENDED_AT_A_TIME)
        self._end_unwaited(ids, EndedBy.TIME)
        return len(ids)

    def sweep(self) -> int:
        """Revoke what was granted in the very moment in which its session ended, and tell those tools too; how many sessions."""
        ids = self.register.unfinished(self.clock() - _SWEPT)
        for session_id in ids:
            self.signing_out.outbox.end_session(session_id, new_id())
        return len(ids)

    def _end_beside(self, session: BrokerSession, by: EndedBy, successor: BrokerSession | None) -> None:
        for one in self._beside(session):
            self.signing_out.end(one, by=by, successor=successor)

    def _beside(self, session: BrokerSession) -> Sequence[BrokerSession]:
        """What tools keep for themselves in the same browser, whoever signed in there."""
        here = self.signing_out.sessions.find_in_browser(session.browser_id)
        return [one for one in here if one.only_for and one.id != session.id]

    def _overview(self, session: RegisteredSession) -> SessionOverview:
        tools, alone = self.signing_out.tools_of(session.session_id), session.only_for
        tool = self.signing_out.clients.find(alone) if alone else None
        return SessionOverview(session, tools.names, tools.out_of_reach, tool.name if tool else alone)

    def _end_unwaited(self, session_ids: Sequence[str], by: EndedBy) -> None:
        for session_id in session_ids:
            self.signing_out.end_unwaited(session_id, by)

    def _end_wholly(self, session_id: str, by: EndedBy) -> SignedOut:
        session = self.signing_out.sessions.find_even_over(session_id)
        return self.sign_out(session, by=by) if session else self._end(session_id, by)

    def _end(self, session_id: str, by: EndedBy) -> SignedOut:
        session = self.signing_out.sessions.find_even_over(session_id)
        if session:
            return self.signing_out.end(session, by=by)
        self.signing_out.outbox.end_session(session_id, new_id(), by=by)  # Redis has lost it: what is on record ends all the same
        return SignedOut(self.signing_out.tools_of(session_id), upstream_ended=False)
