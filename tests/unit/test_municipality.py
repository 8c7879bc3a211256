"""An address proves a residence only where the list knows exactly one place of that postal code and name (citizen IDs 7)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.core.municipality import KeyChange, Municipalities, Municipality, normalised_place
from broker.core.transforms import TRANSFORMS, Asserted
from broker.core.trust import TrustLevel
from tests.support.transforming import NOON, THRESHOLDS, made


class TestAddress:
    """Postal code and place name together, against the list (citizen IDs 7)."""

    @pytest.mark.parametrize(
        ("postal_code", "place", "ags"),
        [
            ("23552", "Lübeck", "01003000"),
            ("23558", "LÜBECK", "01003000"),
            ("23552", "Hansestadt Lübeck", "01003000"),
            ("23552", "Lübeck, Hansestadt", "01003000"),
            ("23552", "Luebeck", "01003000"),
            ("23552", unicodedata.normalize("NFD", "Lübeck"), "01003000"),
            ("23570", "Travemünde", "01003000"),
            ("24103", "Kiel, Landeshauptstadt", "01002000"),
            ("24217", "Schönberg", "01057073"),
            ("24217", "SCHÖNBERG (HOLSTEIN)", "01057073"),
            ("24306", "Plön a. d. Schwentine", "01057057"),
            ("31134", "Hildesheim", "03254021"),
            ("96047", "Bamberg", "09461000"),
        ],
    )
    def test_an_address_of_the_list(self, postal_code: str, place: str, ags: str) -> None:
        assert made("ags_from_address", postal_code, place) == [ags]

    @pytest.mark.parametrize(
        ("postal_code", "place"),
        [
            ("23628", "Krummesse"),  # a neighbour
            ("23628", "Lübeck"),  # shared with the neighbour: not on the list
            ("23552", "Kiel"),
            ("24103", "Lübeck"),
            ("24113", "Schönberg"),
            ("23923", "Schönberg"),  # another one, in Mecklenburg
            ("D-23552", "Lübeck"),
            ("2355", "Lübeck"),
            ("２3552", "Lübeck"),
            ("23552", "Stadt"),
            ("23552", "."),
            ("23552", "Lübeck Kiel"),
            (None, "Lübeck"),
            ("23552", None),
        ],
    )
    def test_anything_else_is_no_municipality(self, postal_code: str | None, place: str | None) -> None:
        assert made("ags_from_address", postal_code, place) is None
        assert made("residence_evidence_from_address", postal_code, place) is None

    def test_two_places_of_the_same_name_and_postal_code_are_none(self) -> None:
        twins = {"01057001": Municipality("Neustadt", ("24000",)), "01058001": Municipality("Neustadt a. d. Eider", ("24000",))}
        asserted = Asserted(("24000", "Neustadt"), TrustLevel.HIGH, NOON, THRESHOLDS, Municipalities(twins))
        assert TRANSFORMS["ags_from_address"](asserted) is None

    def test_sharp_s_makes_no_difference(self) -> None:
        assert normalised_place("Großenbrode") == normalised_place("GROẞENBRODE") == normalised_place("GROSSENBRODE")

    @settings(deadline=None)
    @given(st.text())
    def test_a_normalised_place_stays_as_it_is(self, name: str) -> None:
        assert normalised_place(normalised_place(name)) == normalised_place(name)

    @pytest.mark.parametrize(("trust", "evidence"), [(TrustLevel.SUBSTANTIAL, "address_match"), (TrustLevel.LOW, "self")])
    def test_what_was_merely_typed_in_is_no_evidence(self, trust: TrustLevel, evidence: str) -> None:
        assert made("residence_evidence_from_address", "23552", "Lübeck", trust=trust) == evidence

    def test_changes_of_keys_in_a_circle_come_to_an_end(self) -> None:
        circle = (KeyChange("01057001", "01057002", "2008-01-01"), KeyChange("01057002", "01057001", "2008-01-01"))
        assert Municipalities({}, circle).current("01057001", NOON.date()) in {"01057001", "01057002"}
