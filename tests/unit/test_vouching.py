"""No citizen ID is believed beyond what it said, whatever it says, in whatever order, how often (A-29, UP-12; AL-02)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.claim_table import RESERVED, load_claim_table
from broker.core.claim import ClaimTable
from broker.core.errors import UpstreamRefused
from broker.core.trust import TrustLevel
from broker.core.vouching import AttributeTrust, LevelSource, Vouching, vocabulary
from broker.upstream.assertion import Assertion, read_assertion
from tests.support.realm_config import REALM_CONFIG

TABLE = load_claim_table(REALM_CONFIG / "claim-table.yaml")
NOW = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)
# What the words mean, written down a second time: the interface description's table (BundID SB 6.2.9, citizen IDs 2.7).
MEANING = {
    **{"STORK-QAA-Level-1": 1, "UNTERGEORDNET": 1, "Basisregistrierung": 1},
    **{"STORK-QAA-Level-2": 2, "NORMAL": 2, "niedrig": 2, "http://eidas.europa.eu/LoA/low": 2},
    **{"STORK-QAA-Level-3": 3, "SUBSTANTIELL": 3, "substanziell": 3, "http://eidas.europa.eu/LoA/substantial": 3},
    **{"STORK-QAA-Level-4": 4, "HOCH": 4, "http://eidas.europa.eu/LoA/high": 4},
}
GARBAGE = ("", "very high", "STORK-QAA-Level-5", "STORK-QAA-Level-", "4", "urn:bp:loa:basic", "SEHR HOCH", "http://eidas.europa.eu/LoA/")
WORDS = st.one_of(st.sampled_from(sorted(MEANING)), st.sampled_from(GARBAGE), st.none(), st.text(max_size=30))
ALIASES = sorted(TABLE.providers)
SAID = {"STORK-QAA-Level-4": TrustLevel.HIGH}


def level_sources(alias: str) -> tuple[str, ...]:
    mapping = TABLE["upstream_level"].mappings.get(alias)
    return mapping.sources if mapping else ()


def note(context: object, **attributes: list[str]) -> dict[str, Any]:
    return {"authn_context": context, "attributes": {name: {"v": values} for name, values in attributes.items()}}


def meaning(word: str | None, alias: str) -> int:
    """By the second table; what is foreign means what the citizen ID's entry says."""
    known = {each.lower(): level for each, level in MEANING.items()}
    return known.get((word or "").strip().lower(), int(TABLE.providers[alias].foreign))


@pytest.mark.parametrize("alias", ALIASES)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_up12_the_level_never_exceeds_anything_that_was_said(alias: str, data: st.DataObject) -> None:
    context = data.draw(WORDS)
    levels = {source: data.draw(st.lists(st.one_of(WORDS.filter(bool)), max_size=3)) for source in level_sources(alias)}
    trust = read_assertion(note(context, **levels), TABLE, alias).trust
    said = [word for words in levels.values() for word in words if word and word.strip()]
    by_attributes = TABLE.providers[alias].level_from is LevelSource.ATTRIBUTES
    assert all(trust <= meaning(word, alias) for word in said)
    assert by_attributes or trust <= meaning(context, alias)
    assert said or not by_attributes or trust <= TABLE.providers[alias].foreign


@pytest.mark.parametrize("alias", ALIASES)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_up12_no_attribute_exceeds_the_sign_in_or_its_own_word(alias: str, data: st.DataObject) -> None:
    said: dict[str, Any] = {"authn_context": data.draw(WORDS), "attributes": {}}
    for mapping in TABLE.mappings_of(alias):
        for source in mapping.sources:
            said["attributes"][source] = {
                "v": [data.draw(st.sampled_from(["Erika", "1964-08-12", *sorted(MEANING)]))],
                "t": data.draw(WORDS),
            }
    assertion = read_assertion(said, TABLE, alias)
    asserted = TABLE.providers[alias].attributes is AttributeTrust.ASSERTED
    for name, attribute in assertion.attributes.items():
        assert attribute.trust <= assertion.trust
        assert not asserted or attribute.trust <= meaning(said["attributes"][name]["t"], alias)
    for name, claim in assertion.claims(TABLE, NOW).items():
        present = [source for source in TABLE[name].mappings[alias].ways[0].sources if source in assertion.attributes]
        assert claim.trust <= min(assertion.attributes[source].trust for source in present)


def read(vouching: Vouching, said: dict[str, Any]) -> Assertion:
    """Read by an entry of the table that a test makes up, in BundID's place."""
    return read_assertion(said, ClaimTable(TABLE.definitions, TABLE.age_thresholds, {"bundid": vouching}), "bundid")


class TestTheSignIn:
    def test_an_acr_that_is_not_on_the_list_means_what_the_entry_says(self) -> None:
        lenient = Vouching(vocabulary(["eidas"], {"gold": TrustLevel.SUBSTANTIAL}), foreign=TrustLevel.BASIC)
        for said in ("STORK-QAA-Level-4", "0", "", None, 4, ["http://eidas.europa.eu/LoA/high"]):
            assert read(lenient, note(said)).trust is TrustLevel.BASIC
        assert read(lenient, note("Gold")).trust is TrustLevel.SUBSTANTIAL
        strict = Vouching(vocabulary(["eidas"], {}))
        assert read(strict, note("STORK-QAA-Level-4")).trust is TrustLevel.NONE

    def test_a_level_by_attributes_needs_one_and_a_known_context_still_lowers_it(self) -> None:
        qaa = level_sources("bundid")[0]
        by_attributes = Vouching(vocabulary(["stork", "german"], {}), level_from=LevelSource.ATTRIBUTES)
        unspecified = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
        assert read(by_attributes, note(unspecified)).trust is TrustLevel.NONE
        assert read(by_attributes, note(unspecified, **{qaa: ["substanziell"]})).trust is TrustLevel.SUBSTANTIAL
        assert read(by_attributes, note("STORK-QAA-Level-1", **{qaa: ["substanziell"]})).trust is TrustLevel.BASIC
        assert read(by_attributes, note(unspecified, **{qaa: ["substanziell", "what"]})).trust is TrustLevel.NONE

    def test_a_citizen_id_that_no_entry_describes_is_not_believed_at_all(self) -> None:
        with pytest.raises(UpstreamRefused):
            read_assertion(note("STORK-QAA-Level-4"), TABLE, "unknown")


class TestAttributes:
    @pytest.mark.parametrize(
        ("how", "word", "trust"),
        [
            (AttributeTrust.ASSERTED, "UNTERGEORDNET", TrustLevel.BASIC),
            (AttributeTrust.ASSERTED, "HOCH", TrustLevel.SUBSTANTIAL),  # more than the sign-in
            (AttributeTrust.ASSERTED, None, TrustLevel.NONE),
            (AttributeTrust.ASSERTED, "Sehr hoch", TrustLevel.NONE),
            (AttributeTrust.SIGN_IN, None, TrustLevel.SUBSTANTIAL),
            (AttributeTrust.SIGN_IN, "UNTERGEORDNET", TrustLevel.SUBSTANTIAL),
            (AttributeTrust.SELF, "HOCH", TrustLevel.BASIC),
        ],
    )
    def test_how_far_an_attribute_is_vouched_for(self, how: AttributeTrust, word: str | None, trust: TrustLevel) -> None:
        vouching = Vouching(vocabulary(["stork", "german"], {}), attributes=how)
        said = {"authn_context": "STORK-QAA-Level-3", "attributes": {"urn:oid:2.5.4.4": {"t": word, "v": ["MUSTERMANN"]}}}
        assert read(vouching, said).claims(TABLE, NOW)["family_name"].trust is trust


class TestTheKey:
    def test_where_both_count_one_without_the_other_is_nobody(self) -> None:
        key = TABLE["upstream_key"].mappings["bundid"].sources[0]
        both = Vouching(vocabulary(["stork"], {}), key_attribute=True)
        assert read(both, note("STORK-QAA-Level-3", **{key: ["du-1"]})).key("name-id") == "name-id\ndu-1"
        for values in ([], ["du-1", "du-2"]):
            with pytest.raises(UpstreamRefused):
                read(both, note("STORK-QAA-Level-3", **{key: values})).key("name-id")

    def test_elsewhere_the_principal_alone_counts(self) -> None:
        assert read_assertion(note("STORK-QAA-Level-3"), TABLE, "bundid").key("bpk2") == "bpk2"


@pytest.mark.parametrize(
    ("kind", "organisation", "subject"),
    [
        ("NaturalPerson", None, "person"),
        (None, None, "person"),
        ("NaturalPerson", "Nordlichter e. V.", "organisation"),
        (None, "Nordlichter e. V.", "organisation"),
        ("LegalEntity", None, "organisation"),
        ("Something new", None, "organisation"),  # must not vote
    ],
)
def test_who_signs_in_at_servicekonto_sh(kind: str | None, organisation: str | None, subject: str) -> None:
    said = {"PrincipalType": kind, "LegalEntity/OrganizationName": organisation}
    attributes = {name: [value] for name, value in said.items() if value}
    assertion = read_assertion(note("http://eidas.europa.eu/LoA/low", **attributes), TABLE, "sh")
    assert assertion.subject_type(TABLE, NOW) == subject


class TestThePerson:
    """Name and birth date for one voice per person, where they are proven (canonical schema, bp_vote_key)."""

    def said(self, trust: str, context: str = "STORK-QAA-Level-4", **left_out: None) -> dict[str, Any]:
        values = {"urn:oid:2.5.4.4": "MÜLLER", "urn:oid:2.5.4.42": "ERIKA", "urn:oid:1.2.40.0.10.2.1.1.55": "1964-08-12"} | left_out
        return {"authn_context": context, "attributes": {name: {"v": [value], "t": trust} for name, value in values.items() if value}}

    def person(self, said: dict[str, Any]) -> str | None:
        return read_assertion(said, TABLE, "bundid").person(TABLE, NOW)

    def test_name_and_birth_date_at_substantial_or_more(self) -> None:
        assert self.person(self.said("HOCH")) == self.person(self.said("SUBSTANTIELL", "STORK-QAA-Level-3")) == "müller\nerika\n1964-08-12"

    def test_less_is_nobody(self) -> None:
        assert self.person(self.said("NORMAL")) is None
        assert self.person(self.said("HOCH", "STORK-QAA-Level-2")) is None
        assert self.person(self.said("HOCH", **{"urn:oid:2.5.4.42": None})) is None

    def test_an_organisation_is_no_person(self) -> None:
        high = "http://eidas.europa.eu/LoA/high"
        values = {"FamilyNames": ["Müller"], "GivenNames": ["Erika"], "DateOfBirth": ["1964-08-12"]}
        assert read_assertion(note(high, **values), TABLE, "sh").person(TABLE, NOW) == "müller\nerika\n1964-08-12"
        organisation = note(high, **values, **{"LegalEntity/OrganizationName": ["Nordlichter e. V."]})
        assert read_assertion(organisation, TABLE, "sh").person(TABLE, NOW) is None


@pytest.mark.parametrize("alias", ALIASES)
def test_al02_what_a_citizen_id_sends_under_a_reserved_name_becomes_no_claim(alias: str) -> None:
    smuggled = {name: ["true"] for name in (*RESERVED, *TABLE.definitions, "userinfo", "is_admin")}
    context = next((word for word in MEANING if TABLE.providers[alias].word(word) >= TrustLevel.LOW), "unspecified")
    plain = read_assertion(note(context, **{source: [context] for source in level_sources(alias)}), TABLE, alias)
    sent = read_assertion(
        note(context, **{source: [context] for source in level_sources(alias)}, **_unmapped(smuggled, alias)), TABLE, alias
    )
    assert sent.trust is plain.trust
    assert sent.amr == plain.amr
    assert sent.claims(TABLE, NOW) == plain.claims(TABLE, NOW) == {}


def _unmapped(attributes: dict[str, list[str]], alias: str) -> dict[str, list[str]]:
    """Without those that the table takes from this citizen ID on purpose."""
    taken = {source for mapping in TABLE.mappings_of(alias) for source in mapping.sources}
    return {name: values for name, values in attributes.items() if name not in taken}
