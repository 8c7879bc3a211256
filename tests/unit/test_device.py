"""Codes that citizens type, and the pace of devices that ask (RFC 8628 3.5, 6.1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.core.device import PollPace, new_user_code, typed_user_code
from tests.support.makers import NOW


def test_a_code_has_no_vowels_digits_or_look_alikes_and_is_not_repeated() -> None:
    codes = {new_user_code() for _ in range(500)}
    assert len(codes) == 500
    assert not set("".join(codes)) & set("AEIOUY0123456789")
    assert set(map(typed_user_code, codes)) == codes


@given(st.sampled_from([str.lower, str.upper, str.title]), st.sampled_from(["", " ", "-", "\u2011", "\u2013", " - "]))
def test_case_blanks_and_hyphens_do_not_matter(case: object, joint: str) -> None:
    code = new_user_code()
    assert callable(case)
    assert typed_user_code(f" {case(code.replace('-', joint))} ") == code


@given(st.text())
def test_whatever_is_typed_becomes_a_code_or_nothing(text: str) -> None:
    found = typed_user_code(text)
    assert found is None or typed_user_code(found) == found


@pytest.mark.parametrize(("after", "too_fast"), [(0, True), (3.9, True), (4, False), (5, False), (60, False)])
def test_a_second_is_given_for_the_network(after: float, too_fast: bool) -> None:
    assert PollPace(NOW).too_fast(NOW + timedelta(seconds=after)) is too_fast


def test_every_call_that_comes_too_early_slows_down_for_good() -> None:
    pace, now = PollPace(NOW), NOW
    for expected in (10, 15, 20):
        now += timedelta(seconds=1)
        pace = pace.next(now)
        assert (pace.seconds, pace.asked_at) == (expected, now)
    assert pace.next(now + timedelta(seconds=20)).seconds == 20
