"""The test citizens are complete: every person the simulators' specification names, with data that hold together."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.bundid.product import VARIANTS, CitizenId
from deploy.demo.bundid.vocabulary import BY_FRIENDLY_NAME, Means
from deploy.demo.osi.vocabulary import Means as OsiMeans
from deploy.demo.persons import ELSEWHERE, Person, RelativeBirthdate, find_account, load_persons

PERSONS = {person.key: person for person in load_persons()}
TODAY = dt.date(2026, 11, 26)
AKDB = ("bundid", "bayernid")
MEANS_AT = {alias: set(VARIANTS[CitizenId(alias)].means) for alias in AKDB} | {
    "sh": set(OsiMeans),
    "oidc": set(Means),
    "muk": {"elster"},
}
AT = ("bundid", *ELSEWHERE)
# 0276 LL 0R KK 0GGG, 276 being Germany
COMMUNITY_ID = re.compile(r"0276(\d{2})0(\d)(\d{2})0(\d{3})")


def _age(person: Person, source: str, today: dt.date = TODAY) -> int:
    born = dt.date.fromisoformat(person.records[source].on(today)["birthdate"])
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@pytest.mark.parametrize(
    ("key", "ags"),
    [
        ("erika", "05315000"),
        ("hanne", "01003000"),
        ("jasper", "01002000"),
        ("babette", "09461000"),
        ("hilke", "03254021"),
    ],
)
def test_residents_with_a_card(key: str, ags: str) -> None:
    person = PERSONS[key]
    assert person.ags == ags
    assert "eid" in person.accounts[0].means


@pytest.mark.parametrize("person", [p for p in PERSONS.values() if "eid" in p.records], ids=lambda p: p.key)
def test_community_ids_have_14_digits_and_mean_the_persons_municipality(person: Person) -> None:
    community_id = person.records["eid"].on(TODAY).get("communityId")
    if community_id is None:
        assert person.ags is None
        return
    match = COMMUNITY_ID.fullmatch(community_id)
    assert match
    assert "".join(match.groups()) == person.ags


def test_card_data_are_in_upper_case_with_the_capital_sharp_s() -> None:
    everything = " ".join(" ".join(p.records["eid"].on(TODAY).values()) for p in PERSONS.values() if "eid" in p.records)
    assert everything == everything.upper()
    assert "ẞ" in everything
    assert "ß" not in everything


def test_a_village_of_kiel_region_is_not_kiel() -> None:
    assert (PERSONS["peer"].ags or "").startswith("01057")


def test_the_neighbour_shares_the_postal_code_but_lives_elsewhere() -> None:
    nele = PERSONS["nele"]
    assert nele.records["elster"].on(TODAY)["postalCode"] == "23628"
    assert not (nele.ags or "").startswith("01003")
    assert "elster" in nele.accounts[0].means


def test_a_15_year_old_has_no_account_and_a_way_without() -> None:
    finn = PERSONS["finn"]
    assert _age(finn, "self") == 15
    assert (finn.accounts, finn.instead) == ((), "voucher")


@given(st.dates(dt.date(2024, 1, 1), dt.date(2099, 12, 31)))
def test_birthdays_stay_relative_to_today(today: dt.date) -> None:
    assert _age(PERSONS["mia"], "eid", today) == 15
    tomorrow = today + dt.timedelta(days=1)
    assert PERSONS["mia"].records["eid"].on(today) == PERSONS["henri"].records["eid"].on(tomorrow) | {
        name: value for name, value in PERSONS["mia"].records["eid"].on(today).items() if name != "birthdate"
    }
    assert _age(PERSONS["henri"], "eid", today) == 16
    born = dt.date.fromisoformat(PERSONS["lea"].records["eid"].on(today)["birthdate"])
    assert (born.month, born.day) == (2, 29)
    assert _age(PERSONS["lea"], "eid", today) >= 16


@pytest.mark.parametrize(
    ("today", "turns", "born"),
    [
        (dt.date(2028, 2, 29), 16, dt.date(2012, 2, 29)),
        (dt.date(2028, 2, 29), 15, dt.date(2013, 3, 1)),
        (dt.date(2026, 12, 31), 16, dt.date(2010, 12, 31)),
    ],
)
def test_a_relative_birthday_exists_even_from_a_leap_day(today: dt.date, turns: int, born: dt.date) -> None:
    assert RelativeBirthdate(turns).on(today) == born


def test_odd_people_are_there() -> None:
    assert "givenName" not in PERSONS["suharto"].records["eid"].values
    assert "postalAddress" not in PERSONS["otto"].records["eid"].values
    assert PERSONS["theresia"].records["eidas"].values["eIDAS-Issuing-Country"] == "AT"
    assert PERSONS["elke"].accounts[0].means == ("elster",)
    assert PERSONS["paul"].accounts[0].means == ("password",)
    assert PERSONS["paul"].records["self"].values["localityName"] == "Lübeck"
    assert PERSONS["felix"].accounts[0].bpk2_prefix
    assert (PERSONS["verein"].accounts, PERSONS["verein"].instead) == ((), "muk")


def test_one_human_has_two_accounts_by_different_means() -> None:
    first, second = PERSONS["doris"].accounts
    assert not set(first.means) & set(second.means)
    assert first.uuid != second.uuid


@pytest.mark.parametrize("alias", AT)
def test_keys_are_unique_at_each_citizen_id_and_every_account_is_found(alias: str) -> None:
    accounts = [account for person in PERSONS.values() for account in person.accounts_at(alias)]
    assert accounts
    assert len({account.key for account in accounts}) == len(accounts)
    assert [find_account(load_persons(), account.key, alias)[1] for account in accounts] == accounts


def test_uuids_are_unique_everywhere() -> None:
    uuids = [uuid.UUID(account.uuid) for person in PERSONS.values() for alias in AT for account in person.accounts_at(alias)]
    assert len(set(uuids)) == len(uuids)


@pytest.mark.parametrize("alias", AT)
def test_every_account_has_data_for_each_of_its_means(alias: str) -> None:
    for person in PERSONS.values():
        for account in person.accounts_at(alias):
            assert account.means
            assert set(account.means) <= MEANS_AT[alias]
            assert alias not in AKDB or all(person.record_for(account, means).values for means in account.means)


def test_every_attribute_of_a_citizen_is_one_of_bundids() -> None:
    for person in PERSONS.values():
        for source, record in person.records.items():
            if source != "muk":
                assert set(record.values) <= set(BY_FRIENDLY_NAME), person.key


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("summary: x\n    ags: null\n    records: {}\n    accounts: []\n    shoe_size: '44'", "unknown shoe_size"),
        ("summary: x\n    ags: null\n    records: {eid: {birthdate: 1990-01-01}}\n    accounts: []", "must be text"),
        ("summary: x\n    ags: null\n    records: {passport: {}}\n    accounts: []", "unknown passport"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, entry: str, complaint: str) -> None:
    file = tmp_path / "persons.yaml"
    file.write_text(f"persons:\n  somebody:\n    {entry}\n")
    with pytest.raises(ValueError, match=complaint):
        load_persons(file)
