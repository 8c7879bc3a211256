"""Vouchers and their batches: a code is taken once, together with the account it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from broker.core.ports import Clock
from broker.core.subject import LinkedIdentity, Subject
from broker.core.voucher import VOUCHER, RedeemedVoucher, VoucherBatch, VoucherFault
from broker.store.eligibility_tables import voucher_batches, vouchers
from broker.store.sql import Database
from broker.store.subjects import Subjects
from broker.store.tables import linked_identities

_CODE, _BATCH, _LINK = vouchers.c, voucher_batches.c, linked_identities.c
_NOW = bindparam("now", type_=_BATCH.valid_until.type)
_GOOD = (_BATCH.withdrawn_at.is_(None), _BATCH.valid_until > _NOW)
_WANTED = _CODE.voucher_hash == bindparam("wanted")
_TAKE = (
    update(vouchers)
    .where(_WANTED, _CODE.redeemed_at.is_(None), _CODE.batch_id.in_(select(_BATCH.batch_id).where(*_GOOD)))
    .values(redeemed_at=_NOW, redeemed_for=bindparam("taken_for"))
    .returning(_CODE.batch_id)
)
_WITH_BATCH = vouchers.join(voucher_batches, _CODE.batch_id == _BATCH.batch_id)
_TO_LINK = (_LINK.provider_alias == VOUCHER) & (_LINK.upstream_hash == _CODE.voucher_hash)
_LOOK = select(voucher_batches, _CODE.redeemed_at, _CODE.redeemed_for).select_from(_WITH_BATCH).where(_WANTED)
_OF_SUBJECT = (
    select(voucher_batches, _CODE.redeemed_at)
    .select_from(_WITH_BATCH.join(linked_identities, _TO_LINK))
    .where(_LINK.subject_id == bindparam("subject"), *_GOOD)
    .order_by(_CODE.redeemed_at.desc())
)
_HOLDERS = (
    select(_LINK.subject_id)
    .select_from(vouchers.join(linked_identities, _TO_LINK))
    .where(_CODE.batch_id == bindparam("batch"))
    .distinct()
    .order_by(_LINK.subject_id)
)
_LIST = (
    select(voucher_batches, func.count(_CODE.voucher_hash).label("made"), func.count(_CODE.redeemed_at).label("redeemed"))
    .select_from(voucher_batches.outerjoin(vouchers, _CODE.batch_id == _BATCH.batch_id))
    .group_by(_BATCH.batch_id)
    .order_by(_BATCH.created_at, _BATCH.batch_id)
)
_REVOKE = (
    update(voucher_batches)
    .where(_BATCH.batch_id == bindparam("batch"))
    .values(withdrawn_at=func.coalesce(_BATCH.withdrawn_at, _NOW))
    .returning(_BATCH.batch_id)
)
_ENDED = _BATCH.valid_until <= bindparam("before", type_=_BATCH.valid_until.type)


@dataclass(frozen=True, slots=True)
class CountedBatch:
    """A batch, how many codes it had, and how many of them were redeemed."""

    batch: VoucherBatch
    made: int
    redeemed: int


class Vouchers:
    """Only keyed hashes of codes in here. The accounts are found by their links, so that a code goes where its link goes."""

    def __init__(self, database: Database, subjects: Subjects, clock: Clock) -> None:
        self._database, self._subjects, self._clock = database, subjects, clock

    def add(self, batch: VoucherBatch, hashes: Iterable[str]) -> None:
        """Keep a new batch with all its codes, or nothing of it."""
        row = {column.key: getattr(batch, "id" if column is _BATCH.batch_id else column.key) for column in _BATCH}
        with self._database.transaction() as connection:
            connection.execute(insert(voucher_batches), {**row, "age_over": list(batch.age_over)})
            connection.execute(insert(vouchers), [{"voucher_hash": one, "batch_id": batch.id} for one in hashes])

    def take(self, voucher_hash: str, taken_for: str, subject: Subject, link: LinkedIdentity) -> RedeemedVoucher | VoucherFault:
        """Use a code for this sign-in, and make this account of it; of many callers exactly one succeeds (A-48).

        The sign-in that took it may come again, and finds it taken for itself: the account is then the one it made before.
        """
        now = self._clock()
        with self._database.transaction() as connection:
            if connection.execute(_TAKE, {"wanted": voucher_hash, "now": now, "taken_for": taken_for}).first():
                self._subjects.add_within(connection, subject, link)
            row = connection.execute(_LOOK, {"wanted": voucher_hash}).first()
        if row is None:
            return VoucherFault.UNKNOWN
        if row.redeemed_at and row.redeemed_for != taken_for:
            return VoucherFault.USED
        batch = _batch(row)
        return VoucherFault.OVER if batch.over(now) or not row.redeemed_at else RedeemedVoucher(batch, row.redeemed_at)

    def find(self, subject_id: str) -> tuple[RedeemedVoucher, ...]:
        """The codes that an account is linked to, as far as they still vouch for anything; the newest one first."""
        rows = self._database.all(_OF_SUBJECT, {"subject": subject_id, "now": self._clock()})
        return tuple(RedeemedVoucher(_batch(row), row.redeemed_at) for row in rows)

    def holders(self, batch_id: str) -> tuple[str, ...]:
        """Ids of the accounts that are linked to a code of this batch."""
        return tuple(row.subject_id for row in self._database.all(_HOLDERS, {"batch": batch_id}))

    def list(self) -> Sequence[CountedBatch]:
        """All batches, oldest first."""
        return [CountedBatch(_batch(row), row.made, row.redeemed) for row in self._database.all(_LIST)]

    def revoke(self, batch_id: str) -> bool:
        """Let no code of a batch be good any more; whether there is such a batch."""
        return self._database.one(_REVOKE, {"batch": batch_id, "now": self._clock()}) is not None

    def purge_expired(self, before: datetime) -> int:
        """Delete batches, with their codes, that ended before this; how many batches."""
        with self._database.transaction() as connection:
            connection.execute(delete(vouchers).where(_CODE.batch_id.in_(select(_BATCH.batch_id).where(_ENDED))), {"before": before})
            return len(connection.execute(delete(voucher_batches).where(_ENDED).returning(_BATCH.batch_id), {"before": before}).all())


def _batch(row: Row[Any]) -> VoucherBatch:
    names = [column.key for column in _BATCH if column is not _BATCH.batch_id]
    found = {name: getattr(row, name) for name in names}
    return VoucherBatch(row.batch_id, **{**found, "age_over": tuple(found["age_over"])})
