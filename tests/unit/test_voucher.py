"""Codes of vouchers: readable, checked, forgiving; and what a batch vouches for (citizen IDs 6, 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from broker.core.claim import HeldClaim
from broker.core.trust import TrustLevel
from broker.core.voucher import RedeemedVoucher, VoucherBatch, is_age_band, is_municipality, new_voucher_code, typed_voucher_code
from tests.support.makers import NOW

THRESHOLDS = (12, 14, 16, 18)
BATCH = VoucherBatch("b1", "Klasse 9", "01003000", (14,), "", NOW, NOW + timedelta(days=30))
LETTERS = "BCDFGHJKLMNPQRSTWXZ"
places = st.integers(min_value=0, max_value=14)


def _changed(code: str, place: int, mark: str) -> str:
    letters = code.replace("-", "")
    return letters[:place] + mark + letters[place + 1 :]


def test_codes_differ_and_have_no_vowels_digits_or_look_alikes() -> None:
    codes = {new_voucher_code() for _ in range(300)}
    assert len(codes) == 300
    assert set("".join(codes)) == {*LETTERS, "-"}
    assert {tuple(map(len, code.split("-"))) for code in codes} == {(5, 5, 5)}
    assert {typed_voucher_code(code) for code in codes} == codes


@given(st.sampled_from([str.lower, str.upper, str.title]), st.sampled_from(["", " ", "-", "\u2011", "\u2013", "\u00a0", " - ", "\n"]))
def test_case_blanks_and_hyphens_do_not_matter(case: object, joint: str) -> None:
    code = new_voucher_code()
    assert callable(case)
    assert typed_voucher_code(f" {case(code.replace('-', joint))}\t") == code


@given(places, st.sampled_from(LETTERS))
def test_one_wrong_letter_never_makes_another_code(place: int, mark: str) -> None:
    code = new_voucher_code()
    wrong = _changed(code, place, mark)
    assume(wrong != code.replace("-", ""))
    assert typed_voucher_code(wrong) is None


@given(places, places)
def test_two_letters_that_changed_places_never_make_another_code(one: int, other: int) -> None:
    letters = new_voucher_code().replace("-", "")
    assume(letters[one] != letters[other])
    assert typed_voucher_code(_changed(_changed(letters, one, letters[other]), other, letters[one])) is None


@given(st.text() | st.text(LETTERS, min_size=13, max_size=17))
def test_whatever_is_typed_becomes_a_code_or_nothing(text: str) -> None:
    found = typed_voucher_code(text)
    assert found is None or typed_voucher_code(found) == found


def test_a_batch_vouches_for_its_place_and_every_younger_age_at_level_basic() -> None:
    claims = RedeemedVoucher(BATCH, datetime(2026, 11, 25, 23, 30, tzinfo=UTC)).claims(THRESHOLDS)
    assert claims == {
        "bp_resident_of": HeldClaim(["01003000"], TrustLevel.BASIC),
        "bp_residence_evidence": HeldClaim("voucher", TrustLevel.BASIC),
        "bp_residence_as_of": HeldClaim("2026-11-26", TrustLevel.BASIC),  # the day in Germany
        "bp_age_over": HeldClaim([12, 14], TrustLevel.BASIC),
    }


def test_a_band_vouches_for_its_younger_end_too() -> None:
    claims = RedeemedVoucher(replace(BATCH, municipality="", age_over=(), age_band="14-17"), NOW).claims(THRESHOLDS)
    assert {name: held.value for name, held in claims.items()} == {"bp_age_over": [12, 14], "bp_age_band": "14-17"}


def test_a_batch_that_says_nothing_vouches_for_nothing() -> None:
    assert RedeemedVoucher(replace(BATCH, municipality="", age_over=()), NOW).claims(THRESHOLDS) == {}


def test_a_batch_ends_to_the_second_or_when_it_is_withdrawn() -> None:
    assert not BATCH.over(BATCH.valid_until - timedelta(seconds=1))
    assert BATCH.over(BATCH.valid_until)
    assert replace(BATCH, withdrawn_at=NOW).over(NOW)


@pytest.mark.parametrize(
    ("key", "good"), [("01003000", True), ("16077001", True), ("00003000", False), ("17003000", False), ("1003000", False)]
)
@pytest.mark.parametrize("around", ["", " ", "\n"])
def test_a_municipality_is_a_key_of_eight_digits(key: str, good: bool, around: str) -> None:
    assert is_municipality(key + around) is (good and not around)


@pytest.mark.parametrize(
    ("band", "good"), [("14-17", True), ("6-10", True), ("17-14", False), ("14-14", False), ("14", False), ("014-17", False)]
)
def test_a_band_is_two_rising_ages(band: str, good: bool) -> None:
    assert is_age_band(band) is good
