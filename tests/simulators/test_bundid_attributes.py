"""What leaves the simulator: only what was asked for, each value with the trust of its source."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.demo.bundid.vocabulary import Attribute
from tests.simulators.conftest import BASE_URL, Bundid
from tests.support.saml_assertion import Assertion, opened
from tests.support.saml_sp import (
    ADDRESS,
    BIRTHDATE,
    BPK2,
    COMMUNITY_ID,
    GENDER,
    GIVEN_NAME,
    HANDLE,
    MAIL,
    MFA,
    PROVED_BY,
    QAA,
    SURNAME,
    SamlSp,
)

SSO_URL = BASE_URL + "/idp/profile/SAML2/POST/SSO"


def _login(bundid: Bundid, by: str, person: str, *attributes: str, **asks: object) -> Assertion:
    return opened(bundid.answer(by, person, attributes=attributes, **asks), bundid.sp, bundid.folder)


def test_only_requested_attributes_come_back(bundid: Bundid) -> None:
    assert set(_login(bundid, "eid", "erika", BPK2, BIRTHDATE).values) == {BPK2, BIRTHDATE}


def test_an_unknown_requested_attribute_is_left_out(bundid: Bundid) -> None:
    assert set(_login(bundid, "eid", "erika", BPK2, "urn:oid:1.2.3.4").values) == {BPK2}


def test_an_eid_login_has_high_card_data_but_normal_account_data(bundid: Bundid) -> None:
    trust = _login(bundid, "eid", "erika", SURNAME, BIRTHDATE, COMMUNITY_ID, QAA, MAIL, BPK2, HANDLE, GENDER).trust
    assert {trust[name] for name in (SURNAME, BIRTHDATE, COMMUNITY_ID, QAA)} == {"HOCH"}
    assert {trust[name] for name in (MAIL, BPK2, HANDLE)} == {"NORMAL"}
    assert trust[GENDER] == "UNTERGEORDNET"


@pytest.mark.parametrize(
    ("means", "person", "level", "proved_by", "name_trust"),
    [
        ("eid", "hanne", 4, "eID", "HOCH"),
        ("elster", "elke", 3, "Elster", "SUBSTANTIELL"),
        ("password", "paul", 1, "Benutzername", "UNTERGEORDNET"),
        ("eidas", "theresia", 4, "eIDAS", "HOCH"),
        ("fink", "felix", 3, "FINK", "SUBSTANTIELL"),
    ],
)
def test_each_means_states_its_level(bundid: Bundid, means: str, person: str, level: int, proved_by: str, name_trust: str) -> None:
    asked = {"means": ("eID", "Elster", "Benutzername", "eIDAS", "FINK"), "disabled": ()}
    assertion = _login(bundid, means, person, QAA, PROVED_BY, SURNAME, **asked)
    assert assertion.authn_context == assertion.values[QAA] == f"STORK-QAA-Level-{level}"
    assert assertion.values[PROVED_BY] == proved_by
    assert assertion.trust[SURNAME] == name_trust


def test_a_password_login_shows_stored_card_data_above_its_own_level(bundid: Bundid) -> None:
    """Finding 4: attribute trust differs from login trust; a broker must take the lower."""
    assertion = _login(bundid, "password", "erika", SURNAME, QAA, MFA, BPK2)
    assert assertion.values[QAA] == "STORK-QAA-Level-1"
    assert assertion.trust[SURNAME] == "HOCH"
    assert assertion.trust[BPK2] == "UNTERGEORDNET"
    assert assertion.values[MFA] == "true"


def test_the_second_factor_is_stated_for_password_logins_only(bundid: Bundid) -> None:
    assert _login(bundid, "password", "paul", MFA).values == {MFA: "false"}
    assert MFA not in _login(bundid, "eid", "erika", MFA, BPK2).values


def test_the_pseudonym_is_43_characters_and_stays_the_same_across_means(bundid: Bundid) -> None:
    by_card = _login(bundid, "eid", "erika", BPK2).values[BPK2]
    by_password = _login(bundid, "password", "erika", BPK2).values[BPK2]
    assert by_card == by_password
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", by_card or "")


def test_the_pseudonym_follows_the_host_of_the_entity_id_and_nothing_else(make_bundid: Callable[..., Bundid]) -> None:
    def seen_by(entity_id: str) -> str | None:
        bundid = make_bundid(sp=replace(SamlSp(SSO_URL), entity_id=entity_id))
        return _login(bundid, "eid", "erika", BPK2).values[BPK2]

    luebeck = seen_by("https://sso.luebeck.example")
    assert seen_by("https://sso.luebeck.example/other/path") == luebeck
    assert seen_by("https://sso.kiel.example") != luebeck


def test_two_accounts_of_one_human_have_two_pseudonyms(bundid: Bundid) -> None:
    first = _login(bundid, "eid", "doris", BPK2, BIRTHDATE).values
    second = _login(bundid, "elster", "doris-2", BPK2, BIRTHDATE).values
    assert first[BPK2] != second[BPK2]
    assert first[BIRTHDATE] == second[BIRTHDATE]


def test_an_account_shows_nothing_that_only_another_account_has_stored(bundid: Bundid) -> None:
    values = _login(bundid, "password", "doris-2", GIVEN_NAME, COMMUNITY_ID, QAA).values
    assert values == {GIVEN_NAME: "Doris", QAA: "STORK-QAA-Level-1"}


def test_fink_pseudonyms_carry_a_prefix_and_come_without_mailbox(bundid: Bundid) -> None:
    values = _login(bundid, "fink", "felix", BPK2, HANDLE, means=("FINK",), disabled=()).values
    assert (values[BPK2] or "").startswith("FINK_")
    assert HANDLE not in values


def test_elster_knows_no_community_id(bundid: Bundid) -> None:
    assert COMMUNITY_ID not in _login(bundid, "elster", "elke", COMMUNITY_ID, SURNAME).values


def test_eidas_is_the_minimum_data_set(bundid: Bundid) -> None:
    country = "urn:oid:1.3.6.1.4.1.25484.494450.10.1"
    values = _login(bundid, "eidas", "theresia", ADDRESS, COMMUNITY_ID, SURNAME, country).values
    assert values == {SURNAME: "Gruber", country: "AT"}


def test_a_guest_has_no_key_of_an_account(bundid: Bundid) -> None:
    every = tuple(attribute.value for attribute in Attribute if attribute.value not in (BPK2, HANDLE))
    values = _login(bundid, "guest", "erika", *every).values
    assert values[QAA] == "STORK-QAA-Level-4"
    assert values[SURNAME] == "MUSTERMANN"
    assert MAIL not in values
    assert "urn:oid:1.2.40.0.10.2.1.1.149" not in values  # the deprecated bPK contains bPK2


def test_one_name_and_no_address_are_absent_not_empty(bundid: Bundid) -> None:
    assert set(_login(bundid, "eid", "suharto", GIVEN_NAME, SURNAME).values) == {SURNAME}
    assert set(_login(bundid, "eid", "otto", ADDRESS, COMMUNITY_ID, SURNAME).values) == {SURNAME}


def test_birthdays_follow_the_berlin_calendar(bundid: Bundid) -> None:
    bundid.now = bundid.now.replace(hour=23, minute=30)  # already the 27th in Berlin
    assert _login(bundid, "eid", "henri", BIRTHDATE).values[BIRTHDATE] == "2010-11-27"
    assert _login(bundid, "eid", "mia", BIRTHDATE).values[BIRTHDATE] == "2010-11-28"


def test_special_letters_survive_and_one_record_is_decomposed_on_purpose(bundid: Bundid) -> None:
    card = _login(bundid, "eid", "ayse", GIVEN_NAME, SURNAME).values
    assert card == {GIVEN_NAME: "AYŞE", SURNAME: "D'ANGELO-GROẞMANN"}
    typed = _login(bundid, "elster", "ayse", GIVEN_NAME).values[GIVEN_NAME] or ""
    assert not unicodedata.is_normalized("NFC", typed)
    assert unicodedata.normalize("NFC", typed) == "Ayşe"


def test_names_of_attributes_never_contain_a_space_on_the_wire(bundid: Bundid, tmp_path: Path) -> None:
    every = tuple(attribute.value for attribute in Attribute)
    assertion = _login(bundid, "eid", "erika", *every)
    assert len(assertion.values) > 20
    assert not [name for name in assertion.values if " " in name]
