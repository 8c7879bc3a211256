"""Vouchers: codes that a school, a registry office or an event hands out, for those who have no citizen ID.

Whoever holds a code signs in with it once, at level basic. What its batch vouches for (a place of residence, an age) goes along with
evidence `voucher`; nothing else is known of the person (citizen IDs 6, 7).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from broker.core.claim import HeldClaim
from broker.core.transforms import german_day
from broker.core.trust import TrustLevel
from broker.core.typed_code import grouped, letters_of

VOUCHER = "voucher"
"""Alias of this citizen ID, which is the broker's own: the hub knows nothing of it. Also the word for its evidence of residence."""

_MARKS = "BCDFGHJKLMNPQRSTWXZ"  # no vowels, so no words; no digits and no V, so nothing looks or sounds like another
_RANDOM = 14  # 59 bits
_GROUP = 5
_MUNICIPALITY = re.compile(r"(0[1-9]|1[0-6])[0-9]{6}")
_BAND = re.compile(r"([1-9][0-9]?)-([1-9][0-9]?)")


class VoucherFault(StrEnum):
    """Why a code is not taken. Saying which helps whoever holds the sheet, and nobody who guesses: there are 2^59 codes."""

    MISTYPED = "mistyped"
    UNKNOWN = "unknown"
    USED = "used"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class VoucherBatch:
    """The codes of one sheet, and what each of them vouches for; empty means: nothing.

    `municipality` is a key of eight digits (AGS), `age_over` ages that all who get a code have reached, `age_band` two ages like `14-17`.
    Codes are good before `valid_until`, and so is what they vouch for.
    """

    id: str
    label: str
    municipality: str
    age_over: tuple[int, ...]
    age_band: str
    created_at: datetime
    valid_until: datetime
    withdrawn_at: datetime | None = None

    def over(self, now: datetime) -> bool:
        """Whether its codes are good for nothing any more."""
        return self.withdrawn_at is not None or now >= self.valid_until


@dataclass(frozen=True, slots=True)
class RedeemedVoucher:
    """A code that was taken, and when: from that day on its holder is known to live where the batch says."""

    batch: VoucherBatch
    redeemed_at: datetime

    def claims(self, thresholds: Iterable[int]) -> dict[str, HeldClaim]:
        """What it vouches for as canonical claims, at level basic. `thresholds` are the ages tools may ask about."""
        values: dict[str, str | list[str] | list[int]] = {}
        if self.batch.municipality:
            values["bp_resident_of"] = [self.batch.municipality]
            values["bp_residence_evidence"] = VOUCHER
            values["bp_residence_as_of"] = german_day(self.redeemed_at).isoformat()
        reached = max((*self.batch.age_over, _ages(self.batch.age_band)[0]))
        if reached:
            values["bp_age_over"] = [age for age in thresholds if age <= reached]
        if self.batch.age_band:
            values["bp_age_band"] = self.batch.age_band
        return {name: HeldClaim(value, TrustLevel.BASIC) for name, value in values.items()}


def new_voucher_code() -> str:
    """A code as it is printed: fourteen random letters and one that checks them, in three groups."""
    letters = "".join(secrets.choice(_MARKS) for _ in range(_RANDOM))
    check = next(mark for mark in _MARKS if _fits_together(letters + mark))
    return grouped(letters + check, _GROUP)


def typed_voucher_code(typed: str) -> str | None:
    """What was typed as the code it can only have been; None if it cannot be one.

    One wrong letter, or two that changed places, never make another code.
    """
    letters = letters_of(typed)
    if len(letters) != _RANDOM + 1 or not set(letters) <= set(_MARKS) or not _fits_together(letters):
        return None
    return grouped(letters, _GROUP)


def is_municipality(key: str) -> bool:
    """Whether this has the form of a German municipality key (AGS): eight digits that begin with a Land."""
    return bool(_MUNICIPALITY.fullmatch(key))


def is_age_band(band: str) -> bool:
    """Whether this is a band of ages: the younger one, a hyphen, the older one."""
    youngest, oldest = _ages(band)
    return 0 < youngest < oldest


def _ages(band: str) -> tuple[int, int]:
    found = _BAND.fullmatch(band)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _fits_together(letters: str) -> bool:
    """The letters as numbers, each times its place, add up to nothing: modulo a prime, every slip of one letter or two shows."""
    return sum(place * _MARKS.index(mark) for place, mark in enumerate(letters, start=1)) % len(_MARKS) == 0
