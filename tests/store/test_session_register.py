"""The register of sessions: what an account has open, what is over, and what was let in at the very moment of an end (A-34)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from broker.core.delivery import ToolSession
from broker.core.session import EndedBy, RegisteredSession
from broker.core.subject import Subject
from broker.core.trust import TrustLevel
from broker.store.clients import Clients
from broker.store.grants import Grants
from broker.store.outbox import Outbox
from broker.store.session_register import SessionRegister
from broker.store.subjects import Subjects
from tests.support import records
from tests.support.clock import Clock


def registered(session_id: str, clock: Clock, **fields: Any) -> RegisteredSession:
    """A session of Erika's that begins now."""
    usual = RegisteredSession(
        session_id=session_id,
        subject_id="erika",
        provider_alias="bundid",
        trust=TrustLevel.HIGH,
        device="Firefox, Windows",
        network="library",
        network_hash="a-hash",
        public_computer=False,
        only_for="",
        created_at=clock(),
        expires_at=clock() + timedelta(hours=12),
    )
    return replace(usual, **fields)


def test_an_account_sees_its_own_open_sessions_the_newest_first(register: SessionRegister, outbox: Outbox, clock: Clock) -> None:
    first, ended, short = (
        registered("first", clock),
        registered("ended", clock),
        registered("short", clock, expires_at=clock() + timedelta(minutes=15)),
    )
    for session in (first, ended, short, registered("foreign", clock, subject_id="max")):
        register.add(session)
    outbox.end_session("ended", "logout", by=EndedBy.TOOL)
    clock.advance(seconds=15 * 60)
    last = registered("last", clock, public_computer=True, only_for="karte", trust=TrustLevel.LOW)
    register.add(last)

    assert list(register.live("erika", clock())) == [last, first]


def test_it_becomes_one_at_a_public_computer_unless_it_has_ended(register: SessionRegister, outbox: Outbox, clock: Clock) -> None:
    ends = clock() + timedelta(minutes=15)
    for name in ("s", "ended", "other"):
        register.add(registered(name, clock))
    outbox.end_session("ended", "logout")
    assert [register.note_public_computer(name, ends) for name in ("s", "ended", "unknown")] == [True, False, False]
    found = {name: register.find(name) for name in ("s", "ended", "other")}
    assert found["s"] == registered("s", clock, public_computer=True, expires_at=ends)
    assert [one.public_computer for one in found.values() if one] == [True, False, False]


def test_access_that_outlives_a_session_is_known_by_tool(
    register: SessionRegister, grants: Grants, clients: Clients, citizen: Subject, clock: Clock
) -> None:
    for name in ("karte", "haushalt", "forum"):
        clients.add(records.client(name))
    lasting = {name: replace(records.grant(citizen.id, clock(), name, "s"), offline=True) for name in ("karte", "haushalt", "forum")}
    for grant in (*lasting.values(), records.grant(citizen.id, clock(), "karte", "s")):
        assert grants.add(grant)
    grants.revoke(lasting["forum"].id)
    assert grants.add(replace(records.grant(citizen.id, clock(), "forum", "elsewhere"), offline=True))
    assert register.without_citizen("s", clock()) == ["haushalt", "karte"]
    assert register.without_citizen("s", lasting["karte"].expires_at) == []


def test_an_end_is_noted_once_with_who_pronounced_it(register: SessionRegister, outbox: Outbox, clock: Clock) -> None:
    register.add(registered("s", clock))
    outbox.end_session("s", "one", by=EndedBy.ADMINISTRATOR)
    at = clock()
    clock.advance(seconds=60)
    outbox.end_session("s", "two", by=EndedBy.CITIZEN)

    found = register.find("s")
    assert found is not None
    assert (found.ended_at, found.ended_by) == (at, "administrator")
    assert register.find("unknown") is None


def test_what_is_over_waits_for_its_end_and_ended_ones_are_forgotten(register: SessionRegister, outbox: Outbox, clock: Clock) -> None:
    register.add(registered("over", clock, expires_at=clock() + timedelta(minutes=15)))
    register.add(registered("going on", clock))
    clock.advance(seconds=15 * 60)

    assert register.over(clock(), 10) == ["over"]
    outbox.end_session("over", "logout", by=EndedBy.TIME)
    assert register.over(clock(), 10) == []
    assert register.purge_ended(clock() - timedelta(seconds=1)) == 0
    assert register.purge_ended(clock()) == 1
    assert [one.session_id for one in register.live("erika", clock())] == ["going on"]


def test_another_device_is_noted_once_and_never_on_an_ended_session(register: SessionRegister, outbox: Outbox, clock: Clock) -> None:
    register.add(registered("s", clock))

    assert register.note_other_device("s", "Chrome, Linux")
    assert not register.note_other_device("s", "Safari, iPhone")
    assert [one.other_device for one in register.live("erika", clock())] == ["Chrome, Linux"]
    register.add(registered("t", clock))
    outbox.end_session("t", "logout")
    assert not register.note_other_device("t", "Chrome, Linux")


def test_a_replaced_session_ends_with_the_hand_over(register: SessionRegister, outbox: Outbox, clock: Clock) -> None:
    register.add(registered("old", clock))
    register.add(registered("new", clock))
    outbox.hand_over_session("old", "new")

    found = register.find("old")
    assert found is not None
    assert found.ended_by == EndedBy.REPLACED
    assert [one.session_id for one in register.live("erika", clock())] == ["new"]


def test_a34_no_code_becomes_a_grant_once_its_session_has_ended(
    register: SessionRegister, outbox: Outbox, clients: Clients, grants: Grants, citizen: Subject, clock: Clock
) -> None:
    clients.add(records.client("karte"))
    register.add(registered("s1", clock, subject_id=citizen.id))
    assert grants.add(records.grant(citizen.id, clock(), "karte", "s1"))
    outbox.end_session("s1", "logout")

    assert not grants.add(records.grant(citizen.id, clock(), "karte", "s1"))
    assert grants.add(records.grant(citizen.id, clock(), "karte", "not on the register")), "an older worker's session still counts (F-30)"


def test_a_grant_that_slipped_in_while_the_session_ended_is_found(
    register: SessionRegister, outbox: Outbox, clients: Clients, grants: Grants, citizen: Subject, clock: Clock
) -> None:
    clients.add(records.client("karte"))
    began = clock()
    assert grants.add(records.grant(citizen.id, clock(), "karte", "s1"))  # the gate looked before the register knew
    register.add(registered("s1", clock, subject_id=citizen.id, ended_at=clock() + timedelta(seconds=1), ended_by="citizen"))

    assert register.unfinished(began) == ["s1"]
    assert outbox.end_session("s1", "again") == 1
    assert register.unfinished(began) == []


def test_grants_of_a_session_that_nobody_ended_yet_are_not_cleared(
    register: SessionRegister, outbox: Outbox, clients: Clients, grants: Grants, citizen: Subject, clock: Clock
) -> None:
    """They say which tools must be told; a worker that was away for hours may clear before it ends."""
    clients.add(records.client("karte"))
    register.add(registered("s1", clock, subject_id=citizen.id))
    assert grants.add(records.grant(citizen.id, clock(), "karte", "s1"))
    clock.advance(seconds=13 * 3600)

    assert grants.purge_expired(clock()) == 0
    assert outbox.end_session("s1", "logout", by=EndedBy.TIME) == 1
    assert grants.purge_expired(clock()) == 1


def test_a_tools_name_of_a_session_leads_to_it_also_after_a_step_up(
    register: SessionRegister, outbox: Outbox, grants: Grants, clients: Clients, subjects: Subjects, citizen: Subject, clock: Clock
) -> None:
    clients.add(records.client("karte"))
    sub = subjects.tool_subject(citizen.id, "karte.example.org", "heide-otter-1234").sub
    assert grants.add(replace(records.grant(citizen.id, clock(), "karte", "s1"), sub=sub))
    named = ToolSession("karte", sub, "karte-s1")
    assert register.find_id(named) == "s1"
    outbox.hand_over_session("s1", "s2")
    assert register.find_id(named) == "s2"
    outbox.end_session("s2", "logout")
    assert register.find_id(named) == "s2"
    for other in (replace(named, sub="sub-of-somebody"), replace(named, client_id="forum"), replace(named, sid="karte-s3")):
        assert register.find_id(other) is None
