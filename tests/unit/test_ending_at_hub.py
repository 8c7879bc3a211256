"""The hub hears of every end: at once, or from the worker as soon as it answers again (F-11, F-12, LO-04)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.client_policy import LogoutPolicy
from broker.core.errors import StoreUnavailable
from broker.core.session import EndedBy
from broker.store.hub_logouts import HUB_SESSION
from broker.store.outbox import Outbox
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
    assert scene.sessions.find(session.id), "dead by the register alone"

    assert scene.worker_tells_hub() == 1
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

    assert scene.worker_tells_hub() == 1


def test_a_session_that_began_while_its_account_was_erased_ends_at_the_hub_as_well(scene: Scene) -> None:
    _, session = scene.signs_in()
    (ended,) = scene.accounts.erase(session.subject_id, at_hub=())

    scene.signing_out.finish(ended)

    assert scene.worker_tells_hub() == 1
    assert scene.sessions.find_even_over(session.id) is None


def test_a_hub_that_is_away_is_asked_a_few_times_only(scene: Scene) -> None:
    for person in "abcdefgh":
        scene.hub.person = person
        scene.signs_in()
    scene.overseeing.end_everybody(EndedBy.ADMINISTRATOR)
    scene.hub.deaf = True

    assert scene.worker_tells_hub() == 0
    assert len(scene.hub.ended) == 3

    scene.hub.deaf = False
    scene.clock.advance(seconds=2)
    assert scene.at_hub.run_once() == 8


def test_what_the_hub_never_confirmed_goes_when_its_own_session_is_over(scene: Scene) -> None:
    _, session = scene.signs_in()
    scene.hub.deaf = True
    scene.signing_out.end(session)
    noted = scene.at_hub.hub_logouts
    assert noted.pending() == (1, scene.clock())

    scene.clock.advance(seconds=HUB_SESSION.total_seconds() - 1)
    assert noted.purge_expired() == 0
    scene.clock.advance(seconds=1)
    assert noted.purge_expired() == 1
    assert noted.pending() == (0, None)


def test_se03_an_older_session_of_the_same_browser_leaves_the_newer_ones_hub_session_alone(scene: Scene) -> None:
    """The browser lost our cookie and kept the hub's: both of our sessions hang on one there."""
    scene.hub.sid = "one-for-the-browser"
    _, older = scene.signs_in()
    scene.clock.advance(seconds=60)
    _, newer = scene.signs_in()

    assert scene.signing_out.end(older).kept_at_hub
    assert scene.hub.ended == []
    assert scene.signing_out.end(newer).upstream_ended
    assert scene.hub.ended == [newer.upstream_id_token]


def test_an_older_promise_never_ends_a_newer_sign_in(scene: Scene) -> None:
    scene.hub.sid = "one-for-the-browser"
    _, older = scene.signs_in()
    scene.hub.deaf = True
    scene.signing_out.end(older)
    scene.hub.deaf = False
    _, newer = scene.signs_in()
    asked = len(scene.hub.ended)

    scene.worker_tells_hub()

    assert len(scene.hub.ended) == asked
    assert scene.at_hub.hub_logouts.pending() == (0, None), "and rings no alarm: the newer one's end ends it"
    assert scene.signing_out.end(newer).upstream_ended


def test_two_that_end_at_the_same_moment_do_not_both_spare_the_hub(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.hub.sid = "one-for-the-browser"
    _, common = scene.signs_in(alias="sh")
    scene.tool(client_id="forum", logout=LogoutPolicy(isolated_session=True))
    _, own = scene.signs_in(alias="sh", client_id="forum")
    end_in_sql = Outbox.end_session

    def meanwhile(outbox: Outbox, session_id: str, *more: Any, **named: Any) -> int:
        if session_id == common.id:
            assert scene.signing_out.end(own).kept_at_hub
        return end_in_sql(outbox, session_id, *more, **named)

    monkeypatch.setattr(Outbox, "end_session", meanwhile)
    assert not scene.signing_out.end(common).kept_at_hub
    assert scene.hub.ended == [common.upstream_id_token]


def test_whoever_turns_back_from_another_citizen_id_is_not_told_that_the_first_one_has_heard(scene: Scene) -> None:
    """The hub was deaf when the browser left for the second one; the session there let go of the first."""
    _, session = scene.signs_in(alias="sh")
    scene.hub.deaf = True
    scene.is_sent(scene.begins(), "bundid")
    kept = scene.sessions.find(session.id)
    assert kept is not None

    ended = scene.signing_out.end(kept)
    assert not ended.upstream_ended
    scene.hub.deaf = False
    assert scene.worker_tells_hub() == 1
    assert not any(map(scene.at_hub.hub_logouts.is_open, ended.open_at_hub))
