"""The page for people who run tools says what the claim table says."""

from __future__ import annotations

import pytest

from broker.claim_docs import claims_page
from broker.claim_table import load_claim_table
from broker.config import ROOT
from broker.core.claim import ReleaseClass
from broker.core.transforms import TRANSFORMS

TABLE = load_claim_table(ROOT / "realm-config" / "claim-table.yaml")


def test_the_page_is_the_one_that_the_table_makes() -> None:
    """After a change of the table: `broker claims docs > clients/CLAIMS.md`."""
    assert (ROOT / "clients" / "CLAIMS.md").read_text(encoding="utf-8") == claims_page(TABLE)


@pytest.mark.parametrize("name", [row.name for row in TABLE.definitions.values() if row.release is not ReleaseClass.NEVER])
def test_every_claim_a_tool_can_get_has_a_section_and_an_example(name: str) -> None:
    assert f"\n## {name}\n" in claims_page(TABLE)
    assert TABLE[name].example is not None


def test_raw_input_has_neither() -> None:
    raw = [row for row in TABLE.definitions.values() if row.release is ReleaseClass.NEVER]
    assert all(row.example is None and f"\n## {row.name}\n" not in claims_page(TABLE) for row in raw)


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_every_transform_says_what_it_makes(name: str) -> None:
    assert TRANSFORMS[name].__doc__
