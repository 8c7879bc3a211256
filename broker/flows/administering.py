"""Administering accounts: what is open on one, signing it out everywhere, blocking and erasing it. For the command line.

An account is named by its own id, or by what any tool calls it (`sub`): that is all an operator can tell of somebody. Nobody's name is
known here, so nobody can be looked up by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from broker.core.errors import ConfigurationError, NotFound
from broker.core.session import EndedBy
from broker.core.subject import Subject
from broker.flows.overseeing import Overseeing, SessionOverview
from broker.store.accounts import Accounts
from broker.store.subjects import Subjects


@dataclass(frozen=True, slots=True)
class AccountOverview:
    """An account, the citizen IDs that lead to it, and its open sessions."""

    subject: Subject
    providers: tuple[str, ...]
    sessions: Sequence[SessionOverview]


@dataclass(frozen=True, slots=True)
class Administering:
    """Each ending is the sign-out of everywhere. An outage half-way is told; by then nothing has happened, or all that counts."""

    subjects: Subjects
    accounts: Accounts
    overseeing: Overseeing

    def find(self, name: str) -> AccountOverview:
        """The account of an id or of a tool's `sub`. Raises ConfigurationError for a name that nobody has."""
        try:
            subject = self.subjects.get(name)
        except NotFound:
            subject_id = self.accounts.find_by_sub(name)
            if subject_id is None:
                raise ConfigurationError("there is no account of this id, and no tool calls one so") from None
            subject = self.subjects.get(subject_id)
        providers = tuple(sorted(link.provider_alias for link in self.subjects.links(subject.id)))
        return AccountOverview(subject, providers, self.overseeing.list(subject.id))

    def sign_out(self, name: str) -> int:
        """End every session of the account; how many."""
        return len(self.overseeing.end_all(self.find(name).subject.id, EndedBy.ADMINISTRATOR))

    def block(self, name: str) -> int:
        """Sign the account out everywhere and let it in no more; how many sessions ended. Raises ConfigurationError unless it is active."""
        subject_id = self.find(name).subject.id
        ended = self.accounts.block(subject_id, self.overseeing.left_at_hub(subject_id))
        if ended is None:
            raise ConfigurationError("only an active account can be blocked")
        return self._finish(ended)

    def unblock(self, name: str) -> None:
        """Let a blocked account in again. Raises ConfigurationError unless it is blocked."""
        if not self.accounts.unblock(self.find(name).subject.id):
            raise ConfigurationError("this account is not blocked")

    def erase(self, name: str) -> int:
        """Sign the account out everywhere and erase it for good; how many sessions ended."""
        subject_id = self.find(name).subject.id
        return self._finish(self.accounts.erase(subject_id, self.overseeing.left_at_hub(subject_id)))

    def _finish(self, session_ids: Sequence[str]) -> int:
        for session_id in session_ids:
            self.overseeing.signing_out.finish(session_id)
        return len(session_ids)
