"""Handing out vouchers: the administrator's part, from making a batch to withdrawing it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from broker.core.errors import ConfigurationError
from broker.core.ports import Clock
from broker.core.session import EndedBy
from broker.core.transforms import GERMANY, german_day
from broker.core.voucher import VOUCHER, VoucherBatch, is_age_band, is_municipality, new_voucher_code
from broker.flows.linking import Linking
from broker.flows.redeeming import bearer_of
from broker.flows.signing_out import SigningOut
from broker.store.grants import Grants
from broker.store.vouchers import CountedBatch, Vouchers

MOST_CODES = 1000
LONGEST = timedelta(days=731)
"""What a school says of a pupil is not true for ever."""

_LONGEST_LABEL = 120


@dataclass(frozen=True, slots=True)
class VoucherTerms:
    """What a batch is to be: for whom, how many, what each code vouches for (empty or None: nothing), and its last day."""

    label: str
    count: int
    last_day: date
    municipality: str = ""
    age_over: int | None = None
    age_band: str = ""


@dataclass(frozen=True, slots=True)
class MadeVouchers:
    """A new batch with its codes, which nobody can see again."""

    batch: VoucherBatch
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandingOut:
    """Makes, counts and withdraws batches. `age_thresholds` are the ages the claim table knows."""

    vouchers: Vouchers
    linking: Linking
    signing_out: SigningOut
    grants: Grants
    age_thresholds: tuple[int, ...]
    voucher_key: bytes
    clock: Clock

    def make(self, terms: VoucherTerms, hand_over: Callable[[MadeVouchers], None]) -> MadeVouchers:
        """Make a batch. `hand_over` puts the codes where people can read them, before the broker knows them.

        So a sheet that could not be written leaves nothing behind. Raises ConfigurationError for terms that make no sense.
        """
        self._check(terms)
        made = MadeVouchers(self._batch(terms), tuple(new_voucher_code() for _ in range(terms.count)))
        hand_over(made)
        bearers = (bearer_of(code, self.voucher_key, made.batch.created_at) for code in made.codes)
        self.vouchers.add(made.batch, [self.linking.hash_of(bearer) for bearer in bearers])
        return made

    def list(self) -> Sequence[CountedBatch]:
        """All batches with how many codes were made and redeemed."""
        return self.vouchers.list()

    def withdraw(self, batch_id: str) -> int:
        """Let no code of a batch be good any more, and end every sign-in that rests on one; how many sign-ins ended.

        Accounts stay: who added a citizen ID signs in with that, without what the batch said. Doing it again ends what came in at the
        very same moment. Raises ConfigurationError if there is no such batch.
        """
        if not self.vouchers.revoke(batch_id):
            raise ConfigurationError("there is no such batch; `broker vouchers list` shows all")
        sessions = self.signing_out.sessions.find_by_voucher(batch_id)
        for session in sessions:
            self.signing_out.end(session, by=EndedBy.ADMINISTRATOR)
        self.grants.revoke_of_subjects(self.vouchers.holders(batch_id), VOUCHER)
        return len(sessions)

    def _batch(self, terms: VoucherTerms) -> VoucherBatch:
        return VoucherBatch(
            id=secrets.token_hex(4),  # typed by administrators; nothing depends on nobody knowing it
            label=terms.label.strip(),
            municipality=terms.municipality,
            age_over=() if terms.age_over is None else (terms.age_over,),
            age_band=terms.age_band,
            created_at=self.clock(),
            valid_until=_end_of(terms.last_day),
        )

    def _check(self, terms: VoucherTerms) -> None:
        today = german_day(self.clock())
        if not 0 < len(terms.label.strip()) <= _LONGEST_LABEL or not terms.label.isprintable():
            raise ConfigurationError(f"the label must be one line of at most {_LONGEST_LABEL} characters")
        if not 1 <= terms.count <= MOST_CODES:
            raise ConfigurationError(f"a batch has 1 to {MOST_CODES} codes")
        if terms.municipality and not is_municipality(terms.municipality):
            raise ConfigurationError("the municipality must be an official key (AGS) of eight digits, for instance 01003000")
        if terms.age_over is not None and terms.age_over not in self.age_thresholds:
            known = ", ".join(map(str, self.age_thresholds))
            raise ConfigurationError(f"the claim table knows no age {terms.age_over}: use one of {known}")
        if terms.age_band and not is_age_band(terms.age_band):
            raise ConfigurationError("an age band is two ages, for instance 14-17")
        if not today <= terms.last_day <= today + LONGEST:
            raise ConfigurationError(f"the last day must be between today and {(today + LONGEST).isoformat()}")


def _end_of(day: date) -> datetime:
    """The first moment after this day in Germany."""
    return datetime.combine(day + timedelta(days=1), time(), GERMANY)
