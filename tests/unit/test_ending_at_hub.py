"""The hub hears of every end: at once, or from the worker as soon as it answers again (F-11, F-12, LO-04)."""

from __future__ import annotations

import pytest

from broker.core.errors import StoreUnavailable
from broker.core.session import EndedBy
from broker.flows.ending_at_hub import HEAD_START_SECONDS
from broker.store.sessions import Sessions
from tests.support.flow_scene import Scene


def test_a_sign_out_that_the_hub_did_not_hear_is_repeated_until_it_has(scene: Scene) -> None:
    _, session = scene.signs_in()
    scene.hub.deaf = True
    ended = scene.signing_out.end(session)
    assert not ended.upstream_ended
    (open_there,) = ended.open_at_hub

    assert scene.at_hub.run_once() == 0
    assert len(scene.hub.ended) == 1, "whoever signs out is given time to tell the hub"
    for _ in range(8):
        scene.clock.advance(seconds=30)
        assert scene.at_hub.run_once() == 0
    assert len(scene.hub.ended) == 9, "asked again within half a minute, however long it is away"
    assert scene.at_hub.hub_logouts.is_open(open_there)

    scene.hub.deaf = False
    scene.clock.advance(seconds=30)
    assert scene.at_hub.run_once() == 1
    assert not scene.at_hub.hub_logouts.is_open(open_there)
    scene.clock.advance(seconds=3600)
    assert scene.at_hub.run_once() == 0
    assert len(scene.hub.ended) == 10, "once it has confirmed it is left in peace"


def test_what_the_hub_confirmed_at_once_is_not_said_again(scene: Scene) -> None:
    _, session = scene.signs_in()

    assert scene.signing_out.end(session).upstream_ended

    scene.clock.advance(seconds=3600)
    assert scene.at_hub.run_once() == 0
    assert len(scene.hub.ended) == 1


def test_a_process_that_dies_half_way_leaves_it_to_the_worker(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    _, session = scene.signs_in()

    def dies(sessions: Sessions, session_id: str) -> bool:
        raise StoreUnavailable("killed")

    with monkeypatch.context() as killed:
        killed.setattr(Sessions, "revoke", dies)
        with pytest.raises(StoreUnavailable):
            scene.signing_out.end(session)
    assert scene.hub.ended == []
    scene.sessions.revoke(session.id)

    scene.clock.advance(seconds=HEAD_START_SECONDS)
    assert scene.at_hub.run_once() == 1
    assert len(scene.hub.ended) == 1


@pytest.mark.parametrize("how", ["expiry", "everybody", "block", "erase"])
def test_where_nobody_waits_the_worker_tells_the_hub(scene: Scene, how: str) -> None:
    _, session = scene.signs_in()
    if how == "expiry":
        scene.clock.advance(seconds=13 * 3600)
        scene.overseeing.end_expired()
    elif how == "everybody":
        scene.overseeing.end_everybody(EndedBy.ADMINISTRATOR)
    else:
        at_hub = scene.overseeing.left_at_hub(session.subject_id)
        (ended,) = getattr(scene.accounts, how)(session.subject_id, at_hub)
        scene.signing_out.finish(ended)
    assert scene.sessions.find_even_over(session.id) is None
    assert scene.hub.ended == []

    assert scene.at_hub.run_once() == 1


def test_a_session_that_began_while_its_account_was_erased_ends_at_the_hub_as_well(scene: Scene) -> None:
    _, session = scene.signs_in()
    (ended,) = scene.accounts.erase(session.subject_id, at_hub=())

    scene.signing_out.finish(ended)

    assert scene.at_hub.run_once() == 1
    assert scene.sessions.find_even_over(session.id) is None


def test_a_hub_that_is_away_is_asked_a_few_times_only(scene: Scene) -> None:
    for person in "abcdefgh":
        scene.hub.person = person
        scene.signs_in()
    scene.overseeing.end_everybody(EndedBy.ADMINISTRATOR)
    scene.hub.deaf = True

    assert scene.at_hub.run_once() == 0
    assert len(scene.hub.ended) == 3

    scene.hub.deaf = False
    scene.clock.advance(seconds=2)
    assert scene.at_hub.run_once() == 8


def test_what_the_hub_never_confirmed_goes_when_its_own_session_is_over(scene: Scene) -> None:
    _, session = scene.signs_in()
    scene.hub.deaf = True
    scene.signing_out.end(session)
    noted_at, noted = scene.clock(), scene.at_hub.hub_logouts

    assert noted.pending() == (1, noted_at)
    assert noted.purge_expired(noted_at.replace(year=2000)) == 0
    assert noted.purge_expired(noted_at) == 1
    assert noted.pending() == (0, None)
