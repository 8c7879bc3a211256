"""The claim table is read as it is meant, and a table the broker would misunderstand is refused with file and line (RU-01)."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.claim_table import load_claim_table, requested_attributes
from broker.core.claim import ReleaseClass
from broker.core.errors import ConfigurationError
from tests.support.realm_config import REALM_CONFIG

TABLE = REALM_CONFIG / "claim-table.yaml"
ISSUE_3_CLAIMS = {
    *("sub", "acr", "amr", "auth_time", "preferred_username", "nickname", "locale", "name", "given_name", "family_name"),
    *("email", "email_verified", "bp_resident_of", "bp_age_over"),
}
ROW = """
  x:
    type: string
    release: P
    scope: profile
    origin: provider
    labels: {de: a, en: b, de-leicht: c}
    sentences: {de: a, en: b, de-leicht: c}
    providers:
      bundid: {sources: ["urn:oid:2.5.4.4"], transform: text}
"""


def table(tmp_path: Path, row: str, thresholds: str = "[14, 16]") -> Path:
    path = tmp_path / "claim-table.yaml"
    path.write_text(f"age_thresholds: {thresholds}\nclaims:{row}", encoding="utf-8")
    return path


def test_the_shipped_table_names_every_claim_of_the_canonical_schema() -> None:
    assert set(load_claim_table(TABLE).definitions) >= ISSUE_3_CLAIMS


@pytest.mark.parametrize("claim", ["upstream_key", "upstream_level", "upstream_means", "upstream_mfa", "birthdate", "community_id"])
def test_raw_input_never_leaves_whatever_a_tool_registers(claim: str) -> None:
    shipped = load_claim_table(TABLE)
    assert shipped[claim].release is ReleaseClass.NEVER
    assert claim not in shipped.releasable(shipped.scopes, [claim], [claim], [claim])


def test_scopes_are_those_of_the_schema() -> None:
    assert load_claim_table(TABLE).scopes == ("profile", "email", "assurance", "eligibility")


def test_a_name_is_joined_from_given_and_family_name_in_this_order() -> None:
    assert load_claim_table(TABLE)["name"].mappings["bundid"].sources == ("urn:oid:2.5.4.42", "urn:oid:2.5.4.4")


def test_the_citizen_id_is_asked_for_everything_the_table_uses_and_only_for_that() -> None:
    used = {source for row in load_claim_table(TABLE).definitions.values() for m in row.mappings.values() for source in m.sources}
    asked = requested_attributes(TABLE, "bundid")
    assert {f"urn:oid:{each.rstrip('!')}" for each in asked} == used
    assert len(asked) == len(used)


def test_only_the_stable_key_is_required_of_the_citizen_id() -> None:
    assert [each for each in requested_attributes(TABLE, "bundid") if each.endswith("!")] == ["1.3.6.1.4.1.25484.494450.3!"]


def test_a_citizen_id_without_a_column_is_asked_for_nothing() -> None:
    assert requested_attributes(TABLE, "unknown") == ()


def test_thresholds_are_read(tmp_path: Path) -> None:
    assert load_claim_table(table(tmp_path, ROW)).age_thresholds == (14, 16)


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("type: string", "type: text", 4, "'type' is 'text'; use one of string"),
        ("release: P", "release: Q", 5, "'release' is 'Q'; use one of A, S, P, X"),
        ("scope: profile", "scope: profil", 6, "'scope' is 'profil'"),
        ("    scope: profile\n", "", 3, "'scope' is missing"),
        ("release: P", "release: X", 6, "belongs to no scope"),
        ("origin: provider", "origin: broker", 10, "the broker makes this claim itself"),
        ("labels: {de: a, en: b, ", "labels: {de: a, ", 8, "'en' is missing"),
        ("labels: {de: a", "labels: {de: ''", 8, "'de' must not be empty"),
        ("labels: {de: a", "labels: {fr: z, de: a", 8, "unknown key 'fr'"),
        ("transform: text", "transform: txt", 11, "'transform' is 'txt'"),
        ("transform: text", "transform: text, reqired: true", 11, "unknown key 'reqired'"),
        ('["urn:oid:2.5.4.4"]', "[]", 11, "at least one attribute"),
        ('["urn:oid:2.5.4.4"]', '["urn:oid: 2.5.4.4"]', 11, "none with spaces"),
        ('["urn:oid:2.5.4.4"]', '["a", "a"]', 11, "none twice"),
        ('["urn:oid:2.5.4.4"]', "urn:oid:2.5.4.4", 11, "'sources' must be a list, found text"),
        ("  x:\n", "  x.y:\n", 3, "neither dots nor colons"),
        ("    type: string\n", "    type: string\n    type: string\n", 5, "'type' stands here twice"),
        ("    type: string\n", "    type: string\n   broken", 5, "not valid YAML"),
        ("    type: string\n", "    typ: string\n", 4, "unknown key 'typ'"),
    ],
)
def test_a_wrong_row_is_refused_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, sentence: str) -> None:
    assert old in ROW
    path = table(tmp_path, ROW.replace(old, new, 1))
    with pytest.raises(ConfigurationError) as refused:
        load_claim_table(path)
    assert str(refused.value).startswith(f"{path}:{line}: ")
    assert sentence in str(refused.value)


@pytest.mark.parametrize("thresholds", ["[16, 14]", "[14, 14]", "[a]", "14"])
def test_thresholds_that_make_no_sense_are_refused(tmp_path: Path, thresholds: str) -> None:
    path = table(tmp_path, ROW, thresholds)
    with pytest.raises(ConfigurationError, match=r"claim-table\.yaml:1: "):
        load_claim_table(path)


def test_a_missing_table_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="this file is missing"):
        load_claim_table(tmp_path / "nowhere.yaml")


def test_text_that_is_not_utf8_is_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("ä".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="is not UTF-8 text"):
        load_claim_table(path)
