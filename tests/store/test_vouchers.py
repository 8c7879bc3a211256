"""Vouchers: taken once, with the account they make; an account has them as long as its link (A-48)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from broker.core.ids import new_secret
from broker.core.subject import LinkedIdentity, Subject
from broker.core.trust import TrustLevel
from broker.core.voucher import VOUCHER, RedeemedVoucher, VoucherBatch, VoucherFault
from broker.store.accounts import Accounts
from broker.store.sql import Database
from broker.store.subjects import Subjects
from broker.store.tables import subjects as subject_table
from broker.store.vouchers import CountedBatch, Vouchers
from tests.support import records
from tests.support.clock import Clock

Taken = RedeemedVoucher | VoucherFault


@pytest.fixture
def vouchers(database: Database, subjects: Subjects, clock: Clock) -> Vouchers:
    return Vouchers(database, subjects, clock)


@pytest.fixture
def batch(vouchers: Vouchers, clock: Clock) -> VoucherBatch:
    made = VoucherBatch("b1", "Klasse 9", "01003000", (14,), "", clock(), clock() + timedelta(days=30))
    vouchers.add(made, ["one", "two", "three"])
    return made


def takes(vouchers: Vouchers, clock: Clock, code: str = "one", request: str = "request") -> tuple[Taken, Subject]:
    """A sign-in takes a code, and brings the account that it would make."""
    account = records.subject(clock())
    link = LinkedIdentity(account.id, VOUCHER, code, TrustLevel.BASIC, clock(), clock())
    return vouchers.take(code, request, account, link), account


def accounts(database: Database) -> int:
    row = database.one(select(func.count()).select_from(subject_table))
    assert row is not None
    return int(row[0])


def test_a_code_makes_an_account_and_stays_with_it(vouchers: Vouchers, subjects: Subjects, batch: VoucherBatch, clock: Clock) -> None:
    taken, account = takes(vouchers, clock)
    assert taken == RedeemedVoucher(batch, clock())
    assert subjects.find_by_link(VOUCHER, "one") == account
    assert vouchers.find(account.id) == (taken,)
    assert vouchers.holders(batch.id) == (account.id,)
    assert vouchers.list() == [CountedBatch(batch, made=3, redeemed=1)]


def test_the_same_sign_in_may_come_again_and_no_other(vouchers: Vouchers, database: Database, batch: VoucherBatch, clock: Clock) -> None:
    first, _ = takes(vouchers, clock)
    clock.advance(seconds=5)
    assert takes(vouchers, clock)[0] == first
    assert takes(vouchers, clock, request="another")[0] is VoucherFault.USED
    assert accounts(database) == 1


def test_of_many_at_once_exactly_one_wins_and_leaves_one_account(
    vouchers: Vouchers, database: Database, batch: VoucherBatch, clock: Clock
) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda number: takes(vouchers, clock, request=f"request {number}")[0], range(8)))
    assert sum(isinstance(one, RedeemedVoucher) for one in taken) == 1
    assert taken.count(VoucherFault.USED) == 7
    assert accounts(database) == 1


def test_an_account_that_cannot_be_made_leaves_the_code_good(
    vouchers: Vouchers, database: Database, batch: VoucherBatch, clock: Clock
) -> None:
    """Nothing is half written: here the account's id is taken already."""
    _, account = takes(vouchers, clock, "two")
    link = LinkedIdentity(account.id, VOUCHER, "one", TrustLevel.BASIC, clock(), clock())
    with pytest.raises(IntegrityError):
        vouchers.take("one", "request", account, link)
    assert isinstance(takes(vouchers, clock)[0], RedeemedVoucher)


def test_unknown_and_ended_codes_make_nothing(vouchers: Vouchers, database: Database, batch: VoucherBatch, clock: Clock) -> None:
    assert takes(vouchers, clock, "none")[0] is VoucherFault.UNKNOWN
    clock.advance(days=30)
    assert takes(vouchers, clock)[0] is VoucherFault.OVER
    assert accounts(database) == 0


def test_a_batch_that_ended_vouches_for_nobody(vouchers: Vouchers, batch: VoucherBatch, clock: Clock) -> None:
    _, account = takes(vouchers, clock)
    clock.advance(days=29, hours=23, minutes=59, seconds=59)
    assert len(vouchers.find(account.id)) == 1
    clock.advance(seconds=1)
    assert vouchers.find(account.id) == ()
    assert takes(vouchers, clock)[0] is VoucherFault.OVER, "not even for the sign-in that took it"


def test_withdrawn_is_withdrawn_and_keeps_its_first_moment(vouchers: Vouchers, batch: VoucherBatch, clock: Clock) -> None:
    _, account = takes(vouchers, clock)
    assert not vouchers.revoke("another")
    assert vouchers.revoke(batch.id)
    first = clock()
    clock.advance(hours=1)
    assert vouchers.revoke(batch.id)
    assert vouchers.list()[0].batch.withdrawn_at == first
    assert takes(vouchers, clock, "two")[0] is VoucherFault.OVER
    assert vouchers.find(account.id) == ()
    assert vouchers.holders(batch.id) == (account.id,)


def test_an_erased_account_takes_its_code_along(
    vouchers: Vouchers, accounts: Accounts, subjects: Subjects, batch: VoucherBatch, clock: Clock
) -> None:
    _, account = takes(vouchers, clock)
    accounts.erase(account.id)
    assert vouchers.find(account.id) == vouchers.holders(batch.id) == ()
    assert takes(vouchers, clock, request="another")[0] is VoucherFault.USED


def test_old_batches_go_with_their_codes(vouchers: Vouchers, batch: VoucherBatch, clock: Clock) -> None:
    takes(vouchers, clock)
    assert vouchers.purge_expired(batch.valid_until - timedelta(seconds=1)) == 0
    assert vouchers.purge_expired(batch.valid_until) == 1
    assert vouchers.list() == []
    assert takes(vouchers, clock, "two")[0] is VoucherFault.UNKNOWN


def test_a_batch_is_kept_whole_or_not_at_all(vouchers: Vouchers, batch: VoucherBatch, clock: Clock) -> None:
    second = VoucherBatch("b2", "Fest", "", (), "14-17", clock(), clock() + timedelta(days=1))
    with pytest.raises(IntegrityError):
        vouchers.add(second, [new_secret(), "one"])
    assert [one.batch for one in vouchers.list()] == [batch]
