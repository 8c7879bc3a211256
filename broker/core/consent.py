"""Consent: what a citizen agreed to give one tool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """A citizen's decision, one record per decision, newest counts. `text_version` names the wording that was shown (A-37)."""

    id: str
    subject_id: str
    client_id: str
    scopes: frozenset[str]
    claims: frozenset[str]
    text_version: str
    given_at: datetime
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Whether the citizen still stands by it."""
        return self.withdrawn_at is None and (self.expires_at is None or now < self.expires_at)

    def covers(self, scopes: Iterable[str], claims: Iterable[str], text_version: str) -> bool:
        """Whether nothing was added since: asked again only then. A new text version means purposes changed (CN-04)."""
        return self.text_version == text_version and set(scopes) <= self.scopes and set(claims) <= self.claims


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an account stands with one tool, read in one statement: may it sign in, what was agreed, and its subject there.

    `sub` and `pseudonym` are None until the first consent made them. `linked`: the link that the sign-in came by is still the account's.
    `ended`: the session that asks has ended, whatever Redis holds of it: an outage or a lost write there never brings one back.
    """

    subject_active: bool
    consent: Consent | None
    sub: str | None
    pseudonym: str | None
    linked: bool = True
    ended: bool = False
