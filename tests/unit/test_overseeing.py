"""Overseeing sessions: what an account has open, ending one or all, no more than so many, none beyond its time (A-34)."""

from __future__ import annotations

import pytest

from broker.core.errors import UpstreamUnavailable
from broker.core.session import SESSION_LIFETIME, BrokerSession, EndedBy
from tests.support.flow_scene import Scene
from tests.support.outbox import takes_all


def signs_in(scene: Scene) -> BrokerSession:
    """Erika, on one more device."""
    _, session = scene.signs_in()
    return session


def open_ids(scene: Scene, of: BrokerSession) -> list[str]:
    """Of her account."""
    return [one.session.session_id for one in scene.overseeing.list(of.subject_id)]


def test_a_sign_in_is_on_the_list_with_the_tools_it_opened(scene: Scene) -> None:
    session = signs_in(scene)
    scene.redeems(scene.lets_in(session))

    (one,) = scene.overseeing.list(session.subject_id)
    assert one.session.session_id == session.id
    assert (one.session.provider_alias, one.session.expires_at) == ("bundid", session.expires_at)
    assert one.tools == ("Mitmachkarte",)


def test_ending_one_leaves_the_others(scene: Scene) -> None:
    first, second = signs_in(scene), signs_in(scene)

    assert scene.overseeing.end(first.subject_id, first.id)
    assert scene.sessions.find(first.id) is None
    assert open_ids(scene, first) == [second.id]
    assert scene.sessions.find(second.id)


def test_another_accounts_session_is_not_told_apart_from_none(scene: Scene) -> None:
    session = signs_in(scene)

    assert scene.overseeing.end("somebody else", session.id) is None
    assert scene.overseeing.end(session.subject_id, "no such session") is None
    assert scene.sessions.find(session.id)


def test_ending_all_but_this_one(scene: Scene) -> None:
    first, second, third = signs_in(scene), signs_in(scene), signs_in(scene)

    assert len(scene.overseeing.end_all(first.subject_id, EndedBy.CITIZEN, but=second.id)) == 2
    assert open_ids(scene, first) == [second.id]
    assert scene.sessions.find(third.id) is None


def test_beyond_so_many_the_oldest_ends_and_its_tools_are_told(scene: Scene) -> None:
    oldest = signs_in(scene)
    scene.redeems(scene.lets_in(oldest))
    others = []
    for _ in range(3):
        scene.clock.advance(seconds=60)
        others.append(signs_in(scene))

    assert open_ids(scene, oldest) == [session.id for session in reversed(others)]
    assert scene.sessions.find(oldest.id) is None
    assert [delivery.client_id for delivery in takes_all(scene.outbox)] == ["karte"]
    ended = scene.overseeing.register.find(oldest.id)
    assert ended is not None
    assert ended.ended_by == EndedBy.TOO_MANY


def test_signing_in_anew_in_the_same_browser_is_no_second_session(scene: Scene) -> None:
    old = signs_in(scene)
    _, new = scene.signs_in(old)

    assert open_ids(scene, old) == [new.id]


def test_what_is_over_ends_at_the_hub_too_and_its_tools_are_told(scene: Scene) -> None:
    session = signs_in(scene)
    scene.redeems(scene.lets_in(session))
    assert scene.overseeing.end_expired() == 0
    scene.clock.advance(seconds=SESSION_LIFETIME.total_seconds())

    assert scene.overseeing.end_expired() == 1
    assert scene.worker_tells_hub() == 1
    assert scene.hub.ended == [session.upstream_id_token]
    assert [delivery.client_id for delivery in takes_all(scene.outbox)] == ["karte"]
    assert scene.overseeing.end_expired() == 0


def test_a_hub_that_is_away_stops_no_ending(scene: Scene) -> None:
    session = signs_in(scene)
    scene.hub.trouble = UpstreamUnavailable()

    done = scene.overseeing.end(session.subject_id, session.id)

    assert done is not None
    assert not done.upstream_ended
    assert open_ids(scene, session) == []


def test_f03_what_redis_has_lost_can_still_be_ended_and_its_tools_hear_of_it(scene: Scene) -> None:
    session = signs_in(scene)
    scene.redeems(scene.lets_in(session))
    scene.sessions.revoke(session.id)

    assert open_ids(scene, session) == [session.id]
    done = scene.overseeing.end(session.subject_id, session.id)
    assert done is not None
    assert not done.upstream_ended
    assert [delivery.client_id for delivery in takes_all(scene.outbox)] == ["karte"]


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1", ""])
def test_the_register_knows_no_address(scene: Scene, address: str) -> None:
    same, other = scene.overseeing.network_hash("erika", address), scene.overseeing.network_hash("max", address)

    assert (same == "") is (address == "")
    assert not address or (same != other and address not in same), "two accounts behind one connection cannot be joined by it"
    assert scene.overseeing.network_hash("erika", address) == same


def test_the_end_of_what_is_over_waits_for_no_hub(scene: Scene) -> None:
    for session in (signs_in(scene), signs_in(scene)):
        scene.redeems(scene.lets_in(session))
    scene.clock.advance(seconds=SESSION_LIFETIME.total_seconds())

    assert scene.overseeing.end_expired() == 2
    assert scene.hub.ended == []
    assert len(takes_all(scene.outbox)) == 2
    assert scene.overseeing.end_expired() == 0


def test_after_an_incident_whoever_signs_in_meanwhile_stays(scene: Scene) -> None:
    before = signs_in(scene)
    scene.clock.advance(seconds=1)
    at = scene.clock()
    scene.clock.advance(seconds=1)
    later = signs_in(scene)

    assert list(scene.overseeing.register.everybody(at, 200)) == [before.id]
    assert list(scene.overseeing.register.everybody(scene.clock(), 200)) == [before.id, later.id]
    assert scene.overseeing.end_everybody(EndedBy.ADMINISTRATOR) == 2
    assert open_ids(scene, later) == []


def test_f03_the_hub_is_asked_nothing_about_what_redis_has_lost_and_nobody_claims_that_it_ended(scene: Scene) -> None:
    session = signs_in(scene)
    scene.sessions.revoke(session.id)

    lost = scene.overseeing.remnant(session.id, session.browser_id)
    assert lost is not None
    assert not scene.overseeing.sign_out(lost).upstream_ended
    assert scene.hub.ended == []
