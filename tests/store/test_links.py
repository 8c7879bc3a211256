"""Links are made, moved and removed in one transaction each; of two at once one decides (AL-05, AL-10, A-48)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from broker.core.account_errors import IdentityTaken, LastLink
from broker.core.client import Client
from broker.core.errors import AccountBlocked
from broker.core.linking import LinkOutlook
from broker.core.subject import LinkedIdentity, Subject, SubjectStatus
from broker.core.trust import TrustLevel
from broker.store.accounts import Accounts
from broker.store.grants import Grants
from broker.store.links import Links
from broker.store.outbox import Outbox
from broker.store.sql import Database
from broker.store.standings import Standings
from broker.store.subjects import Subjects
from broker.store.tables import subjects as subjects_table
from tests.support import records
from tests.support.clock import Clock
from tests.support.outbox import told


@pytest.fixture
def links(database: Database, outbox: Outbox, clock: Clock) -> Links:
    return Links(database, outbox, clock)


@pytest.fixture
def another(subjects: Subjects, clock: Clock) -> Callable[[str], Subject]:
    """Makes an account with one link of this hash."""

    def make(upstream_hash: str) -> Subject:
        made = records.subject(clock())
        return subjects.add(made, records.link(made, clock(), upstream_hash))

    return make


def link(to: Subject, clock: Clock, upstream_hash: str = "second") -> LinkedIdentity:
    return LinkedIdentity(to.id, "bayernid", upstream_hash, TrustLevel.LOW, clock(), clock())


def hashes(subjects: Subjects, of: Subject) -> set[str]:
    return {one.upstream_hash for one in subjects.links(of.id)}


def first_hash(subjects: Subjects, of: Subject) -> str:
    (only,) = subjects.links(of.id)
    return only.upstream_hash


class TestAdding:
    def test_a_new_identity_leads_to_the_account(self, links: Links, subjects: Subjects, citizen: Subject, clock: Clock) -> None:
        assert links.outlook("bayernid", "second", citizen.id) is LinkOutlook.NEW
        links.add(link(citizen, clock))
        assert subjects.find_by_link("bayernid", "second") == citizen
        assert links.outlook("bayernid", "second", citizen.id) is LinkOutlook.HERE

    def test_a_second_account_of_the_same_citizen_id_does_too(
        self, links: Links, subjects: Subjects, citizen: Subject, clock: Clock
    ) -> None:
        links.add(replace(link(citizen, clock), provider_alias="bundid"))
        assert {one.provider_alias for one in subjects.links(citizen.id)} == {"bundid"}
        assert len(subjects.links(citizen.id)) == 2

    def test_adding_it_twice_is_adding_it_once(self, links: Links, subjects: Subjects, citizen: Subject, clock: Clock) -> None:
        links.add(link(citizen, clock))
        links.add(link(citizen, clock))
        assert len(subjects.links(citizen.id)) == 2

    def test_an_account_that_was_never_used_goes_and_brings_its_links(
        self, links: Links, subjects: Subjects, citizen: Subject, another: Callable[[str], Subject], clock: Clock
    ) -> None:
        empty = another("theirs")
        links.add(link(empty, clock, "theirs-too"))
        assert links.outlook("bundid", "theirs", citizen.id) is LinkOutlook.ABSORBED
        clock.advance(minutes=1)
        links.add(replace(link(citizen, clock, "theirs"), provider_alias="bundid"))
        assert hashes(subjects, citizen) >= {"theirs", "theirs-too"}
        assert subjects.links(empty.id) == ()
        assert subjects.get(empty.id).status is SubjectStatus.ERASED

    def test_one_that_was_used_at_a_tool_stays_what_it_is(
        self, links: Links, subjects: Subjects, citizen: Subject, another: Callable[[str], Subject], clock: Clock
    ) -> None:
        used = another("theirs")
        subjects.tool_subject(used.id, "karte.example.org", "Amsel")
        assert links.outlook("bundid", "theirs", citizen.id) is LinkOutlook.TAKEN
        with pytest.raises(IdentityTaken):
            links.add(replace(link(citizen, clock, "theirs"), provider_alias="bundid"))
        assert hashes(subjects, used) == {"theirs"}

    @pytest.mark.parametrize("status", [SubjectStatus.BLOCKED, SubjectStatus.ERASED])
    def test_no_way_leads_out_of_a_blocked_account(
        self, links: Links, citizen: Subject, another: Callable[[str], Subject], database: Database, clock: Clock, status: SubjectStatus
    ) -> None:
        blocked = another("theirs")
        database.run(subjects_table.update().where(subjects_table.c.subject_id == blocked.id).values(status=status.value))
        with pytest.raises(AccountBlocked):
            links.outlook("bundid", "theirs", citizen.id)
        with pytest.raises(AccountBlocked):
            links.add(replace(link(citizen, clock, "theirs"), provider_alias="bundid"))
        with pytest.raises(AccountBlocked):
            links.add(link(blocked, clock))

    def test_of_two_accounts_that_link_the_same_identity_one_gets_it(
        self, links: Links, subjects: Subjects, another: Callable[[str], Subject], clock: Clock
    ) -> None:
        accounts = [another(f"first-{number}") for number in range(8)]
        for one in accounts:
            subjects.tool_subject(one.id, "karte.example.org", "Amsel")

        def add(to: Subject) -> bool:
            try:
                links.add(link(to, clock))
            except IdentityTaken:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            added = list(threads.map(add, accounts))
        assert added.count(True) == 1
        owner = subjects.find_by_link("bayernid", "second")
        assert owner == accounts[added.index(True)]


class TestRemoving:
    def test_the_other_link_stays(self, links: Links, subjects: Subjects, citizen: Subject, clock: Clock) -> None:
        links.add(link(citizen, clock))
        links.revoke(citizen.id, "bayernid", "second", "logout")
        assert len(subjects.links(citizen.id)) == 1
        assert subjects.find_by_link("bayernid", "second") is None

    def test_the_only_link_cannot_go(self, links: Links, subjects: Subjects, citizen: Subject) -> None:
        with pytest.raises(LastLink):
            links.revoke(citizen.id, "bundid", first_hash(subjects, citizen), "logout")
        assert len(subjects.links(citizen.id)) == 1

    def test_of_two_removed_at_once_one_stays(self, links: Links, subjects: Subjects, citizen: Subject, clock: Clock) -> None:
        first = first_hash(subjects, citizen)
        links.add(link(citizen, clock))

        def remove(alias: str, upstream_hash: str) -> bool:
            try:
                links.revoke(citizen.id, alias, upstream_hash, "logout")
            except LastLink:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            removed = list(threads.map(remove, ("bundid", "bayernid"), (first, "second")))
        assert sorted(removed) == [False, True]
        assert len(subjects.links(citizen.id)) == 1

    def test_nobody_removes_a_link_of_another_account(
        self, links: Links, subjects: Subjects, citizen: Subject, another: Callable[[str], Subject], clock: Clock
    ) -> None:
        links.add(link(citizen, clock))
        stranger = another("strangers")
        links.add(link(stranger, clock, "strangers-too"))
        links.revoke(stranger.id, "bayernid", "second", "logout")
        assert subjects.find_by_link("bayernid", "second") == citizen

    def test_what_came_by_it_ends_and_its_tools_are_told_the_rest_stays(
        self, links: Links, grants: Grants, outbox: Outbox, subjects: Subjects, citizen: Subject, tool: Client, clock: Clock
    ) -> None:
        first = first_hash(subjects, citizen)
        links.add(link(citizen, clock))
        by_first = replace(records.grant(citizen.id, clock(), tool.client_id, "one"), provider_alias="bundid", upstream_hash=first)
        by_second = replace(
            records.grant(citizen.id, clock(), tool.client_id, "two"), provider_alias="bayernid", upstream_hash="second", offline=True
        )
        assert grants.add(by_first)
        assert grants.add(by_second)
        assert links.revoke(citizen.id, "bayernid", "second", "logout") == ("two",)
        assert [one.sid for one in told(outbox, tool.client_id, "one", "two")] == [by_second.sid]
        assert grants.revoke(by_first.id), "it was still good"
        assert not grants.revoke(by_second.id), "it was over already"

    def test_a_code_of_a_session_whose_link_is_gone_brings_nothing(
        self, links: Links, grants: Grants, citizen: Subject, tool: Client, clock: Clock
    ) -> None:
        links.add(link(citizen, clock))
        late = replace(records.grant(citizen.id, clock(), tool.client_id), provider_alias="bayernid", upstream_hash="second")
        links.revoke(citizen.id, "bayernid", "second", "logout")
        assert not grants.add(late)

    def test_the_standing_says_whether_the_link_is_still_there(
        self, links: Links, standings: Standings, citizen: Subject, another: Callable[[str], Subject], tool: Client, clock: Clock
    ) -> None:
        links.add(link(citizen, clock))
        assert standings.find(citizen.id, tool, "bayernid", "second").linked
        assert not standings.find(another("theirs").id, tool, "bayernid", "second").linked
        links.revoke(citizen.id, "bayernid", "second", "logout")
        assert not standings.find(citizen.id, tool, "bayernid", "second").linked
        assert standings.find(citizen.id, tool).linked, "a session from before links could be removed"


class TestNews:
    def test_both_sides_of_a_link_are_told_once_al_10(self, links: Links, subjects: Subjects, citizen: Subject, clock: Clock) -> None:
        links.tell("bundid", first := first_hash(subjects, citizen))
        assert not links.has_news("bundid", first)
        clock.advance(minutes=1)
        links.add(link(citizen, clock))
        assert links.has_news("bundid", first)
        assert links.has_news("bayernid", "second")
        clock.advance(minutes=1)
        links.tell("bundid", first)
        assert not links.has_news("bundid", first)
        assert links.has_news("bayernid", "second"), "each is told by its own sign-in"
        links.tell("bayernid", "second")
        assert not links.has_news("bayernid", "second")

    def test_an_unknown_identity_has_no_news(self, links: Links) -> None:
        assert not links.has_news("bundid", "nobody")


def test_an_erased_account_is_not_revived_by_the_same_identity_al_10(
    accounts: Accounts, links: Links, subjects: Subjects, citizen: Subject, another: Callable[[str], Subject], tool: Client, clock: Clock
) -> None:
    """Upstream gives the key to somebody else: they get nothing of the account that was erased, nor does anybody who links it."""
    known = subjects.tool_subject(citizen.id, tool.sector, "Amsel")
    recycled = first_hash(subjects, citizen)
    accounts.erase(citizen.id)
    newcomer = another(recycled)
    assert newcomer.id != citizen.id
    assert subjects.tool_subject(newcomer.id, tool.sector, "Drossel").sub != known.sub
