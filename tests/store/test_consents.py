"""Consents: one record per decision, the newest counts, withdrawing ends what came of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from broker.core.client import Client
from broker.core.subject import Subject
from broker.store.access_tokens import AccessTokens
from broker.store.consents import Consents
from broker.store.grants import Grants
from broker.store.standings import Standings
from broker.store.subjects import Subjects
from tests.support import records
from tests.support.clock import Clock


def test_a_consent_comes_back_as_it_was(consents: Consents, citizen: Subject, clock: Clock) -> None:
    given = replace(records.consent(citizen.id, "karte", clock(), "email", "name"), expires_at=clock() + timedelta(days=365))
    consents.add(given)
    assert consents.find(citizen.id, "karte") == given
    assert consents.find(citizen.id, "haushalt") is None


def test_the_newest_counts_even_at_the_same_instant(consents: Consents, standings: Standings, citizen: Subject, tool: Client) -> None:
    decisions = [records.consent(citizen.id, tool.client_id, citizen.created_at, *names) for names in (["a"], ["b"], ["a", "b"], [])]
    for decision in decisions:
        consents.add(decision)
        assert consents.find(citizen.id, tool.client_id) == decision
        assert standings.find(citizen.id, tool).consent == decision
    assert consents.list(citizen.id) == tuple(reversed(decisions))


def test_co08_withdrawing_ends_the_consent_and_its_grants(
    consents: Consents, grants: Grants, access_tokens: AccessTokens, citizen: Subject, tool: Client, clock: Clock
) -> None:
    given = records.consent(citizen.id, tool.client_id, clock())
    consents.add(given)
    grant = records.grant(citizen.id, clock(), consent_id=given.id)
    assert grants.add(grant)
    assert consents.withdraw(citizen.id, tool.client_id)
    found = consents.find(citizen.id, tool.client_id)
    assert found == replace(given, withdrawn_at=clock())
    assert access_tokens.find(grant.access_hash) is None
    assert not consents.withdraw(citizen.id, tool.client_id)


def test_withdrawing_concerns_one_citizen_and_one_tool(consents: Consents, subjects: Subjects, citizen: Subject, clock: Clock) -> None:
    other = records.subject(clock())
    subjects.add(other, records.link(other, clock()))
    for subject_id, client_id in ((citizen.id, "karte"), (citizen.id, "haushalt"), (other.id, "karte")):
        consents.add(records.consent(subject_id, client_id, clock()))
    consents.withdraw(citizen.id, "karte")
    for subject_id, client_id in ((citizen.id, "haushalt"), (other.id, "karte")):
        found = consents.find(subject_id, client_id)
        assert found
        assert found.valid(clock())


def test_a_standing_says_all_a_silent_sign_in_must_know(
    consents: Consents, subjects: Subjects, standings: Standings, citizen: Subject, tool: Client, clock: Clock
) -> None:
    before = standings.find(citizen.id, tool)
    assert (before.subject_active, before.consent, before.sub, before.pseudonym) == (True, None, None, None)
    given = records.consent(citizen.id, tool.client_id, clock(), "email")
    consents.add(given)
    known = subjects.tool_subject(citizen.id, tool.sector, "Amsel")
    after = standings.find(citizen.id, tool)
    assert (after.subject_active, after.consent, after.sub, after.pseudonym) == (True, given, known.sub, "Amsel")


def test_an_unknown_account_stands_nowhere(standings: Standings, tool: Client) -> None:
    assert not standings.find("unknown", tool).subject_active
