"""The outbox: every tool of a session is told once, by one worker at a time, until it worked."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.core.delivery import Delivery, DeliveryState, ToolSession
from broker.core.subject import Subject
from broker.store.access_tokens import AccessTokens
from broker.store.clients import Clients
from broker.store.grants import Grants
from broker.store.outbox import Outbox
from broker.store.sql import Database
from tests.support import records
from tests.support.clock import Clock
from tests.support.outbox import takes_all, told


@pytest.fixture
def signed_in(clients: Clients, grants: Grants, citizen: Subject, clock: Clock) -> dict[str, str]:
    """A citizen in three tools (one of them twice, one that cannot be told) and elsewhere; access hashes by name."""
    for name in ("karte", "haushalt", "forum"):
        clients.add(records.client(name))
    clients.replace(replace(records.client("forum"), backchannel_logout_uri=""))
    places = {"karte": "s1", "karte again": "s1", "haushalt": "s1", "forum": "s1", "elsewhere": "s2"}
    tools = {name: "karte" if name == "elsewhere" else name.split()[0] for name in places}
    made = {name: records.grant(citizen.id, clock(), tools[name], session_id) for name, session_id in places.items()}
    assert [grants.add(grant) for grant in made.values()] == [True] * len(made)
    return {name: grant.access_hash for name, grant in made.items()}


def _told(outbox: Outbox) -> list[Delivery]:
    """All that stands there about the tools of the citizen's sessions."""
    return [one for tool in ("forum", "haushalt", "karte", "late") for one in told(outbox, tool, "s1", "s3")]


def _pending(outbox: Outbox) -> list[str]:
    return [delivery.client_id for delivery in _told(outbox) if delivery.state is DeliveryState.PENDING]


def test_lo03_ending_a_session_kills_its_grants_and_tells_its_tools(
    outbox: Outbox, access_tokens: AccessTokens, signed_in: dict[str, str]
) -> None:
    assert outbox.end_session("s1", "logout") == 2
    assert _pending(outbox) == ["haushalt", "karte"]
    alive = [name for name, access in signed_in.items() if access_tokens.find(access)]
    assert alive == ["elsewhere"]


def test_a_delivery_names_the_session_as_the_tool_knows_it(outbox: Outbox, signed_in: dict[str, str], citizen: Subject) -> None:
    outbox.end_session("s1", "logout")
    about = {delivery.client_id: (delivery.sub, delivery.sid, delivery.attempts) for delivery in _told(outbox)}
    assert about["karte"] == (f"sub-of-{citizen.id}", "karte-s1", 0)


def test_the_tools_of_a_session_are_known_before_and_after_its_end(outbox: Outbox, signed_in: dict[str, str], citizen: Subject) -> None:
    sub = f"sub-of-{citizen.id}"
    tools = [ToolSession(name, sub, f"{name}-s1") for name in ("forum", "haushalt", "karte")]
    assert outbox.list_tool_sessions("s1") == tools
    outbox.end_session("s1", "logout")
    assert outbox.list_tool_sessions("s1") == tools
    assert outbox.list_tool_sessions("unknown") == []


def test_ending_again_catches_only_what_came_in_between(
    outbox: Outbox, grants: Grants, access_tokens: AccessTokens, signed_in: dict[str, str], citizen: Subject, clients: Clients, clock: Clock
) -> None:
    outbox.end_session("s1", "logout")
    clients.add(records.client("late"))
    late = records.grant(citizen.id, clock(), "late", "s1")
    assert grants.add(late)
    assert outbox.end_session("s1", "logout") == 1
    assert access_tokens.find(late.access_hash) is None
    assert _pending(outbox) == ["haushalt", "karte", "late"]
    assert outbox.end_session("unknown", "other") == 0


def test_lo03_a_code_redeemed_at_the_very_moment_of_the_end_has_its_tool_told_once_more(
    outbox: Outbox, grants: Grants, signed_in: dict[str, str], citizen: Subject, clock: Clock
) -> None:
    """The tool began another session under the same `sid` after it had been told; its grant is no younger than the end, or even older."""
    outbox.end_session("s1", "logout")
    outbox.settle([replace(one, state=DeliveryState.DELIVERED, attempts=1, outcome="200") for one in takes_all(outbox)])
    assert grants.add(records.grant(citizen.id, clock() - timedelta(milliseconds=5), "karte", "s1"))

    assert outbox.end_session("s1", "sweep") == 1
    assert [one.client_id for one in takes_all(outbox)] == ["karte"]
    assert outbox.end_session("s1", "sweep") == 0


def test_se01_tools_of_a_replaced_session_are_told_when_the_new_one_ends(
    outbox: Outbox, grants: Grants, access_tokens: AccessTokens, signed_in: dict[str, str], citizen: Subject, clock: Clock
) -> None:
    assert outbox.hand_over_session("s1", "s3") == 4
    again = replace(records.grant(citizen.id, clock(), "karte", "s3"), sid="karte-s3")
    assert grants.add(again)
    assert outbox.end_session("s1", "nobody") == 0
    assert access_tokens.find(signed_in["karte"])
    assert outbox.end_session("s3", "logout") == 3
    assert sorted(delivery.sid for delivery in _told(outbox)) == ["haushalt-s1", "karte-s1", "karte-s3"]
    assert access_tokens.find(signed_in["karte"]) is None


def test_due_deliveries_are_leased_and_come_back_if_the_worker_dies(outbox: Outbox, signed_in: dict[str, str], clock: Clock) -> None:
    outbox.end_session("s1", "logout")
    assert sorted(outbox.due_tools()) == ["haushalt", "karte"]
    assert [delivery.client_id for name in ("haushalt", "karte") for delivery in outbox.take_due(name, 10, 30)] == ["haushalt", "karte"]
    assert outbox.due_tools() == outbox.take_due("karte", 10, 30) == []
    clock.advance(seconds=30)
    assert len(takes_all(outbox)) == 2


def test_f36_an_attempt_is_noted_and_tried_again_when_it_is_time(outbox: Outbox, signed_in: dict[str, str], clock: Clock) -> None:
    outbox.end_session("s1", "logout")
    done, delivery = sorted(takes_all(outbox), key=lambda one: one.client_id, reverse=True)
    tried = replace(
        delivery, attempts=1, outcome="500", next_attempt_at=clock() + timedelta(minutes=1), last_attempt_at=clock(), duration_ms=7
    )
    outbox.settle([replace(done, state=DeliveryState.DELIVERED), tried])
    assert _told(outbox)[0] == replace(tried, leased_until=None)
    assert takes_all(outbox) == []
    clock.advance(minutes=1)
    (again,) = takes_all(outbox)
    outbox.settle([replace(again, attempts=2, state=DeliveryState.DELIVERED, outcome="200")])
    clock.advance(days=1)
    assert takes_all(outbox) == []


def test_whoever_comes_late_with_a_result_changes_nothing(outbox: Outbox, signed_in: dict[str, str], clock: Clock) -> None:
    outbox.end_session("s1", "logout")
    (slow,) = outbox.take_due("karte", 1, 30)
    clock.advance(seconds=30)
    (quick,) = outbox.take_due("karte", 1, 30)
    outbox.settle([replace(slow, state=DeliveryState.FAILED, outcome="400")])
    assert _pending(outbox) == ["haushalt", "karte"], "another worker has it by now"
    outbox.settle([replace(quick, state=DeliveryState.DELIVERED)])
    outbox.settle([replace(quick, state=DeliveryState.FAILED)])
    assert [one.state for one in _told(outbox) if one.client_id == "karte"] == [DeliveryState.DELIVERED]


def test_what_waits_is_counted(outbox: Outbox, signed_in: dict[str, str], clock: Clock) -> None:
    assert outbox.pending() == (0, None)
    began = clock()
    outbox.end_session("s1", "logout")
    clock.advance(seconds=90)
    assert outbox.pending() == (2, began)


def test_several_workers_never_get_the_same_delivery(
    outbox: Outbox, grants: Grants, clients: Clients, citizen: Subject, clock: Clock
) -> None:
    clients.add(records.client("karte"))
    for number in range(20):
        assert grants.add(records.grant(citizen.id, clock(), "karte", f"s{number}"))
        outbox.end_session(f"s{number}", "logout")
    with ThreadPoolExecutor(4) as pool:
        taken: list[Sequence[Delivery]] = list(pool.map(lambda _: outbox.take_due("karte", 3, 60), range(8)))
    ids = [delivery.id for some in taken for delivery in some]
    while more := outbox.take_due("karte", 3, 60):
        ids += [delivery.id for delivery in more]
    assert len(ids) == len(set(ids)) == 20


def test_only_finished_deliveries_are_purged(outbox: Outbox, signed_in: dict[str, str], clock: Clock) -> None:
    outbox.end_session("s1", "logout")
    done, _ = takes_all(outbox)
    outbox.settle([replace(done, state=DeliveryState.DELIVERED)])
    assert outbox.purge_expired(clock() - timedelta(seconds=1)) == 0
    assert outbox.purge_expired(clock()) == 1
    assert len(_told(outbox)) == 1


def test_all_or_nothing(outbox: Outbox, access_tokens: AccessTokens, signed_in: dict[str, str], database: Database) -> None:
    with database.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE deliveries RENAME TO gone")
    try:
        with pytest.raises(Exception, match=r"deliveries|SQL"):
            outbox.end_session("s1", "logout")
    finally:
        with database.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE gone RENAME TO deliveries")
    assert access_tokens.find(signed_in["karte"])


class TestLeavingOneTool:
    """`leave_session`: one tool goes, the session and its other tools go on."""

    def test_only_its_own_grants_end_and_it_is_told(
        self, outbox: Outbox, access_tokens: AccessTokens, signed_in: dict[str, str], citizen: Subject
    ) -> None:
        assert outbox.leave_session("s1", "karte", "logout", told=True) == ["karte-s1"]
        assert _pending(outbox) == ["karte"]
        assert [name for name, access in signed_in.items() if access_tokens.find(access)] == ["haushalt", "forum", "elsewhere"]
        assert [one.client_id for one in outbox.list_tool_sessions("s1")] == ["forum", "haushalt"]

    def test_a_tool_that_ended_its_own_session_or_has_no_address_is_not_told(self, outbox: Outbox, signed_in: dict[str, str]) -> None:
        assert outbox.leave_session("s1", "karte", "one", told=False) == ["karte-s1"]
        assert outbox.leave_session("s1", "forum", "two", told=True) == ["forum-s1"]
        assert outbox.leave_session("s1", "nobody", "three", told=True) == []
        assert outbox.pending() == (0, None)

    def test_the_end_of_the_session_does_not_tell_it_again(self, outbox: Outbox, signed_in: dict[str, str]) -> None:
        outbox.leave_session("s1", "karte", "left", told=False)
        assert outbox.end_session("s1", "logout") == 1
        assert _pending(outbox) == ["haushalt"]

    def test_an_offline_grant_outlives_it(
        self, outbox: Outbox, grants: Grants, access_tokens: AccessTokens, signed_in: dict[str, str], citizen: Subject, clock: Clock
    ) -> None:
        offline = replace(records.grant(citizen.id, clock(), "haushalt", "s1"), offline=True)
        assert grants.add(offline)
        outbox.leave_session("s1", "haushalt", "left", told=True)
        assert access_tokens.find(offline.access_hash)
        assert access_tokens.find(signed_in["haushalt"]) is None

    def test_who_comes_back_under_the_same_sid_is_told_of_the_end_once_more(
        self, outbox: Outbox, grants: Grants, signed_in: dict[str, str], citizen: Subject, clock: Clock
    ) -> None:
        outbox.leave_session("s1", "karte", "left", told=True)
        (delivery,) = takes_all(outbox)
        outbox.settle([replace(delivery, state=DeliveryState.DELIVERED, attempts=1)])
        clock.advance(seconds=1)
        assert grants.add(records.grant(citizen.id, clock(), "karte", "s1"))
        clock.advance(seconds=1)

        assert outbox.end_session("s1", "logout") == 2
        assert [(one.client_id, one.attempts) for one in _told(outbox)] == [("haushalt", 0), ("karte", 0)]
        for one in takes_all(outbox):
            outbox.settle([replace(one, state=DeliveryState.DELIVERED)])
        assert outbox.end_session("s1", "again") == 0, "told once however often the end is pronounced"

    def test_a_delivery_that_still_waits_is_not_begun_anew(
        self, outbox: Outbox, grants: Grants, signed_in: dict[str, str], citizen: Subject, clock: Clock
    ) -> None:
        outbox.leave_session("s1", "karte", "left", told=True)
        waiting = told(outbox, "karte", "s1")
        clock.advance(seconds=1)
        assert grants.add(records.grant(citizen.id, clock(), "karte", "s1"))
        outbox.end_session("s1", "logout")
        assert told(outbox, "karte", "s1") == waiting != []


def test_deliveries_are_found_by_what_the_tools_call_the_sessions(outbox: Outbox, signed_in: dict[str, str]) -> None:
    outbox.end_session("s1", "first")
    outbox.end_session("s2", "second")
    wanted = [("karte", "karte-s1"), ("haushalt", "haushalt-s1"), ("karte", "haushalt-s1"), ("forum", "forum-s1")]
    assert sorted((one.client_id, one.sid) for one in outbox.list_told(wanted)) == [("haushalt", "haushalt-s1"), ("karte", "karte-s1")]
    assert outbox.list_told([]) == []
