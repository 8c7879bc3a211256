"""Supplementing a sign-in: what an account's vouchers vouch for goes along with each of its citizen IDs, as long as it is good.

So a young person who redeemed a code of the school keeps what it says when they come back with another way of signing in. It fills gaps
only: where the citizen ID says something about residence or age itself, that counts alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from broker.core.claim import HeldClaim
from broker.core.subject import Subject, UpstreamIdentity
from broker.core.voucher import VOUCHER
from broker.store.vouchers import Vouchers

_TOGETHER = (("bp_resident_of", "bp_residence_evidence", "bp_residence_as_of"), ("bp_age_over", "bp_age_band"))
"""Claims that explain each other: they come from one source, never from two."""


@dataclass(frozen=True, slots=True)
class Supplementing:
    """Reads the vouchers of an account. `age_thresholds` are the ages tools may ask about."""

    vouchers: Vouchers
    age_thresholds: tuple[int, ...]

    def supplemented(self, identity: UpstreamIdentity, subject: Subject) -> UpstreamIdentity:
        """The identity with what vouchers add to it, at level basic. An organisation has neither age nor residence."""
        if identity.subject_type != "person":
            return identity
        claims, vouched_by = dict(identity.claims), []
        for voucher in self.vouchers.find(subject.id):
            added = _missing(claims, voucher.claims(self.age_thresholds))
            claims.update(added)
            if added or identity.provider_alias == VOUCHER:
                vouched_by.append(voucher.batch.id)
        return replace(identity, claims=claims, vouched_by=tuple(vouched_by))


def _missing(known: Mapping[str, HeldClaim], vouched: Mapping[str, HeldClaim]) -> dict[str, HeldClaim]:
    open_groups = (group for group in _TOGETHER if known.keys().isdisjoint(group))
    return {name: vouched[name] for group in open_groups for name in group if name in vouched}
