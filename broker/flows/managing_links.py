"""Managing the links of an account: adding a second citizen ID, removing one, telling of changes. Nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from broker.core.ids import new_id, same
from broker.core.linking import ACCOUNT_PAGES, ConfirmLink, LinkOutlook, TellNews, is_fresh
from broker.core.next_step import Issue
from broker.core.ports import Clock
from broker.core.request import AuthorizationRequest, Prompt
from broker.core.session import BrokerSession
from broker.core.subject import LinkedIdentity, ProposedLink
from broker.flows.consenting import BY_CITIZEN
from broker.flows.judging import Judging
from broker.flows.signing_out import SigningOut
from broker.store.links import Links
from broker.store.requests import Requests
from broker.store.subjects import Subjects


@dataclass(frozen=True, slots=True)
class AccountLinks:
    """What the page of an account's citizen IDs shows: all links, the oldest first, and the one that this sign-in came by."""

    links: tuple[LinkedIdentity, ...]
    present: str
    new: frozenset[str]
    fresh: bool

    def find(self, handle: str) -> LinkedIdentity | None:
        """The link of a handle that a form brought."""
        return next((one for one in self.links if same(one.handle, handle)), None)


@dataclass(frozen=True, slots=True)
class ManagingLinks:
    """Every change needs a session of the account that was proven within `linking.FRESH`; only what was just added may be undone longer."""

    judging: Judging
    requests: Requests
    subjects: Subjects
    links: Links
    signing_out: SigningOut
    clock: Clock

    def request(self, browser_id: str, page: str = "", *, anew: bool = False, links_to: str = "") -> AuthorizationRequest:
        """A request of the account's own pages, for the judge: to sign in (`anew`: also somebody who is), or to add a citizen ID.

        `page` is the path to come back to.
        """
        prompts, now = frozenset({Prompt.LOGIN} if anew else ()), self.clock()
        return AuthorizationRequest(new_id(), browser_id, ACCOUNT_PAGES, page, ("openid",), now, prompts=prompts, links_to=links_to)

    def standing(self, session: BrokerSession | None, browser_id: str) -> BrokerSession | None:
        """The session, if it is good for the account's pages."""
        return session if isinstance(self.judging.judge(self.request(browser_id), session), Issue) else None

    def overview(self, session: BrokerSession) -> AccountLinks:
        """All links of the account."""
        links = sorted(self.subjects.links(session.subject_id), key=lambda one: one.linked_at)
        present = next((one.handle for one in links if _is_of(one, session)), "")
        new = frozenset(
            one.handle for one in links if one.linked_at >= session.authenticated_at and one.handle != present and one != links[0]
        )
        return AccountLinks(tuple(links), present, new, is_fresh(session, self.clock()))

    def outlook(self, proposed: ProposedLink, session: BrokerSession) -> LinkOutlook:
        """What would come of it. Raises AccountBlocked where the identity belongs to a blocked account."""
        return self.links.outlook(proposed.provider_alias, proposed.upstream_hash, session.subject_id)

    def link(self, request: AuthorizationRequest, session: BrokerSession | None) -> AuthorizationRequest:
        """The citizen said yes. Does nothing when there is nothing to confirm (any more): go on to the next step.

        Raises IdentityTaken, AccountBlocked.
        """
        proposed = request.proposed
        if session is None or proposed is None or not isinstance(self.judging.judge(request, session), ConfirmLink):
            return request
        now = self.clock()
        self.links.add(
            LinkedIdentity(session.subject_id, proposed.provider_alias, proposed.upstream_hash, proposed.trust, now, proposed.proven_at)
        )
        return self._changed(replace(request, consented_at=now))

    def drop(self, request: AuthorizationRequest) -> AuthorizationRequest:
        """The citizen said no: nothing of the second sign-in is kept."""
        return self._changed(replace(request, denied_by=BY_CITIZEN, proposed=None))

    def remove(self, session: BrokerSession, handle: str) -> bool:
        """Remove a link, and end what came by it: grants at once, tools are told, its sessions count for nothing any more.

        False when it must not be done now: sign in again first. Nothing happens if there is no such link (any more). Raises LastLink.
        """
        overview = self.overview(session)
        link = overview.find(handle)
        if link is None:
            return True
        if not overview.fresh and handle not in overview.new:
            return False
        for session_id in self.links.revoke(link.subject_id, link.provider_alias, link.upstream_hash, new_id()):
            self._end(session_id, link)
        self._end(session.id, link)
        return True

    def tell(self, request: AuthorizationRequest, session: BrokerSession | None) -> AuthorizationRequest:
        """The citizen has read which citizen IDs lead to the account."""
        if session is None or not isinstance(self.judging.judge(request, session), TellNews):
            return request
        self.links.tell(session.provider_alias, session.upstream_hash)
        return self._changed(replace(request, told_at=self.clock()))

    def _end(self, session_id: str, link: LinkedIdentity) -> None:
        session = self.signing_out.sessions.find(session_id)
        if session is not None and _is_of(link, session):
            self.signing_out.end(session)

    def _changed(self, request: AuthorizationRequest) -> AuthorizationRequest:
        self.requests.replace(request)
        return request


def _is_of(link: LinkedIdentity, session: BrokerSession) -> bool:
    return (link.provider_alias, link.upstream_hash) == (session.provider_alias, session.upstream_hash)
