"""The broker's own session of a signed-in citizen: lives in Redis, encrypted, and holds all that is known from the citizen ID."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from broker.core.claim import HeldClaim
from broker.core.ids import fingerprint
from broker.core.trust import LIFETIME, TrustLevel, decayed

SESSION_LIFETIME = LIFETIME[TrustLevel.BASIC]  # the session outlives a decayed level (design: "Where data lives")
PUBLIC_COMPUTER_LIFETIME = timedelta(minutes=15)  # where the next person may sit down at any moment, whatever the level
PUBLIC_COMPUTER_IDLE = timedelta(minutes=5)  # as at level high (TR-03160-1)
UNNAMED = "?"
"""In `other_device`: a device that did not say what it is."""

TOUCH_INTERVAL = timedelta(seconds=30)  # how exact `last_seen_at` is: not every request rewrites the session


class EndedBy(StrEnum):
    """Who or what ended a session."""

    CITIZEN = "citizen"
    TOOL = "tool"
    HUB = "hub"
    ADMINISTRATOR = "administrator"
    TIME = "time"
    ERASURE = "erasure"
    REPLACED = "replaced"  # the same citizen signed in anew; its tools went over to the new one
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser that signs in: who it is, its present session, its address (never kept), the language and the device in coarse words
    such as `Firefox, Windows`, by which a citizen recognises it.

    `network` is the id of a known network that the address lies in, or empty; `public_computer`: that network's computers are shared.
    """

    browser_id: str
    session_id: str | None
    address: str = ""
    locale: str = "de"
    device: str = ""
    network: str = ""
    public_computer: bool = False


@dataclass(frozen=True, slots=True)
class RegisteredSession:
    """What is on record of a session, without anything about the citizen. `device` is in the words of its `Visit`.

    `network` is the id of a known network. `network_hash` only tells whether two sign-ins of one account came over the same connection.
    `only_for`: the one tool it counts for, or empty. `other_device`: where its cookie turned up beside `device`, or empty.
    """

    session_id: str
    subject_id: str
    provider_alias: str
    trust: TrustLevel
    device: str
    network: str
    network_hash: str
    public_computer: bool
    only_for: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    other_device: str = ""

    @property
    def handle(self) -> str:
        """What forms call it: says nothing, and is found among an account's own sessions only."""
        return fingerprint(f"session {self.session_id}")


@dataclass(frozen=True, slots=True)
class BrokerSession:
    """One signed-in browser. `id` is the fingerprint of the cookie's value, so no store can be turned into a cookie.

    `person_key` is a keyed hash of who the person is, where the citizen ID proved that; vote keys are made of it. `vouched_by` names the
    batches of vouchers whose word it holds, so that it can end with them. `upstream_hash` names the link to a citizen ID that this
    sign-in came by (`LinkedIdentity`); `news`: the account's links changed since it was used last.
    `asked_claims` are those the citizen ID was asked for, whether it could give them or not; None where that is not known. `device`
    is in the words of its `Visit`; on a `public_computer` others follow; `only_for` names the one tool it counts for, if it is not for all.
    `other_device` is the first on which its cookie turned up as well. `left_at_hub`: ids of what it had open at the hub and let go of
    (`HubLogout`). `lost`: only the register knows it any more (never stored).
    """

    id: str
    browser_id: str
    subject_id: str
    provider_alias: str
    trust: TrustLevel
    amr: tuple[str, ...]
    claims: Mapping[str, HeldClaim]
    authenticated_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    upstream_sid: str | None = None
    upstream_id_token: str | None = None
    subject_type: str = "person"
    person_key: str | None = None
    vouched_by: tuple[str, ...] = ()
    asked_claims: tuple[str, ...] | None = None
    upstream_hash: str = ""
    news: bool = False
    device: str = ""
    public_computer: bool = False
    only_for: str = ""
    other_device: str = ""
    left_at_hub: tuple[str, ...] = ()
    lost: bool = False

    def seen_on(self, device: str) -> BrokerSession:
        """This session, now that its cookie came from there: if it began on another device, it is worth low at most from now on (SE-13).

        Nobody can tell which of the two is the citizen; whoever is, signs in anew. A sign-in that did not say where it came from is
        compared with nothing.
        """
        if self.other_device or not self.device or device == self.device:
            return self
        return replace(self, trust=min(self.trust, TrustLevel.LOW), other_device=device or UNNAMED)

    def live(self, now: datetime) -> bool:
        """Whether the session as a whole is still within its absolute and idle limits."""
        return now < self.expires_at and self.trust_at(now) > TrustLevel.NONE

    def serves(self, only_for: str, now: datetime) -> bool:
        """Whether it is live and may answer a client of this kind (`Client.only_for`): the common session all but those that keep to
        themselves, and each of these none but its own."""
        return self.only_for == only_for and self.live(now)

    @property
    def public_until(self) -> datetime | None:
        """When it ends at the latest, for somebody at a public computer, who is told; None at one's own."""
        return self.expires_at if self.public_computer else None

    def at_public_computer(self, now: datetime) -> BrokerSession:
        """The same for a computer that others use too: it ends soon, whatever the level (`now`: when it begins, or when that is said)."""
        return replace(self, public_computer=True, expires_at=min(self.expires_at, now + PUBLIC_COMPUTER_LIFETIME))

    def trust_at(self, now: datetime) -> TrustLevel:
        """The level that may be asserted now: the one reached at sign-in, decayed by age and idle time; on a public computer soon none."""
        if self.public_computer and now - self.last_seen_at > PUBLIC_COMPUTER_IDLE:
            return TrustLevel.NONE
        return decayed(self.trust, now - self.authenticated_at, now - self.last_seen_at)

    def continuing(self, old: BrokerSession) -> BrokerSession:
        """This session with what the one before it knew beyond it, if both are the same account at the same citizen ID.

        What was asked anew counts as answered now. Nothing carried over is vouched for more than this sign-in, and none of it outlives
        the session it came from.
        """
        if (old.subject_id, old.provider_alias) != (self.subject_id, self.provider_alias):
            return self
        if self.asked_claims is None or old.asked_claims is None:
            return self
        kept = {name: old.claims[name] for name in old.asked_claims if name in old.claims and name not in self.asked_claims}
        capped = {name: replace(held, trust=min(held.trust, self.trust)) for name, held in kept.items()}
        return replace(
            self,
            claims={**capped, **self.claims},
            person_key=self.person_key or (old.person_key if self._may_keep_person() else None),
            asked_claims=tuple(dict.fromkeys((*self.asked_claims, *old.asked_claims))),
            expires_at=min(self.expires_at, old.expires_at) if kept else self.expires_at,
        )

    def _may_keep_person(self) -> bool:
        """Who the person is was proven before and not asked anew; a weak sign-in proves nobody (citizen IDs 6)."""
        return self.trust >= TrustLevel.SUBSTANTIAL and "family_name" not in (self.asked_claims or ())

    def needs_touch(self, now: datetime) -> bool:
        """Whether `last_seen_at` is old enough to be written anew."""
        return now - self.last_seen_at >= TOUCH_INTERVAL

    def touched(self, now: datetime) -> BrokerSession:
        """The session as seen now: idle time starts anew, but a level that has decayed does not come back."""
        return replace(self, trust=self.trust_at(now), last_seen_at=now)
