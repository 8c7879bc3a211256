"""The claim table is read as it is meant, and a table the broker would misunderstand is refused with file and line (RU-01)."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.claim_table import load_claim_table, requested_attributes
from broker.core.claim import ReleaseClass
from broker.core.errors import ConfigurationError
from broker.core.trust import TrustLevel
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
PROVIDER = """
  bundid:
    levels: [stork]
    words: {Stufe A: high}
    foreign: basic
    level_from: attributes
    attributes: asserted
    amr: [swk, pin]
    key_attribute: true
    subject: organisation
"""


def table(tmp_path: Path, row: str, thresholds: str = "[14, 16]", provider: str = PROVIDER) -> Path:
    path = tmp_path / "claim-table.yaml"
    path.write_text(f"age_thresholds: {thresholds}\nclaims:{row}providers:{provider}", encoding="utf-8")
    return path


def test_the_shipped_table_names_every_claim_of_the_canonical_schema() -> None:
    assert set(load_claim_table(TABLE).definitions) >= ISSUE_3_CLAIMS


@pytest.mark.parametrize("claim", ["upstream_key", "upstream_level", "upstream_means", "upstream_mfa", "birthdate", "community_id"])
def test_raw_input_never_leaves_whatever_a_tool_registers(claim: str) -> None:
    shipped = load_claim_table(TABLE)
    assert shipped[claim].release is ReleaseClass.NEVER
    assert claim not in shipped.releasable(shipped.scopes, [claim], [claim], [claim])


def test_scopes_are_those_of_the_schema() -> None:
    assert load_claim_table(TABLE).scopes == ("profile", "email", "assurance", "eligibility", "voting", "org")


def test_a_name_is_joined_from_given_and_family_name_in_this_order() -> None:
    assert load_claim_table(TABLE)["name"].mappings["bundid"].sources == ("urn:oid:2.5.4.42", "urn:oid:2.5.4.4")


@pytest.mark.parametrize("alias", load_claim_table(TABLE).providers)
def test_a_citizen_id_is_asked_for_everything_the_table_uses_and_only_for_that(alias: str) -> None:
    used = {source.removeprefix("urn:oid:") for mapping in load_claim_table(TABLE).mappings_of(alias) for source in mapping.sources}
    asked = requested_attributes(TABLE, alias)
    assert {each.rstrip("!") for each in asked} == used
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
        ("      bundid:", "      bundit:", 11, "'bundit' has no entry in the table's own 'providers'"),
        ("transform: text}", "transform: text, otherwise: {sources: [], transform: text}}", 11, "at least one attribute"),
        ("transform: text}", "transform: text, otherwise: {sources: [a], transform: text, required: true}}", 11, "unknown key 'required'"),
        ("    type: string\n", "    type: string\n    example: 5\n", 5, "'example' must be a value of type string"),
        ("    type: string\n", "    type: integer\n    example: true\n", 5, "'example' must be a value of type integer"),
        ("    type: string\n", "    type: integer[]\n    example: [a]\n", 5, "every member of 'example' must be a whole number"),
        ('["urn:oid:2.5.4.4"], transform: text', "[a, b], transform: person", 11, "person needs 3 attributes"),
        ("    origin: provider\n", "    origin: provider\n    needs: [y]\n", 8, "there is no row 'y'"),
        ("  x:\n", "  email_verified:\n", 7, "no citizen ID may make 'email_verified'"),
        ("  x:\n", "  groups:\n", 7, "no citizen ID may make 'groups'"),
    ],
)
def test_a_wrong_row_is_refused_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, sentence: str) -> None:
    assert old in ROW
    path = table(tmp_path, ROW.replace(old, new, 1))
    with pytest.raises(ConfigurationError) as refused:
        load_claim_table(path)
    assert str(refused.value).startswith(f"{path}:{line}: ")
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("[stork]", "[stork, runes]", 14, "there is no vocabulary 'runes'"),
        ("Stufe A: high", "Stufe A: highest", 15, "'Stufe A' is 'highest'"),
        ("Stufe A: high", "Stufe A: none", 15, "'Stufe A' is 'none'"),
        ("foreign: basic", "foreign: low", 16, "'foreign' is 'low'; use one of none, basic"),
        ("level_from: attributes", "level_from: thin air", 17, "'level_from' is 'thin air'"),
        ("attributes: asserted", "attributes: all", 18, "'attributes' is 'all'; use one of asserted, sign_in, self"),
        ("amr: [swk, pin]", "amr: [swk, oath]", 19, "'oath' is no method"),
        ("amr: [swk, pin]", "amr: oath", 19, "'amr' is 'oath'"),
        ("key_attribute: true", "key_attribute: 1", 20, "'key_attribute' must be true or false"),
        ("subject: organisation", "subject: robot", 21, "'subject' is 'robot'"),
        ("    subject: organisation\n", "", 13, "'subject' is missing"),
        ("foreign: basic", "forein: basic", 16, "unknown key 'forein'"),
    ],
)
def test_a_wrong_entry_of_a_citizen_id_is_refused_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, sentence: str) -> None:
    assert old in PROVIDER
    path = table(tmp_path, ROW, provider=PROVIDER.replace(old, new, 1))
    with pytest.raises(ConfigurationError) as refused:
        load_claim_table(path)
    assert str(refused.value).startswith(f"{path}:{line}: ")
    assert sentence in str(refused.value)


def test_how_a_citizen_id_is_believed_is_read(tmp_path: Path) -> None:
    vouching = load_claim_table(table(tmp_path, ROW)).providers["bundid"]
    assert vouching.word("stufe a") is TrustLevel.HIGH
    assert vouching.word("STORK-QAA-Level-3") is TrustLevel.SUBSTANTIAL
    assert vouching.word("HOCH") is TrustLevel.NONE
    assert vouching.fixed_amr == ("swk", "pin")


LIST = """municipalities:
  "01003000": {name: Lübeck, also: [Travemünde], postal_codes: ["23552"]}
changes:
  - {old: "01057036", new: "01057091", since: "2008-03-01"}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ('"01003000"', '"1003000"', 2, "'1003000' is no municipality key"),
        ('"01003000"', '"01003"', 2, "'01003' is no municipality key"),
        ('["23552"]', '["2355"]', 2, "'2355' is no postal code"),
        ('["23552"]', "[23552]", 2, "every member of 'postal_codes' must be text"),
        ("name: Lübeck, ", "", 2, "'name' is missing"),
        ('"01057091"', '"01099"', 4, "'01099' is no municipality key"),
        ('"2008-03-01"', '"March"', 4, "'since' must be a day"),
        ("also:", "alias:", 2, "unknown key 'alias'"),
    ],
)
def test_a_wrong_list_of_municipalities_is_refused_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, sentence: str) -> None:
    path = tmp_path / "places.yaml"
    path.write_text(LIST.replace(old, new, 1), encoding="utf-8")
    claims = table(tmp_path, ROW)
    claims.write_text(f"{claims.read_text(encoding='utf-8')}municipalities: places.yaml\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_claim_table(claims)
    assert str(refused.value).startswith(f"{path}:{line}: ")
    assert sentence in str(refused.value)


def test_every_municipality_of_the_shipped_list_is_found_by_its_own_name() -> None:
    places = load_claim_table(TABLE).municipalities
    assert {"01003000", "01002000", "09461000", "03254021"} <= set(places.places)
    for ags, one in places.places.items():
        assert all(places.at(code, name) == ags for code in one.postal_codes for name in (one.name, *one.also))


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
