"""From what a citizen ID says to claims: nothing is guessed, odd values make no claim (citizen IDs 2.5 to 2.8, 6)."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from broker.core.transforms import TAKES, TRANSFORMS
from broker.core.trust import TrustLevel
from tests.support.transforming import NOON, made


@pytest.mark.parametrize("transform", sorted(TRANSFORMS))
@pytest.mark.parametrize("value", [None, "", "   ", "\x00", "x" * 5000])
def test_nothing_makes_no_claim(transform: str, value: str | None) -> None:
    assert made(transform, *[value] * TAKES.get(transform, 1)) is None


@pytest.mark.parametrize("transform", sorted(TRANSFORMS))
@settings(max_examples=50, deadline=None)
@given(values=st.lists(st.one_of(st.none(), st.text()), min_size=3, max_size=3))
def test_whatever_comes_never_fails(transform: str, values: list[str | None]) -> None:
    made(transform, *values)


class TestText:
    def test_letters_stay_as_they_came(self) -> None:
        assert made("text", " HEIDESTRAẞE 17 ") == "HEIDESTRAẞE 17"
        assert made("text", "O'Şahin-Müller") == "O'Şahin-Müller"

    def test_decomposed_letters_are_composed(self) -> None:
        assert made("text", unicodedata.normalize("NFD", "KÖLN")) == unicodedata.normalize("NFC", "KÖLN")

    @pytest.mark.parametrize("said", ["nicht zutreffend", " Nicht Zutreffend ", "NICHT ZUTREFFEND"])
    def test_what_bundid_says_for_nothing_is_nothing(self, said: str) -> None:
        assert made("text", said) is None
        assert made("joined_name", said, "MUSTERMANN") == "MUSTERMANN"

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
        "value",
        [
            *("1964", "1964-00-00", "1964-08-00", "1964-02-30", "1964-8-12", "19640812", "１９６４-08-12"),
            *("12.8.1964", "00.00.1964", "29.02.1965", "12/08/1964"),
        ],
    )
    def test_a_partial_or_odd_birth_date_is_unknown(self, value: str) -> None:
        assert made("ages_reached", value) is None

    @settings(deadline=None)
    @given(born=st.dates(min_value=date(1920, 1, 1), max_value=date(2026, 1, 1)))
    def test_a_german_date_is_the_same_day(self, born: date) -> None:
        assert made("ages_reached", f"{born:%d.%m.%Y}") == made("ages_reached", born.isoformat())

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

    @pytest.mark.parametrize("value", ["02760003150000", "02761703150000", "02769903150000"])
    def test_a_land_that_does_not_exist_is_no_key(self, value: str) -> None:
        assert made("ags_from_community_id", value) is None

    def test_a_key_of_before_a_merger_counts_for_what_came_of_it(self) -> None:
        assert made("ags_from_community_id", "02760100570036") == ["01057091"]
        before = datetime(2008, 2, 29, 12, tzinfo=UTC)
        assert made("ags_from_community_id", "02760100570036", at=before) == ["01057036"]
        assert made("ags", "01057064") == ["01057091"]

    @pytest.mark.parametrize("value", ["01003", "1003000", "010030000", "17003000", "00003000", "0100300a", "٠١003000"])
    def test_what_is_no_key_names_no_municipality(self, value: str) -> None:
        assert made("ags", value) is None
        assert made("residence_evidence_unproven", value) is None

    @pytest.mark.parametrize(
        ("trust", "evidence"),
        [(TrustLevel.HIGH, "eid_ags"), (TrustLevel.LOW, "self"), (TrustLevel.BASIC, "self"), (TrustLevel.NONE, "self")],
    )
    def test_what_was_merely_typed_in_is_no_evidence(self, trust: TrustLevel, evidence: str) -> None:
        assert made("residence_evidence_from_community_id", "02760100030000", trust=trust) == evidence


class TestUnionCitizen:
    @pytest.mark.parametrize("code", ["D", "AUT", "POL", "hrv", " FRA "])
    def test_a_country_of_the_union(self, code: str) -> None:
        assert made("union_citizen", code) is True

    @pytest.mark.parametrize("code", ["TUR", "GBR", "CHE", "UKR", "NOR"])
    def test_another_country(self, code: str) -> None:
        assert made("union_citizen", code) is False

    @pytest.mark.parametrize("code", ["XXA", "XXB", "XXX", "DE", "D<<", "Deutsch", "12", ""])
    def test_what_names_no_country_is_unknown(self, code: str) -> None:
        assert made("union_citizen", code) is None

    def test_of_a_document_only_the_german_identity_card_says_something(self) -> None:
        assert made("union_citizen_from_document", "ID") is True
        for code in ("AR", "UB", "P", "id", "", None):
            assert made("union_citizen_from_document", code) is None


class TestPerson:
    def test_the_same_person_by_card_and_by_certificate(self) -> None:
        card = made("person", "D'ANGELO-GROẞMANN", "AYŞE", "1991-03-31")
        assert card == made("person", "D\u2019Angelo-Großmann", "Ays\u0327e", "31.03.1991")
        assert card == made("person", "D\u2019Angelo Grossmann", "ayşe", "1991-03-31")
        assert card == "dangelogrossmann\nayşe\n1991-03-31"

    def test_a_capital_i_with_a_dot(self) -> None:
        assert made("person", "İZMİR", "A", "1991-03-31") == made("person", "Izmir", "a", "1991-03-31")

    @pytest.mark.parametrize(
        "other",
        [
            ("MULLER", "ERIKA", "1964-08-12"),  # umlauts and accents do make a difference
            ("MÜLLER", "ERIKA", "1964-08-13"),
            ("MÜLLER", "ERIKA MARIA", "1964-08-12"),
            ("ERIKA", "MÜLLER", "1964-08-12"),
        ],
    )
    def test_another_person(self, other: tuple[str, str, str]) -> None:
        assert made("person", *other) != made("person", "MÜLLER", "ERIKA", "1964-08-12")

    @pytest.mark.parametrize(
        "values", [("SUHARTO", None, "1979-02-02"), ("MÜLLER", "ERIKA", "1964-00-00"), ("MÜLLER", "ERIKA", None), ("'", "-", "1964-08-12")]
    )
    def test_what_is_missing_is_not_guessed(self, values: tuple[str | None, ...]) -> None:
        assert made("person", *values) is None

    @settings(deadline=None)
    @given(st.text(), st.text(), st.dates())
    def test_letters_case_never_matters(self, family: str, given_name: str, born: date) -> None:
        assume(family.upper().casefold() == family.casefold() and given_name.upper().casefold() == given_name.casefold())
        upper = made("person", family.upper(), given_name.upper(), born.isoformat())
        assert upper == made("person", family, given_name, born.isoformat())


@settings(deadline=None)
@given(st.dates(min_value=datetime(1920, 1, 1).date(), max_value=datetime(2026, 1, 1).date()), st.integers(0, 20_000))  # noqa: DTZ001
def test_ages_only_ever_grow(born: object, days: int) -> None:
    earlier = made("ages_reached", str(born), at=NOON)
    later = made("ages_reached", str(born), at=NOON + timedelta(days=days))
    assert isinstance(earlier, list)
    if later is not None:
        assert isinstance(later, list)
        assert set(earlier) <= set(later)
