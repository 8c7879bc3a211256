"""From what a citizen ID says to claims: nothing is guessed, odd values make no claim (citizen IDs 2.5 to 2.8, 6)."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.core.transforms import TRANSFORMS, Asserted
from broker.core.trust import TrustLevel

THRESHOLDS = (12, 14, 16, 18, 21, 27, 60, 65)
NOON = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)


def made(transform: str, *values: str | None, at: datetime = NOON, trust: TrustLevel = TrustLevel.HIGH) -> object:
    return TRANSFORMS[transform](Asserted(values, trust, at, THRESHOLDS))


@pytest.mark.parametrize("transform", sorted(TRANSFORMS))
@pytest.mark.parametrize("value", [None, "", "   ", "\x00", "x" * 5000])
def test_nothing_makes_no_claim(transform: str, value: str | None) -> None:
    assert made(transform, value, value) is None


@pytest.mark.parametrize("transform", sorted(TRANSFORMS))
@given(value=st.one_of(st.none(), st.text()))
def test_whatever_comes_never_fails(transform: str, value: str | None) -> None:
    made(transform, value, value)


class TestText:
    def test_letters_stay_as_they_came(self) -> None:
        assert made("text", " HEIDESTRAẞE 17 ") == "HEIDESTRAẞE 17"
        assert made("text", "O'Şahin-Müller") == "O'Şahin-Müller"

    def test_decomposed_letters_are_composed(self) -> None:
        assert made("text", unicodedata.normalize("NFD", "KÖLN")) == unicodedata.normalize("NFC", "KÖLN")

    def test_marks_that_turn_writing_around_make_no_claim(self) -> None:
        assert made("text", "Erika\u202eMustermann") is None


class TestName:
    def test_both_names(self) -> None:
        assert made("joined_name", "ERIKA", "MUSTERMANN") == "ERIKA MUSTERMANN"

    def test_a_person_with_one_name(self) -> None:
        assert made("joined_name", None, "SUKARNO") == "SUKARNO"
        assert made("joined_name", "SUKARNO", "") == "SUKARNO"


class TestEmail:
    def test_the_domain_is_lower_case(self) -> None:
        assert made("email", "Erika.M+x@Post.EXAMPLE") == "Erika.M+x@post.example"

    @pytest.mark.parametrize(
        "address",
        [
            "erika",
            "@post.example",
            "erika@",
            "a@evil.test@stadt.example",
            "erika@localhost",
            "erika@post",
            '"erika m"@post.example',
            "erika @post.example",
            "erika@post.example\nBcc: all@post.example",
            "erika@pоst.example",  # a Cyrillic о
            "erika@-post.example",
            "erika@post..example",
            "<erika@post.example>",
            "x" * 65 + "@post.example",
        ],
    )
    def test_an_odd_address_makes_no_claim_al_03(self, address: str) -> None:
        assert made("email", address) is None


class TestAge:
    def test_only_reached_thresholds(self) -> None:
        assert made("ages_reached", "1964-08-12") == [12, 14, 16, 18, 21, 27, 60]

    def test_a_child_has_reached_none(self) -> None:
        assert made("ages_reached", "2020-01-01") == []

    @pytest.mark.parametrize(
        ("moment", "reached"),
        [
            ("2026-11-25T22:59:59+00:00", False),  # a second before midnight in Germany
            ("2026-11-25T23:00:00+00:00", True),
            ("2026-11-26T12:00:00+00:00", True),
        ],
    )
    def test_an_age_counts_from_the_first_moment_of_the_birthday_in_germany(self, moment: str, reached: bool) -> None:
        ages = made("ages_reached", "2010-11-26", at=datetime.fromisoformat(moment))
        assert isinstance(ages, list)
        assert (16 in ages) is reached

    @pytest.mark.parametrize(
        ("born", "day", "reached"),
        [
            ("2012-02-29", "2026-02-28", False),  # 14 in a common year
            ("2012-02-29", "2026-03-01", True),
            ("2012-02-29", "2028-02-28", False),  # 16 in a leap year
            ("2012-02-29", "2028-02-29", True),
        ],
    )
    def test_born_on_29_february_reaches_an_age_on_1_march_of_a_common_year(self, born: str, day: str, reached: bool) -> None:
        ages = made("ages_reached", born, at=datetime.fromisoformat(f"{day}T12:00:00+01:00"))
        assert isinstance(ages, list)
        assert (int(day[:4]) - int(born[:4]) in ages) is reached

    @pytest.mark.parametrize(
        "value", ["1964", "1964-00-00", "1964-08-00", "1964-02-30", "12.08.1964", "1964-8-12", "19640812", "１９６４-08-12"]
    )
    def test_a_partial_or_odd_birth_date_is_unknown(self, value: str) -> None:
        assert made("ages_reached", value) is None

    @pytest.mark.parametrize("value", ["2030-01-01", "1800-01-01", "0001-01-01"])
    def test_an_impossible_birth_date_is_unknown(self, value: str) -> None:
        assert made("ages_reached", value) is None


class TestResidence:
    @pytest.mark.parametrize(
        ("community_id", "ags"),
        [
            ("02760503150000", "05315000"),
            ("02761200660196", "12066196"),
            ("02760100030000", "01003000"),
            ("02760904610000", "09461000"),
            ("02760302540021", "03254021"),
        ],
    )
    def test_published_cards_give_their_municipality(self, community_id: str, ags: str) -> None:
        assert made("ags_from_community_id", community_id) == [ags]

    @pytest.mark.parametrize(
        "value", ["05315000", "02760503150", "02770503150000", "02760513150000", "0276050315000a", "٠٢٧٦0503150000", "02760503150000\n0"]
    )
    def test_anything_else_fails_closed(self, value: str) -> None:
        assert made("ags_from_community_id", value) is None
        assert made("residence_evidence_from_community_id", value) is None

    @pytest.mark.parametrize(
        ("trust", "evidence"),
        [(TrustLevel.HIGH, "eid_ags"), (TrustLevel.LOW, "self"), (TrustLevel.BASIC, "self"), (TrustLevel.NONE, "self")],
    )
    def test_what_was_merely_typed_in_is_no_evidence(self, trust: TrustLevel, evidence: str) -> None:
        assert made("residence_evidence_from_community_id", "02760100030000", trust=trust) == evidence


@given(st.dates(min_value=datetime(1920, 1, 1).date(), max_value=datetime(2026, 1, 1).date()), st.integers(0, 20_000))  # noqa: DTZ001
def test_ages_only_ever_grow(born: object, days: int) -> None:
    earlier = made("ages_reached", str(born), at=NOON)
    later = made("ages_reached", str(born), at=NOON + timedelta(days=days))
    assert isinstance(earlier, list)
    if later is not None:
        assert isinstance(later, list)
        assert set(earlier) <= set(later)
