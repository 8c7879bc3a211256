"""Accounts: found by link only, one per identity however many browsers ask at once; pseudonyms sealed; erasure leaves tombstones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import IntegrityError

from broker.core.client import Client
from broker.core.errors import NotFound, SealBroken
from broker.core.subject import Subject, SubjectStatus
from broker.store.access_tokens import AccessTokens
from broker.store.accounts import Accounts
from broker.store.consents import Consents
from broker.store.grants import Grants
from broker.store.sql import Database
from broker.store.standings import Standings
from broker.store.subjects import Subjects
from broker.store.tables import linked_identities, metadata, tool_subjects
from broker.store.tables import subjects as subjects_table
from tests.support import records
from tests.support.clock import Clock


def _rows(database: Database, table: str) -> list[object]:
    return list(database.all(metadata.tables[table].select()))


def test_an_account_is_found_by_its_link(subjects: Subjects, clock: Clock) -> None:
    made = records.subject(clock())
    subjects.add(made, records.link(made, clock(), "hash"))
    assert subjects.find_by_link("bundid", "hash") == made
    assert subjects.get(made.id) == made


def test_a27_another_provider_or_hash_finds_nobody(subjects: Subjects, clock: Clock) -> None:
    made = records.subject(clock())
    subjects.add(made, records.link(made, clock(), "hash"))
    assert subjects.find_by_link("bayernid", "hash") is None
    assert subjects.find_by_link("bundid", "other") is None
    with pytest.raises(NotFound):
        subjects.get("unknown")


def test_finding_notes_when_the_identity_was_seen(subjects: Subjects, clock: Clock) -> None:
    made = records.subject(clock())
    subjects.add(made, records.link(made, clock(), "hash"))
    later = clock.advance(days=3)
    subjects.find_by_link("bundid", "hash")
    assert [link.last_seen_at for link in subjects.links(made.id)] == [later]


def test_one_identity_gets_one_account_however_many_browsers_come_at_once(subjects: Subjects, database: Database, clock: Clock) -> None:
    candidates = [records.subject(clock()) for _ in range(16)]
    with ThreadPoolExecutor(8) as pool:
        owners = list(pool.map(lambda made: subjects.add(made, records.link(made, clock(), "the same")), candidates))
    assert len({owner.id for owner in owners}) == 1
    assert len(_rows(database, "subjects")) == len(_rows(database, "linked_identities")) == 1


def test_a38_a_sector_knows_an_account_by_one_random_sub(subjects: Subjects, citizen: Subject, clock: Clock) -> None:
    first = subjects.tool_subject(citizen.id, "karte.example.org", "Amsel")
    assert subjects.tool_subject(citizen.id, "karte.example.org", "Drossel") == first
    assert first.pseudonym == "Amsel"
    assert subjects.tool_subject(citizen.id, "haushalt.example.org", "Amsel").sub != first.sub
    assert citizen.id not in first.sub


def test_a38_two_at_once_get_the_same_sub(subjects: Subjects, citizen: Subject) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: subjects.tool_subject(citizen.id, "sector", f"name {number}"), range(16)))
    assert len(set(made)) == 1


def test_a_pseudonym_can_be_changed(subjects: Subjects, standings: Standings, citizen: Subject, tool: Client) -> None:
    subjects.replace_pseudonym(subjects.tool_subject(citizen.id, tool.sector, "Amsel"), "Drossel")
    assert standings.find(citizen.id, tool).pseudonym == "Drossel"


def test_a_pseudonym_is_sealed_and_cannot_be_moved(
    subjects: Subjects, standings: Standings, citizen: Subject, tool: Client, database: Database
) -> None:
    own = subjects.tool_subject(citizen.id, tool.sector, "Nachtigall")
    other = subjects.tool_subject(citizen.id, "other", "Zaunkönig")
    assert "Nachtigall" not in repr(_rows(database, "tool_subjects"))
    (taken,) = database.all(tool_subjects.select().where(tool_subjects.c.sub == other.sub))
    database.run(tool_subjects.update().where(tool_subjects.c.sub == own.sub).values(sealed_pseudonym=taken.sealed_pseudonym))
    with pytest.raises(SealBroken):
        standings.find(citizen.id, tool)


def test_a42_erasing_ends_everything_and_leaves_a_tombstone(
    accounts: Accounts, subjects: Subjects, consents: Consents, grants: Grants, access_tokens: AccessTokens,
    standings: Standings, citizen: Subject, tool: Client, clock: Clock,
    database: Database,
) -> None:  # fmt: skip
    known = subjects.tool_subject(citizen.id, tool.sector, "Amsel")
    consents.add(records.consent(citizen.id, tool.client_id, clock()))
    grant = records.grant(citizen.id, clock())
    assert grants.add(grant)
    accounts.erase(citizen.id)
    assert subjects.get(citizen.id).status is SubjectStatus.ERASED
    assert _rows(database, "linked_identities") == []
    assert access_tokens.find(grant.access_hash) is None
    standing = standings.find(citizen.id, tool)
    assert not standing.subject_active
    assert standing.consent
    assert not standing.consent.valid(clock())
    assert (standing.sub, standing.pseudonym) == (known.sub, "")


def test_a42_the_same_person_comes_back_as_somebody_new(accounts: Accounts, subjects: Subjects, tool: Client, clock: Clock) -> None:
    first = records.subject(clock())
    subjects.add(first, records.link(first, clock(), "hash"))
    before = subjects.tool_subject(first.id, tool.sector, "Amsel")
    accounts.erase(first.id)
    assert subjects.find_by_link("bundid", "hash") is None
    second = records.subject(clock())
    assert subjects.add(second, records.link(second, clock(), "hash")) == second
    assert subjects.tool_subject(second.id, tool.sector, "Amsel").sub != before.sub


def test_links_need_an_account(database: Database, clock: Clock) -> None:
    nobody = records.link(records.subject(clock()), clock())
    with pytest.raises(IntegrityError):
        database.run(linked_identities.insert(), {name: getattr(nobody, name) for name in type(nobody).__slots__})
    assert database.all(subjects_table.select()) == []
